import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RheobaseError } from "../../../src/base/errors.ts";
import { type EventOptions, readEvents } from "../../../src/data/events/read.ts";
import { type EventRecording, isMonotone } from "../../../src/data/events/recording.ts";
import { streamEvents } from "../../../src/data/events/stream.ts";
import { mulberry32, mutate } from "../mutate.ts";
import * as files from "./files.ts";
import { bytes, type Event, u16, u32 } from "./files.ts";

const read = (file: Uint8Array, options?: EventOptions) => readEvents({ path: "f", bytes: file }, options);
const events = ({ t, x, y, polarity }: EventRecording): Event[] =>
  Array.from(t, (time, k) => ({ t: time, x: x[k]!, y: y[k]!, p: polarity[k]! }));

interface Case {
  readonly width: number;
  readonly height: number;
  readonly encode: (events: readonly Event[]) => Uint8Array;
  readonly options?: EventOptions;
  /** First time, and most µs from one event to the next: wraps are told from gaps only up to half the clock's range. */
  readonly start: number;
  readonly gap: number;
}
const CASES: Readonly<Record<string, Case>> = {
  "N-MNIST": { width: 34, height: 34, encode: files.nmnistFile, options: { format: "nmnist" }, start: 0, gap: 1e6 },
  "EVT 2.0": { width: 640, height: 480, encode: files.evt2File, start: 2 ** 34 - 1e8, gap: 1e7 },
  "EVT 3.0": { width: 1280, height: 720, encode: files.evt3File, start: 5e6, gap: 8e6 },
  DAT: { width: 304, height: 240, encode: files.datFile, start: 2 ** 32 - 1e8, gap: 1e8 },
  "AEDAT 3.1": { width: 128, height: 128, encode: files.aedat3File, start: 2 ** 31 - 1e8, gap: 1e8 },
  "AEDAT 4, not compressed": { width: 346, height: 260, encode: files.aedat4File, start: 1.7e15, gap: 1e12 },
  "AEDAT 4, LZ4": {
    ...{ width: 346, height: 260, start: 1.7e15, gap: 1e12 },
    encode: (e) => files.aedat4File(e, { compression: 1, compress: files.lz4Stored }),
  },
  "AEDAT 4, Zstandard, not finished": {
    ...{ width: 346, height: 260, start: 1.7e15, gap: 1e12 },
    encode: (e) => files.aedat4File(e, { compression: 4, compress: files.zstdRaw, table: false }),
  },
};

/** Bursts of neighbours in one row at one time, as vectors of EVT 3.0 hold them. */
const recordings = ({ width, height, start, gap }: Case): fc.Arbitrary<Event[]> =>
  fc
    .array(
      fc.record({
        gap: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: gap })),
        x: fc.nat(width - 1),
        y: fc.nat(height - 1),
        p: fc.nat(1),
        mask: fc.oneof(
          fc.constant(1),
          fc.nat(2 ** 20 - 1).map((mask) => mask | 1),
        ),
      }),
      { maxLength: 80, size: "max" },
    )
    .map((bursts) => {
      let t = start;
      return bursts.flatMap(({ gap: by, x, y, p, mask }) => {
        t += by;
        const columns = Array.from({ length: 20 }, (_, k) => k).filter((k) => (mask >> k) & 1 && x + k < width);
        return columns.map((k) => ({ t, x: x + k, y, p }));
      });
    });

/** Pieces of a file with borders at random places. */
function* pieces(file: Uint8Array, random: () => number, longest = file.length): Generator<Uint8Array> {
  for (let at = 0; at < file.length; ) {
    const end = at + Math.floor(random() * Math.min(longest, 2 * (file.length - at)));
    yield file.slice(at, end);
    at = end;
  }
}
async function streamed(file: Uint8Array, options: EventOptions & { chunk?: number }, seed = 1): Promise<Event[]> {
  const all: Event[] = [];
  for await (const chunk of streamEvents("f", pieces(file, mulberry32(seed), 300), options)) all.push(...events(chunk));
  return all;
}

