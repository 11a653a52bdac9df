/** Examples that stay on disk: the same as from memory, and no more of them in memory than were asked for. */
import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { idxExamples } from "../../src/data/format/idx.ts";
import { openIdxStore, selection, splitStore } from "../../src/data/stored.ts";
import { writeIdx } from "../cli/idx.ts";

let folder: string;
let images: string;
let labels: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
  writeIdx(folder, 300, 10);
  images = join(folder, "train-images-idx3-ubyte");
  labels = join(folder, "train-labels-idx1-ubyte");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inMemory = async () => {
  const { readFile } = await import("node:fs/promises");
  const [a, b] = await Promise.all([images, labels].map(async (path) => ({ path, bytes: await readFile(path) })));
  return idxExamples(a!, b!, [28, 28], 10);
};
const open = () => openIdxStore(images, labels, [28, 28], 10);

describe("the same examples as from memory", () => {
  test("any, in any order, also twice", async () => {
    const all = await inMemory();
    await using store = await open();
    expect([store.count, store.size]).toEqual([300, 784]);
    const runs = fc.array(fc.tuple(fc.nat(299), fc.integer({ min: 1, max: 20 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(runs, async (parts) => {
        const indices = parts.flatMap(([from, n]) => Array.from({ length: n }, (_, k) => Math.min(299, from + k)));
        const [read, expected] = [await store.read(indices), all.subset(indices)];
        expect(read.labels).toEqual(expected.labels);
        expect(Buffer.compare(read.features as Uint8Array, expected.features as Uint8Array)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
  test("held out: the same ones as Examples.split", async () => {
    const all = await inMemory();
    await using store = await open();
    const [kept, parts] = [all.split(0.2, 7), splitStore(store, 0.2, 7)];
    for (const part of ["rest", "heldOut"] as const) {
      const { count } = parts[part];
      const read = await parts[part].read(Uint32Array.from({ length: count }, (_, k) => k));
      expect([read.features, read.labels]).toEqual([kept[part].features, kept[part].labels]);
    }
  });
  test("a selection of a selection", async () => {
    await using store = await open();
    const part = selection(selection(store, [5, 6, 7, 8]), [3, 1]);
    expect((await part.read([1, 0])).labels).toEqual((await store.read([6, 8])).labels);
  });
});

describe("refuses", () => {
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const idx = (shape: readonly number[], data: readonly number[]): Uint8Array => {
    const head = Buffer.alloc(4 + 4 * shape.length);
    head.writeUInt32BE(0x800 + shape.length);
    shape.forEach((n, k) => head.writeUInt32BE(n, 4 + 4 * k));
    return Buffer.concat([head, Buffer.from(data)]);
  };
  const two = (): string => file("two", idx([2, 1, 2], [1, 2, 3, 4]));

  test.each([-1, 300, 0.5, Number.NaN])("the index %d", async (index) => {
    await using store = await open();
    const message = `indices[1]: must be an integer from 0 to 299, got ${index}`;
    await expect(store.read([0, index])).rejects.toThrow(message);
    expect(() => selection(store, [0, index])).toThrow(message);
  });
  test("files that do not fit together, are cut short, too long, compressed or not there", async () => {
    const opening = (a: string, b: string, shape = [1, 2]) => openIdxStore(a, b, shape, 2);
    const good = file("good", idx([2], [0, 1]));
    await expect(opening(two(), file("three", idx([3], [0, 1, 1])))).rejects.toThrow(/three: expected 2, found 3/);
    await expect(opening(two(), good, [2, 2])).rejects.toThrow("two: expected 2 x 2 x 2, found 2 x 1 x 2");
    await expect(opening(file("short", idx([2, 1, 2], [1])), good)).rejects.toThrow(
      "2 x 1 x 2 needs 20 bytes, and the file has 17",
    );
    await expect(opening(file("long", idx([2, 1, 2], [1, 2, 3, 4, 5])), good)).rejects.toThrow("and the file has 21");
    await expect(opening(file("x.gz", gzipSync("x")), good)).rejects.toThrow("is compressed (gzip)");
    await expect(opening(join(folder, "nowhere"), good)).rejects.toMatchObject({ code: "missing-file" });
    await expect(opening(folder, good)).rejects.toMatchObject({ code: "bad-file" });
  });
  test("a label without a class, when it is read", async () => {
    await using store = await openIdxStore(two(), file("bad", idx([2], [0, 2])), [1, 2], 2);
    expect([...(await store.read([0])).labels]).toEqual([0]);
    await expect(store.read([0, 1])).rejects.toThrow(/bad\[1\]: must be a class from 0 to 1, got 2/);
  });
  test("a file that becomes shorter meanwhile", async () => {
    await using store = await openIdxStore(two(), file("good", idx([2], [0, 1])), [1, 2], 2);
    truncateSync(two(), 17);
    await expect(store.read([1])).rejects.toThrow("two: has become shorter since it was opened");
  });
});

test("a set of 600 MB is read whole, and trains, within a third of its size", async () => {
  // Sparse on disk: all pixels are 0 but for one in each of a few examples.
  const count = 800_000;
  const [big, marks] = [join(folder, "big-images"), join(folder, "big-labels")];
  const header = (shape: readonly number[]): Buffer => {
    const head = Buffer.alloc(4 + 4 * shape.length);
    head.writeUInt32BE(0x800 + shape.length);
    shape.forEach((n, k) => head.writeUInt32BE(n, 4 + 4 * k));
    return head;
  };
  writeFileSync(big, header([count, 28, 28]));
  truncateSync(big, 16 + 784 * count);
  writeFileSync(marks, header([count]));
  truncateSync(marks, 8 + count);
  const handle = openSync(big, "r+");
  for (let k = 0; k < count; k += 1000) writeSync(handle, Buffer.from([1 + (k % 255)]), 0, 1, 16 + 784 * k + (k % 784));
  closeSync(handle);
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const program = ["--import", "tsx", "test/data/storedMemory.ts", big, marks];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root });
  const { read, marked, trained, growth } = JSON.parse(stdout);
  expect([read, marked, trained]).toEqual([count, count / 1000, 20 * 128]);
  // A batch is 0.4 MB; the runtime collects such arrays only by tens of megabytes (80 MB here on Node 20).
  expect(growth).toBeLessThan((784 * count) / 3);
}, 60_000);
