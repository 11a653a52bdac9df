/** Recordings of real cameras, against their published figures and against decoders written in the most obvious way. */
import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { fileBytes } from "../../../src/data/events/fileBytes.ts";
import { type EventOptions, readEvents } from "../../../src/data/events/read.ts";
import { type EventRecording, isMonotone } from "../../../src/data/events/recording.ts";
import { streamEvents } from "../../../src/data/events/stream.ts";
import { mutate } from "../mutate.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const FOLDER = `${dataFolder}/event-samples`;
const load = (name: string): Buffer => readFileSync(`${FOLDER}/${name}`);
const read = (name: string, options?: EventOptions) => readEvents({ path: name, bytes: load(name) }, options);
const NCARS = { sensor: { width: 120, height: 100 } };

type Rows = number[][];
const rows = ({ t, x, y, polarity }: EventRecording): Rows =>
  Array.from(t, (time, k) => [time, x[k]!, y[k]!, polarity[k]!]);

/** Where the text of a Prophesee file ends. */
function afterHeader(file: Buffer): number {
  let at = 0;
  while (file[at] === 0x25) at = file.indexOf(10, at) + 1;
  return at;
}

const OBVIOUS: Readonly<Record<string, (file: Buffer) => Rows>> = {
  "sample_nmnist.bin": (file) => {
    const out: Rows = [];
    for (let k = 0; k < file.length; k += 5)
      out.push([file.readUIntBE(k + 2, 3) & 0x7fffff, file[k]!, file[k + 1]!, file[k + 2]! >> 7]);
    return out; // the file has no row 240
  },
  "evt2_sample.raw": (file) => {
    const out: Rows = [];
    let high = 0;
    for (let k = afterHeader(file); k < file.length; k += 4) {
      const bits = file.readUInt32LE(k).toString(2).padStart(32, "0");
      const field = (from: number, to: number) => Number.parseInt(bits.slice(31 - from, 32 - to), 2);
      if (field(31, 28) === 8) high = field(27, 0);
      else out.push([high * 64 + field(27, 22), field(21, 11), field(10, 0), field(31, 28)]);
    }
    return out; // the file has words of types 0, 1 and 8 alone
  },
  "evt3_sample.raw": (file) => {
    const out: Rows = [];
    let [high, low, y, base, p] = [0, 0, 0, 0, 0];
    for (let k = afterHeader(file); k < file.length; k += 2) {
      const word = file.readUInt16LE(k);
      const type = word >> 12;
      if (type === 8) [high, low] = [word % 4096, 0];
      if (type === 6) low = word % 4096;
      if (type === 0) y = word % 2048;
      if (type === 2) out.push([high * 4096 + low, word % 2048, y, (word >> 11) % 2]);
      if (type === 3) [base, p] = [word % 2048, (word >> 11) % 2];
      const size = { 4: 12, 5: 8 }[type] ?? 0;
      for (let i = 0; i < size; i++) if ((word >> i) % 2) out.push([high * 4096 + low, base + i, y, p]);
      base += size;
    }
    return out; // the clock does not wrap in 9 ms
  },
  "sample_ncars.dat": (file) => {
    const out: Rows = [];
    for (let k = afterHeader(file) + 2; k < file.length; k += 8) {
      const place = file.readUInt32LE(k + 4);
      out.push([file.readUInt32LE(k), place % 2 ** 14, Math.floor(place / 2 ** 14) % 2 ** 14, place >>> 28]);
    }
    return out;
  },
};