describe.each(Object.entries(CASES))("%s", (_, one) => {
  const { encode, options = {}, width, height } = one;
  const written = fc.sample(recordings(one), { numRuns: 50, seed: 7 }).find(({ length }) => length > 100)!;
  const sample = encode(written);

  test("what a writer from the format wrote is what is read, wraps of the clock included", async () =>
    fc.assert(
      fc.asyncProperty(recordings(one), async (written) => {
        const recording = await read(encode(written), options);
        expect(events(recording)).toEqual(written);
        expect([recording.width, recording.height, recording.count]).toEqual([width, height, written.length]);
        expect(isMonotone(recording)).toBe(true);
      }),
      { numRuns: 60, seed: 1 },
    ));
  test("a stream gives the same for any borders of pieces and any size of chunks", async () =>
    fc.assert(
      fc.asyncProperty(recordings(one), fc.nat(), fc.integer({ min: 1, max: 300 }), async (written, seed, chunk) => {
        expect(await streamed(encode(written), { ...options, chunk }, seed)).toEqual(written);
      }),
      { numRuns: 60, seed: 2 },
    ));
  test("a view of a larger buffer, and one byte at a time", async () => {
    const inside = bytes([9, 9, 9], sample, [9]).subarray(3, -1);
    expect(events(await read(inside, options))).toEqual(written);
    const all: Event[] = [];
    const single = Array.from(sample, (_, k) => sample.subarray(k, k + 1));
    for await (const chunk of streamEvents("f", single, options)) all.push(...events(chunk));
    expect(all).toEqual(written);
  });
  test("damaged: refused with byte and record or read within the sensor, whole and as a stream alike", async () => {
    const { truncated, flipped } = await mutate(sample, (file) => read(file, options), {
      where: WHERE,
      check: (r) => requireValid(r, width, height),
    });
    expect(truncated.refused).toBeGreaterThan(500);
    expect(flipped.refused).toBeGreaterThan(10);
    let seed = 0;
    const both = (file: Uint8Array) => sameBothWays(file, options, seed++);
    await mutate(sample, both, { count: 200, seed: 3, memory: 2 ** 26 });
  });
});

/** Byte and record, or a header that names no size or an option that it contradicts. */
const WHERE =
  /^f: (at byte \d+, |the file (says|does not say)|(the width|the height) of a sensor|no stream|expected one stream)/;

function requireValid({ t, x, y, polarity, count, ...sensor }: EventRecording, width: number, height: number): void {
  if (![t, x, y, polarity].every(({ length }) => length === count)) throw new Error("columns of different lengths");
  if (!t.every(Number.isSafeInteger) || !polarity.every((p) => p <= 1)) throw new Error("times or polarities");
  if (!x.every((k) => k < sensor.width) || !y.every((k) => k < sensor.height)) throw new Error("outside");
  if (sensor.width > 10 * width && sensor.height > 10 * height) return; // digits of the header were flipped
}

/** Reads whole and in pieces; the outcome, or the error, must be the same. */
async function sameBothWays(file: Uint8Array, options: EventOptions, seed: number): Promise<Event[]> {
  const attempt = async (use: () => Promise<Event[]>) =>
    use().catch((error: unknown) => {
      if (error instanceof RheobaseError) return error;
      throw error;
    });
  const whole = await attempt(async () => events(await read(file, options)));
  const parts = await attempt(() => streamed(file, options, seed));
  if (whole instanceof Error) {
    expect(parts).toBeInstanceOf(RheobaseError);
    expect((parts as RheobaseError).message).toBe(whole.message);
    throw whole;
  }
  expect(parts).toEqual(whole);
  return whole;
}

