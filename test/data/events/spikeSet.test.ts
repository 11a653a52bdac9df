import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { half, halves } from "../../../src/data/events/half.ts";
import { openSpikeSet } from "../../../src/data/events/spikeSet.ts";
import { encodeHdf5 } from "../../../src/io/hdf5.ts";
import { mutate, withinMemory } from "../mutate.ts";
import { GOLDEN, unpack } from "./spikeFiles.ts";

const HALF = unpack(GOLDEN["float16, oldest format"]);

const folder = mkdtempSync(join(tmpdir(), "spikes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const range = (n: number) => Array.from({ length: n }, (_, k) => k);

describe.each(Object.entries(GOLDEN))("%s", (name, golden) => {
  const bytes = unpack(golden);
  const path = join(folder, `${name}.h5`);
  writeFileSync(path, bytes);

  test.each([
    ["from bytes", { path: "f.h5", bytes }],
    ["from disk", path],
  ])("%s: every sample, in any order", async (_, source) => {
    using set = await openSpikeSet(source);
    expect(set.count).toBe(5);
    expect([...set.labels]).toEqual([3, 0, 19, 7, 3]);
    for (const s of [4, 0, 3, 2, 1, 4]) {
      const k = range(s === 3 ? 0 : 4 + 3 * s);
      const { t, x, ...rest } = set.sample(s);
      expect([...t]).toEqual(k.map((e) => ((e * (s + 1)) / 128) * 1e6));
      expect([...x]).toEqual(k.map((e) => (e * 53 * (s + 1)) % 700));
      const [y, polarity] = [new Uint16Array(k.length), new Uint8Array(k.length).fill(1)];
      expect(rest).toEqual({ width: 700, height: 1, count: k.length, y, polarity });
    }
    const extra = !name.includes("without");
    expect(set.classes).toEqual(extra ? ["zero", "one", "two", "eins"] : []);
    expect([...set.speakerInfo()]).toEqual(extra ? [["gender", ["male", "female"]]] : []);
    expect(set.speakers && [...set.speakers]).toEqual(extra ? [0, 1, 11, 4, 4] : undefined);
  });
});

test("of a large file on disk only what is asked for is read", async () => {
  const path = join(folder, "large.h5");
  writeFileSync(path, HALF);
  truncateSync(path, 2 ** 28);
  const labels = await withinMemory(2 ** 18, async () => {
    using set = await openSpikeSet(path);
    expect(set.sample(4).count).toBe(16);
    return [...set.labels];
  });
  expect(labels).toEqual([3, 0, 19, 7, 3]);
});

describe("refuses", () => {
  const f = { path: "f.h5", bytes: HALF };
  test("samples that there are not, and any once closed", async () => {
    const set = await openSpikeSet(f);
    expect(() => set.sample(5)).toThrow("sample: must be an integer from 0 to 4, got 5");
    set.close();
    set.close();
    expect(() => set.sample(0)).toThrow("f.h5: is closed");
    expect(() => set.speakerInfo()).toThrow("f.h5: is closed");
  });
  test("units beyond the channels", async () => {
    using set = await openSpikeSet(f, { channels: 150 });
    expect(() => set.sample(0)).toThrow("f.h5: spikes/units[0][3]: must be from 0 to 149, found 159");
    await expect(openSpikeSet(f, { channels: 0 })).rejects.toThrow("channels: must be an integer from 1 to 65536");
  });
  test("a file that is not there, is a folder, or is something else", async () => {
    await expect(openSpikeSet("/nowhere.h5")).rejects.toMatchObject({ code: "missing-file", path: "/nowhere.h5" });
    await expect(openSpikeSet(folder)).rejects.toThrow("is not a file");
    const other = join(folder, "other");
    writeFileSync(other, "not HDF5 at all");
    await expect(openSpikeSet(other)).rejects.toThrow(`${other}: superblock: is not an HDF5 file`);
    await expect(openSpikeSet({ path: "x", bytes: new Uint8Array(0) })).rejects.toMatchObject({ code: "bad-file" });
  });
  test("HDF5 of another kind", async () => {
    const tree = new Map([["labels", { data: Float32Array.of(1, 2), shape: [2] }]]);
    const bytes = await encodeHdf5({ attributes: new Map(), root: tree });
    await expect(openSpikeSet({ path: "x", bytes })).rejects.toThrow("x: spikes/times: ");
    const spikes = new Map([["spikes", new Map([["times", { data: Float32Array.of(1, 2), shape: [2] }]])]]);
    const flat = await encodeHdf5({ attributes: new Map(), root: spikes });
    await expect(openSpikeSet({ path: "x", bytes: flat })).rejects.toThrow(
      "spikes/times: must be lists of little-endian floats",
    );
  });
});

test.each(Object.entries(GOLDEN))(
  "%s, damaged: refused with the dataset, or read within the channels",
  async (_, golden) => {
    const bytes = unpack(golden);
    const readAll = async (damaged: Uint8Array) => {
      using set = await openSpikeSet({ path: "f.h5", bytes: damaged });
      set.speakerInfo();
      return range(Math.min(set.count, 20)).map((k) => set.sample(k));
    };
    const { truncated, flipped } = await mutate(bytes, readAll, {
      where: /^f\.h5: (superblock|closing|spikes|labels|extra)/,
      check: (samples) => {
        for (const { x, t, count } of samples) {
          expect([x.length, t.length]).toEqual([count, count]);
          expect(x.every((k) => k < 700) && t.every((time) => Number.isFinite(time))).toBe(true);
        }
      },
    });
    expect(truncated).toEqual({ read: 0, refused: 1000 });
    expect(flipped.refused).toBeGreaterThan(100);
  },
);

test("numbers of 16 bits: the limits of IEEE 754-2019 binary16, and every one of them in order", () => {
  expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x3555, 0x7c00, 0xfc00].map(half)).toEqual([
    ...[1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, Infinity, -Infinity],
  ]);
  expect([half(0x7e00), half(0x8000)]).toEqual([Number.NaN, -0]);
  const all = halves(new Uint8Array(new Uint16Array(range(0x7c01)).buffer));
  expect(all.every((value, k) => k === 0 || value > all[k - 1]!)).toBe(true);
});