describe("sample recordings (event-samples/README.md)", () => {
  beforeEach(({ skip }) => skip(!hasData("event-samples"), `event-samples: ${NEEDS}`));

  test.each<[string, EventOptions, Partial<Record<"count" | "on" | "first" | "last" | "x" | "y", number>>]>([
    ["evt2_sample.raw", {}, { count: 539_481, on: 367_855, first: 1_317_888, last: 1_367_888, x: 599, y: 475 }],
    ["evt3_sample.raw", {}, { count: 219_596, first: 11_718_656, last: 11_727_457 }],
    ["sample_ncars.dat", NCARS, { count: 2009, first: 0, last: 99_952, x: 77, y: 41 }],
    ["sample_nmnist.bin", { format: "nmnist" }, { count: 4325, first: 654, last: 311_175 }],
    // by the lz4 program (1.9.4) and a script that follows the FlatBuffer by hand
    [
      "sample.aedat4",
      {},
      { count: 111_954, on: 55_023, first: 1605537493718345, last: 1605537494308262, x: 319, y: 239 },
    ],
  ])("%s: number of events, of ON events, first and last time, largest x and y", async (name, options, figures) => {
    const { count, t, x, y, polarity } = await read(name, options);
    const most = (values: Uint16Array) => values.reduce((a, b) => Math.max(a, b), 0);
    const on = polarity.reduce((a, b) => a + b, 0);
    expect({ count, on, first: t[0], last: t.at(-1), x: most(x), y: most(y) }).toMatchObject(figures);
  });

  test("sample.aedat4: sums of x, y and time since the first, and the first and last event, by the same script", async () => {
    const r = await read("sample.aedat4");
    const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
    expect([sum(r.x), sum(r.y), sum(r.t.map((t) => t - r.t[0]!))]).toEqual([18_342_405, 15_105_898, 31_685_685_498]);
    const [first, last] = [rows(r)[0], rows(r).at(-1)];
    expect([first, last]).toEqual([
      [1605537493718345, 154, 204, 0],
      [1605537494308262, 88, 237, 1],
    ]);
    expect([r.width, r.height]).toEqual([320, 240]);
  });

  test.each(Object.entries(OBVIOUS))("%s: every event", async (name, decode) => {
    const options = name.endsWith(".bin") ? { format: "nmnist" as const } : name.endsWith(".dat") ? NCARS : {};
    const [found, expected] = [rows(await read(name, options)), decode(load(name))];
    expect(found.length).toBe(expected.length);
    expect(found.findIndex((row, k) => row.join() !== expected[k]!.join())).toBe(-1);
  });

  test("evt3_sample.raw: x, y and polarity as another decoder has them, and its first 20,121 times", async () => {
    const r = await read("evt3_sample.raw");
    const npy = load("evt3_sample.npy");
    const from = 10 + npy.readUInt16LE(8);
    const at = (k: number) => from + 16 * k;
    const differs = rows(r).findIndex(
      ([t, x, y, p], k) =>
        x !== npy.readInt16LE(at(k) + 8) ||
        y !== npy.readInt16LE(at(k) + 10) ||
        p !== npy[at(k) + 12] ||
        (k < 20_121 && t !== Number(npy.readBigInt64LE(at(k)))), // later ones are known to be wrong (README)
    );
    expect([differs, at(r.count)]).toEqual([-1, npy.length]);
    expect(isMonotone(r)).toBe(true);
  });

  test.each([
    ["evt2_sample.raw", {}],
    ["evt3_sample.raw", {}],
    ["sample_ncars.dat", NCARS],
    ["sample.aedat4", {}],
    ["sample_nmnist.bin", { format: "nmnist" }],
  ] as const)("%s from disk, as a stream: the same events", async (name, options) => {
    const whole = await read(name, options);
    let at = 0;
    for await (const { count, t, x, y, polarity } of streamEvents(name, fileBytes(`${FOLDER}/${name}`), options)) {
      expect(t).toEqual(whole.t.subarray(at, at + count));
      expect(x).toEqual(whole.x.subarray(at, at + count));
      expect(y).toEqual(whole.y.subarray(at, at + count));
      expect(polarity).toEqual(whole.polarity.subarray(at, at + count));
      at += count;
    }
    expect(at).toBe(whole.count);
  });

  test.each([
    ["evt2_sample.raw", {}, 32_000],
    ["evt3_sample.raw", {}, 32_000],
    ["sample_ncars.dat", NCARS, Infinity],
    ["sample.aedat4", {}, 20_000],
    ["sample_nmnist.bin", { format: "nmnist" }, Infinity],
  ] as const)("%s damaged in a thousand ways, twice: refused with the byte, or read", async (name, options, length) => {
    const start = load(name).subarray(0, length);
    const outcome = await mutate(start, (bytes) => readEvents({ path: name, bytes }, options), {
      where: /at byte \d+, |the sensor|of a sensor|one stream of events/,
    });
    expect(outcome.truncated.refused).toBeGreaterThan(400);
    expect(outcome.flipped.refused).toBeGreaterThan(50);
  });
});

test("N-MNIST: 1,100 recordings, as their README counts them", async ({ skip }) => {
  skip(!hasData("nmnist-small"), `nmnist-small: ${NEEDS}`);
  const folder = `${dataFolder}/nmnist-small`;
  const counts: number[] = [];
  const ends: number[] = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".bs2"))) {
    const recording = await readEvents({ path: name, bytes: readFileSync(`${folder}/${name}`) }, { format: "nmnist" });
    expect(isMonotone(recording), name).toBe(true);
    counts.push(recording.count);
    ends.push(recording.t.at(-1)!);
  }
  expect([counts.length, counts.reduce((a, b) => a + b)]).toEqual([1100, 4_518_827]);
  expect([Math.min(...counts), Math.max(...counts)]).toEqual([1069, 7152]);
  expect([Math.min(...ends), Math.max(...ends)]).toEqual([296_841, 336_040]);
});

test("a file that is not there, or is a folder", async () => {
  const use = async (path: string) => {
    for await (const _ of streamEvents(path, fileBytes(path))) expect.unreachable();
  };
  await expect(use("/nowhere/a.raw")).rejects.toMatchObject({ code: "missing-file", path: "/nowhere/a.raw" });
  await expect(use(import.meta.dirname)).rejects.toMatchObject({ code: "bad-file" });
});