describe("golden bytes, by hand from the published formats", () => {
  const both = async (file: Uint8Array, options: EventOptions = {}) => {
    const whole = events(await read(file, options));
    expect(await streamed(file, options)).toEqual(whole);
    return whole.map(({ t, x, y, p }) => [t, x, y, p]);
  };
  test("N-MNIST: polarity is the highest bit of the third byte; row 240 delays what follows by 8192 µs", async () => {
    const file = bytes([5, 6, 0x80, 0, 7], [1, 2, 0x7f, 0xff, 0xff], [9, 240, 0, 0, 9], [33, 33, 0x00, 1, 2]);
    expect(await both(file, { format: "nmnist" })).toEqual([
      [7, 5, 6, 1],
      [2 ** 23 - 1, 1, 2, 0],
      [8192 + 258, 33, 33, 0],
    ]);
  });
  test("EVT 2.0: 28 bits of time and 6; goes back a little as the file does; wraps at 2^34", async () => {
    // 0x8fffffff: TIME_HIGH 2^28 - 1. 0x1fc01002: ON, time 63, x 2, y 2.
    const words = u32(0x8fffffff, 0x1fc01002, 0x8ffffffe, 0x00400801, 0x80000000, 0x10000000, 0x80000001, 0x00000000);
    expect(await both(bytes(files.EVT2_HEADER, words))).toEqual([
      [2 ** 34 - 1, 2, 2, 1],
      [2 ** 34 - 127, 1, 1, 0],
      [2 ** 34, 0, 0, 1],
      [2 ** 34 + 64, 0, 0, 0],
    ]);
  });
  test("EVT 3.0: pixels, vectors of 12 and of 8 after one another, both halves of time, a wrap", async () => {
    const words = u16(
      ...[0x8fff, 0x6123, 0x0010, 0x2805], // time 0xfff123; row 16; ON at 5
      ...[0x3064, 0x4803, 0x5081], // OFF from 100: 100, 101, 111; then from 112: 112, 119
      ...[0x8000, 0x2806, 0x6001, 0x2807], // the clock has wrapped; low half 0, then 1
    );
    const wrap = 2 ** 24;
    expect(await both(bytes(files.EVT3_HEADER, words))).toEqual([
      [0xfff123, 5, 16, 1],
      ...[100, 101, 111, 112, 119].map((x) => [0xfff123, x, 16, 0]),
      [wrap, 6, 16, 1],
      [wrap + 1, 7, 16, 1],
    ]);
  });
  test("EVT 3.0: a vector of 8 moves the next one by 8, of 12 by 12, empty ones too", async () => {
    const words = u16(0x8000, 0x0000, 0x3010, 0x5001, 0x4001, 0x4000, 0x5001); // from 16: 16, 24, -, then 24 + 24
    expect((await both(bytes(files.EVT3_HEADER, words))).map(([, x]) => x)).toEqual([16, 24, 48]);
  });
  test("EVT: what comes before the first time, or row, is left out", async () => {
    expect(await both(bytes(files.EVT2_HEADER, u32(0x10000000, 0x80000001, 0x10000000)))).toEqual([[64, 0, 0, 1]]);
    const words = u16(0x0001, 0x2001, 0x3001, 0x6007, 0x8001, 0x2001, 0x4fff, 0x0002, 0x4fff, 0x2003);
    expect(await both(bytes(files.EVT3_HEADER, words))).toEqual([[4096, 3, 2, 0]]);
  });
  test("DAT: x, y, polarity from the lowest bit on; goes back a little; wraps at 2^32", async () => {
    const file = bytes(
      files.DAT_HEADER,
      [0, 8],
      u32(0xffffffff, 0x1003c001 + 0x4000, 0xfffffff0, 0x00008003, 0, 0x10000000),
    );
    expect(await both(file)).toEqual([
      [2 ** 32 - 1, 1, 16, 1],
      [2 ** 32 - 16, 3, 2, 0],
      [2 ** 32, 0, 0, 1],
    ]);
  });
  test("DAT: coordinates of 14 bits", async () => {
    const file = bytes("% Version 2\n", [12, 8], u32(1, 0x0fffffff));
    const sensor = { width: 2 ** 14, height: 2 ** 14 };
    expect(await both(file, { sensor })).toEqual([[1, 2 ** 14 - 1, 2 ** 14 - 1, 0]]);
  });
  test("AEDAT 3.1: valid, polarity, y, x from the lowest bit on; overflows of the packet", async () => {
    const head = bytes(u16(1, 1), u32(8, 4, 2, 2, 2, 2));
    const file = bytes(files.AEDAT3_HEADER, head, u32((5 << 17) | (9 << 2) | 3, 7), u32((127 << 17) | 1, 2 ** 31 - 1));
    expect(await both(file)).toEqual([
      [2 ** 32 + 7, 5, 9, 1],
      [2 ** 32 + 2 ** 31 - 1, 127, 0, 0],
    ]);
  });
});

