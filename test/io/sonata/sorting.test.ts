import * as fs from "node:fs";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fillSortings, fillSortingsIn, sortingRoom } from "../../../src/io/sonata/sorting.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-sorting-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An attribute `sorting` of text, as HDF5's version 1 lays it out: head, name, type, dataspace, text. */
function attribute(): Uint8Array {
  const text = new TextEncoder().encode(sortingRoom("by_time"));
  const head = [1, 0, 8, 0, 8, 0, 8, 0];
  return Uint8Array.from([
    ...head,
    ...new TextEncoder().encode("sorting\0"),
    ...new Array<number>(16).fill(3),
    ...text,
  ]);
}

test("a file that is filled piece by piece is the one that is filled in memory, wherever attributes lie", () => {
  const one = attribute();
  const border = 2 ** 20;
  const places = [
    one.length,
    border - 3 * one.length,
    border - one.length / 2,
    2 * border - 40,
    3 * border + 2 ** 10 - 8,
  ];
  for (const chosen of [places, ...places.map((p) => [p])]) {
    const bytes = new Uint8Array(4 * border).map((_, k) => k % 251);
    for (const place of chosen) bytes.set(one, Math.floor(place));
    const path = join(folder, "file");
    writeFileSync(path, bytes);
    fillSortingsIn(fs, path, chosen.length);
    fillSortings(bytes, chosen.length);
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
  }
});
test("an attribute that is not there is a bug of ours", () => {
  const path = join(folder, "none");
  writeFileSync(path, new Uint8Array(100));
  expect(() => fillSortingsIn(fs, path, 1)).toThrow("0 rooms for the sortings of 1 populations");
});