describe("the size of the sensor", () => {
  const sizeOf = async (file: Uint8Array, options?: EventOptions) => {
    const { width, height } = await read(file, options);
    return [width, height];
  };
  test.each([
    ["% evt 2.0\n% geometry 320x240\n", [320, 240]],
    ["% format EVT2;height=720;width=1280\n% end\n", [1280, 720]],
    ["% evt 2.0\n% plugin_name hal_plugin_gen3_fx3\n", [640, 480]],
    ["% evt 2.0\n% plugin_name hal_plugin_imx636_evk4\n", [1280, 720]],
    ["% evt 2.0\r\n% plugin_name hal_plugin_genx320\r\n", [320, 320]],
  ])("header %j", async (header, size) => expect(await sizeOf(bytes(header, u32(0x80000000)))).toEqual(size));
  test("by the option, where the file does not say", async () => {
    const file = bytes("% Version 2\n", [0, 8]);
    expect(await sizeOf(file, { sensor: { width: 9, height: 8 } })).toEqual([9, 8]);
    await expect(read(file)).rejects.toThrow(
      "does not say how many pixels the sensor has; say it with the option sensor",
    );
    await expect(read(file, { sensor: { width: 9, height: 0.5 } })).rejects.toThrow("the height of a sensor is from 1");
  });
  test("by both, if they agree", async () => {
    const file = files.evt2File([]);
    expect(await sizeOf(file, { sensor: { width: 640, height: 480 } })).toEqual([640, 480]);
    await expect(read(file, { sensor: { width: 64, height: 480 } })).rejects.toMatchObject({ code: "shape-mismatch" });
  });
  test("N-Caltech101 has other sizes than N-MNIST", async () => {
    const file = files.nmnistFile([{ t: 1, x: 200, y: 170, p: 1 }]);
    const sensor = { width: 240, height: 180 };
    expect((await read(file, { format: "nmnist", sensor })).count).toBe(1);
    await expect(read(file, { format: "nmnist" })).rejects.toThrow(
      "f: at byte 0, event 0: there is no pixel (200, 170)",
    );
  });
});

describe("refuses", () => {
  const E = { t: 100, x: 1, y: 1, p: 1 };
  const evt2 = (...words: number[]) => bytes(files.EVT2_HEADER, u32(...words));
  const evt3 = (...words: number[]) => bytes(files.EVT3_HEADER, u16(...words));
  const [two, three] = [files.EVT2_HEADER.length, files.EVT3_HEADER.length];
  const packet = (...fields: number[]) => bytes(files.AEDAT3_HEADER, u16(1, 1), u32(...fields));
  const long = files.AEDAT3_HEADER.length;
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "at byte 0, header: begins like no format that says what it is"],
    ["another format", bytes("RIFF and so on"), "say which with the option format"],
    [
      "another encoding",
      bytes("% evt 2.1\n% geometry 1x1\n"),
      "the encoding evt2.1 is not read; read are evt2, evt3 and dat",
    ],
    ["a header without end", bytes("% evt 2.0"), "at byte 0, header line 1: truncated: it does not end"],
    ["half a word", files.evt2File([E]).slice(0, -1), `at byte ${two + 4}, word 1: truncated: it has 4 bytes, found 3`],
    ["an unknown word", evt2(0x80000000, 0x50000000), `at byte ${two + 4}, word 1: is of type 0x5; EVT 2.0 has`],
    [
      "a row too low",
      evt2(0x80000000, 480),
      `at byte ${two + 4}, word 1: there is no pixel (0, 480): the sensor has 640 x 480`,
    ],
    ["a column too far", evt2(0x80000000, 640 << 11), "there is no pixel (640, 0)"],
    ["an unknown word", evt3(0x8000, 0x1000), `at byte ${three + 2}, word 1: is of type 0x1; EVT 3.0 has`],
    ["a row too low", evt3(0x8000, 720), `at byte ${three + 2}, word 1: there is no pixel (0, 720)`],
    ["a column too far", evt3(0x8000, 1, 0x2500), "there is no pixel (1280, 1)"],
    ["a vector too far", evt3(0x8000, 1, 0x34ff, 0x4003), `at byte ${three + 6}, word 3: there is no pixel (1280, 1)`],
    ["half a word", evt3(0x8000).slice(0, -1), "truncated: it has 2 bytes, found 1"],
    [
      "another DAT",
      bytes("% Version 2\n", [1, 16]),
      "at byte 12, header: expected events of type 0 or 12 with 8 bytes each, found type 1 with 16",
    ],
    ["no DAT", bytes("% Version 2\n", [0]), "at byte 12, header: truncated: type and size of events are missing"],
    ["a polarity of 2", bytes(files.DAT_HEADER, [0, 8], u32(0, 0x20000000)), "event 0: polarity is 0 or 1, found 2"],
    ["half a packet header", packet(8), `at byte ${long}, packet 0: truncated: its header has 28 bytes, found 8`],
    [
      "a packet of 2^31 events",
      packet(8, 4, 0, 2 ** 31 - 1, 2 ** 31 - 1, 0),
      "packet 0: truncated: 17179869176 bytes of its events are missing",
    ],
    ["a negative count", packet(8, 4, 0, 1, 2 ** 32 - 1, 0), "packet 0: no packet begins so: kind 1, -1 of 1 events"],
    [
      "events of another size",
      packet(9, 4, 0, 0, 0, 0),
      "polarity events have 8 bytes and their time at 4, found 9 and 4",
    ],
    [
      "AEDAT 3 without end",
      bytes("#!AER-DAT3.1\r\n#"),
      "at byte 15, header: truncated: the line '#!END-HEADER' is missing",
    ],
    [
      "AEDAT 4 without header",
      bytes("#!AER-DAT4.0\r\n", u32(77)),
      "at byte 18, header: truncated: it has 95 bytes, found 18",
    ],
    [
      "4 GB of AEDAT 4 header",
      bytes("#!AER-DAT4.0\r\n", u32(2 ** 32 - 1)),
      "at byte 14, header: has 4294967295 bytes; at most 1048576",
    ],
    [
      "another compression",
      files.aedat4File([E], { compression: 5 }),
      "the compression 5 is not known; known are 0 to 4",
    ],
    [
      "no stream of events",
      files.aedat4File([E], { info: "<dv></dv>" }),
      "expected one stream of events; streams of events: (none)",
    ],
    ["AEDAT 4 that ends early", files.aedat4File([E], { table: true }).slice(0, -10), "packet 1: truncated: "],
  ])("%s", async (_, file, message) => {
    await expect(read(file)).rejects.toThrow(message);
    await expect(streamed(file, {})).rejects.toThrow(message);
  });
  test("a packet that promises gigabytes, before they come", async () => {
    const file = files.aedat4File([E], { table: false });
    const start = file.length - files.evtsBuffer([E]).length - 8;
    new DataView(file.buffer).setInt32(start + 4, 2 ** 31 - 1, true);
    await expect(streamed(file, {})).rejects.toThrow(
      `at byte ${start}, packet 1: no packet begins so: stream 4, 2147483647 bytes`,
    );
  });
  test.each(['<node name="" '.repeat(70_000), `<node ${'name="" '.repeat(130_000)}`, '<node name="a">'.repeat(66_000)])(
    "a description of a megabyte made to be slow, soon",
    async (info) => {
      const start = performance.now();
      await expect(read(files.aedat4File([E], { info }))).rejects.toThrow("streams of events: (none)");
      expect(performance.now() - start).toBeLessThan(5000); // a quadratic scan takes minutes
    },
  );
  test("a format that is not there", async () =>
    await expect(read(new Uint8Array(9), { format: "wav" as "dat" })).rejects.toThrow(
      "unknown format 'wav'; known: aedat3",
    ));
  test("a format that the file is not", async () => {
    await expect(read(files.evt2File([]), { format: "evt3" })).rejects.toThrow(
      "expected the encoding evt3, the header says evt2",
    );
    await expect(read(files.evt2File([]), { format: "dat" })).rejects.toThrow(
      "expected a DAT file, the header says evt2",
    );
    await expect(read(files.datFile([]), { format: "evt2" })).rejects.toThrow(
      "expected the encoding evt2, the header names none",
    );
  });
  test("the first of several streams, unless told which", async () => {
    const stream = (k: number) =>
      `<node name="${k}"><attr key="typeIdentifier">EVTS</attr><node name="info"><attr key="sizeX">9</attr><attr key="sizeY">8</attr></node></node>`;
    const file = files.aedat4File([E], { info: `<dv><node name="outInfo">${stream(4)}${stream(6)}</node></dv>` });
    await expect(read(file)).rejects.toThrow("streams of events: 4, 6. Say which with the option stream");
    await expect(read(file, { stream: 5 })).rejects.toThrow("no stream 5; streams of events: 4, 6");
    expect(events(await read(file, { stream: 4 }))).toEqual([E]);
    expect(events(await read(file, { stream: 6 }))).toEqual([]);
  });
});

describe("chunks", () => {
  test("are bounded however long a piece is, and hold all events in order", async () => {
    const many = Array.from({ length: 200_000 }, (_, k) => ({ t: k, x: k % 640, y: k % 480, p: k % 2 }));
    const file = files.evt2File(many);
    const sizes: number[] = [];
    let next = 0;
    for await (const { count, t } of streamEvents("f", [file], { chunk: 1000 })) {
      sizes.push(count);
      expect([t[0], t.at(-1)]).toEqual([next, (next += count) - 1]);
    }
    expect(next).toBe(many.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000 + 10_240); // a chunk and a slice of 40 KB
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(1000);
  });
  test("before a fault come first", async () => {
    const file = bytes(files.EVT2_HEADER, u32(0x80000000, 0x10000000, 0x50000000));
    const seen: number[] = [];
    const use = async () => {
      for await (const { count } of streamEvents(
        "f",
        Array.from(file, (_, k) => file.subarray(k, k + 1)),
        { chunk: 1 },
      ))
        seen.push(count);
    };
    await expect(use()).rejects.toThrow("word 2: is of type 0x5");
    expect(seen).toEqual([1]);
  });
  test("come from a ReadableStream too, which is cancelled when nobody wants more", async () => {
    let cancelled = false;
    const file = files.evt2File([{ t: 1, x: 2, y: 3, p: 1 }]);
    const body = new ReadableStream<Uint8Array>({
      pull: (c) => c.enqueue(file.slice()),
      cancel: () => void (cancelled = true),
    });
    for await (const chunk of streamEvents("f", body, { chunk: 1 })) {
      expect(events(chunk)).toEqual([{ t: 1, x: 2, y: 3, p: 1 }]);
      break;
    }
    expect(cancelled).toBe(true);
  });
});
