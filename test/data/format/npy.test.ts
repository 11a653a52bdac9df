import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readNpy, readNpyRecords, readNpz } from "../../../src/data/format/npy.ts";
import { halfOf } from "../../../src/data/format/npyTypes.ts";
import { withinMemory } from "../mutate.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";
import { base64, type GoldenArray, numpy } from "./golden.ts";

const file = (bytes: Uint8Array) => ({ path: "f.npy", bytes });
const read = (text: string) => readNpy(file(base64(text)));
const SPECIAL = { inf: Infinity, "-inf": -Infinity };
const valuesOf = ({ values }: GoldenArray): number[] =>
  values.map((x) => (x === null ? NaN : typeof x === "string" ? SPECIAL[x] : x));

/** Version 1.0, of any header and data. */
function npy(header: string, data: readonly number[] = [], version = [1, 0]): Uint8Array {
  const text = [...new TextEncoder().encode(header)];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    ...version,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...data,
  ]);
}
const dictionary = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

describe("arrays that NumPy wrote", () => {
  for (const golden of numpy.arrays)
    test(`${golden.type}${golden.fortran ? ", column-major" : ""}`, () => {
      const { type, shape, complex, data } = read(golden.bytes);
      // What single precision cannot hold was rounded when it was written.
      const single = /f4|c8/.test(golden.type);
      expect([...data]).toEqual(valuesOf(golden).map((x) => (single ? Math.fround(x) : x)));
      expect([type, complex, shape]).toEqual([golden.type, /c/.test(type), complex ? [3, 2] : [2, 3]]);
    });
  test("the types of what is given back", () => {
    const types = Object.fromEntries(
      numpy.arrays.map(({ type, bytes }) => [type.slice(1), read(bytes).data.constructor.name]),
    );
    expect(types).toEqual({
      ...{ b1: "Uint8Array", i1: "Int8Array", u1: "Uint8Array", i2: "Int16Array", u2: "Uint16Array", i4: "Int32Array" },
      ...{ u4: "Uint32Array", i8: "Float64Array", u8: "Float64Array", f2: "Float32Array", f4: "Float32Array" },
      ...{ f8: "Float64Array", c8: "Float32Array", c16: "Float64Array" },
    });
  });
  test("all three versions", () => {
    for (const bytes of numpy.versions) expect([...read(bytes).data]).toEqual([0, 1, 2, 3]);
  });
  test("one number, and no number", () => {
    expect(read(numpy.scalar)).toEqual({ type: "<f8", shape: [], complex: false, data: Float64Array.of(2.5) });
    expect(read(numpy.empty)).toEqual({ type: "<f8", shape: [3, 0, 2], complex: false, data: new Float64Array(0) });
  });
  test("records, padding left out; a name in UTF-8", () => {
    expect(
      [...readNpyRecords(file(base64(numpy.records)))].map(([name, { type, data }]) => [name, type, [...data]]),
    ).toEqual([
      ["t", "<i8", [1, 2, 2 ** 40]],
      ["x", ">i2", [-1, 300, 5]],
      ["p", "|u1", [0, 1, 255]],
    ]);
    expect([...readNpyRecords(file(base64(numpy.unicode))).keys()]).toEqual(["grü"]);
  });
  for (const name of ["stored", "deflated"] as const)
    test(`an archive, ${name}`, async () => {
      const arrays = await readNpz(file(base64(numpy[name])));
      expect([...arrays].map(([key, { type, shape, data }]) => [key, type, shape, [...data]])).toEqual([
        ["spikes", "|u1", [3, 4], [...Array(12).keys()]],
        ["rate", "<f4", [], [0.5]],
      ]);
      expect([...(await readNpz(file(base64(numpy[name])), { names: ["rate"] })).keys()]).toEqual(["rate"]);
      await expect(readNpz(file(base64(numpy[name])), { names: ["x"] })).rejects.toThrow(
        "there is no array 'x'; known: rate, spikes",
      );
      await expect(readNpz(file(base64(numpy[name])), { maxBytes: 200 })).rejects.toThrow("at most 200 are read");
    });
});

test("half precision: every number, by its definition", () => {
  for (let bits = 0; bits < 2 ** 16; bits++) {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, (bits & 1023) / 1024];
    const finite = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
    const meant = exponent < 31 ? sign * finite : fraction ? NaN : sign * Infinity;
    if (!Object.is(halfOf(bits), meant)) throw new Error(`${bits}: ${halfOf(bits)}, not ${meant}`);
  }
});

describe("refuses by name and reason", () => {
  test.each([
    ["object", "type '|O': Python objects (pickled)"],
    ["text", "type '<U3': text"],
    ["bytes", "type '|S2': bytes of text"],
    ["date", "type '<M8[us]': dates"],
    ["longdouble", "type '<f16': floating point of a size that only some machines have"],
    ["records", "holds records with the fields , p, t, x; read them with readNpyRecords"],
  ] as const)("%s", (name, message) => expect(() => read(numpy[name])).toThrow(`${message}`));
  test("fields that are arrays", () => {
    expect(() => readNpyRecords(file(base64(numpy.subarray)))).toThrow("the field 'b' is an array or a record itself");
    expect(() => readNpyRecords(file(base64(numpy.scalar)))).toThrow(
      "holds plain elements of type '<f8'; read it with readNpy",
    );
  });
});

describe("refuses", () => {
  const eight = [0, 0, 0, 0, 0, 0, 0x20, 0];
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "at byte 0: not a .npy file: expected \\x93NUMPY, found 0 bytes"],
    ["version 4", npy("", [], [4, 0]), "at byte 6: expected version 1.0, 2.0 or 3.0, found 4.0"],
    [
      "a header that ends early",
      npy(dictionary("'<i4'", "(1,)")).subarray(0, 20),
      "at byte 8: truncated: the header has",
    ],
    [
      "a header of 4 GB",
      Uint8Array.from([...npy("", [], [2, 0]).subarray(0, 8), 255, 255, 255, 255]),
      "the header has at most 65536 bytes, this one says 4294967295",
    ],
    ["a header that is no dictionary", npy("[1]"), "at byte 10, in the header: expected a dictionary"],
    ["a program", npy("{'descr': __import__('os')}"), 'at byte 20, in the header: unexpected "_"'],
    ["a header without end", npy("{'descr': "), 'at byte 20, in the header: unexpected "end"'],
    ["too much depth", npy(`${"(".repeat(60)}1${")".repeat(60)}`), "nested deeper than 16"],
    [
      "a missing key",
      npy("{'descr': '<i4', 'shape': (1,)}"),
      "expected the keys descr,fortran_order,shape, found descr,shape",
    ],
    ["a negative size", npy(dictionary("'<i4'", "(-1,)")), "shape must be at most 64 integers >= 0"],
    ["an unknown type", npy(dictionary("'<q4'", "(1,)"), [0, 0, 0, 0]), "unknown type '<q4'; known: < or > and b1"],
    ["no byte order", npy(dictionary("'|i4'", "(1,)"), [0, 0, 0, 0]), "unknown type '|i4'"],
    [
      "too few bytes",
      npy(dictionary("'<i4'", "(2,)"), [0, 0, 0, 0]),
      "truncated: 2 elements of 4 bytes need 8 bytes, found 4",
    ],
    ["too many", npy(dictionary("'<i4'", "()"), eight), "trailing bytes: one element of 4 bytes need 4, found 8"],
    ["a promise of 4 GB", npy(dictionary("'<f8'", "(536870912,)")), "need 4294967296 bytes, found 0"],
    ["sizes whose product overflows", npy(dictionary("'<f8'", `(${"9007199254740991, ".repeat(40)})`)), "truncated"],
    [
      "an integer that a double does not hold",
      npy(dictionary("'<i8'", "(1,)"), [1, 0, 0, 0, 0, 0, 0x20, 0]),
      "element 0 of type '<i8' must be an integer that a double holds exactly",
    ],
    ["a boolean of 2", npy(dictionary("'|b1'", "(2,)"), [1, 2]), "element 1 of type '|b1' must be 0 or 1, got 2"],
  ])("%s", async (_, bytes, message) => {
    await expect(withinMemory(2 ** 12, () => readNpy(file(bytes)))).rejects.toThrow(message);
  });
});

describe("archives", () => {
  const u16 = (x: number): number[] => [x & 255, x >> 8];
  const u32 = (x: number): number[] => [...u16(x & 0xffff), ...u16(x >>> 16)];
  const crcOf = (bytes: Uint8Array): number => {
    let crc = ~0;
    for (const byte of bytes) for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (((crc ^ (byte >> k)) & 1) * 0xedb88320);
    return ~crc >>> 0;
  };
  /** One member, and whatever its heads are to say. */
  function zip(
    content: Uint8Array,
    { method = 8, size = content.length, flags = 0, crc = crcOf(content), name = "a.npy", large = false } = {},
  ): Uint8Array {
    const packed = method === 8 ? [...deflateRawSync(content)] : [...content];
    const letters = [...new TextEncoder().encode(name)];
    const extra = large
      ? [...u16(1), ...u16(24), ...[size, packed.length, 0].flatMap((x) => [...u32(x), ...u32(0)])]
      : [];
    const fields = [...u16(20), ...u16(flags), ...u16(method), ...u32(0), ...u32(crc)];
    const sizes = large ? [...u32(0xffffffff), ...u32(0xffffffff)] : [...u32(packed.length), ...u32(size)];
    const local = [...u32(0x04034b50), ...fields, ...sizes, ...u16(letters.length), ...u16(0), ...letters, ...packed];
    const entry = [
      ...[...u32(0x02014b50), ...u16(45), ...fields, ...sizes, ...u16(letters.length), ...u16(extra.length)],
      ...[...u16(0), ...u16(0), ...u16(0), ...u32(0), ...u32(large ? 0xffffffff : 0), ...letters, ...extra],
    ];
    const end = [
      ...u32(0x06054b50),
      ...u32(0),
      ...u16(1),
      ...u16(1),
      ...u32(entry.length),
      ...u32(local.length),
      ...u16(2),
      0x68,
      0x69,
    ];
    return Uint8Array.from([...local, ...entry, ...end]);
  }
  const ONE = npy(dictionary("'|u1'", "(3,)"), [7, 8, 9]);
  test("a comment behind the directory; sizes of 64 bits; stored or deflated", async () => {
    for (const method of [0, 8])
      for (const large of [false, true]) {
        const arrays = await readNpz(file(zip(ONE, { method, large })));
        expect([...arrays.get("a")!.data]).toEqual([7, 8, 9]);
      }
  });
  test.each<[string, Uint8Array, string]>([
    ["another file", ONE, "not a ZIP archive, or truncated"],
    ["encryption", zip(ONE, { flags: 1 }), "member a.npy is encrypted"],
    [
      "another compression",
      zip(ONE, { method: 12 }),
      "member a.npy is compressed by method 12; read are 0 (stored) and 8",
    ],
    ["a wrong checksum", zip(ONE, { crc: 1 }), "member a.npy: its checksum is not that of its bytes"],
    [
      "fewer bytes than it says",
      zip(ONE, { size: ONE.length + 1 }),
      `it holds ${ONE.length} bytes, and says that it has ${ONE.length + 1}`,
    ],
    [
      "more bytes than it says",
      zip(ONE, { size: ONE.length - 1 }),
      `it holds more than the ${ONE.length - 1} bytes that it says`,
    ],
    ["a promise of half a GB", zip(ONE, { size: 2 ** 29 }), "bytes cannot hold 536870912"],
    ["a promise of 3 GB", zip(ONE, { size: 3e9 }), "too large: its 1 members have 3000000000 bytes"],
    ["a bomb", zip(new Uint8Array(2 ** 22), { size: 100, crc: 0 }), "it holds more than the 100 bytes that it says"],
    ["a member that is no array", zip(new Uint8Array(3)), "f.npy: a.npy: at byte 0: not a .npy file"],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(withinMemory(2 ** 16, () => readNpz(file(bytes)))).rejects.toThrow(message);
  });
});

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

describe("real files", () => {
  test("activity of a chip: shape and sum as NumPy has them", ({ skip }) => {
    skip(!hasData("nir-graphs"), NEEDS);
    const bytes = readFileSync(`${dataFolder}/nir-graphs/02_cnn/speck_activity.npy`);
    const { shape, data } = readNpy(file(bytes));
    expect([shape, sum(data)]).toEqual([[1, 10, 16, 16, 16], 104_661]);
  });
  test("219,596 events as records: sums of the fields as NumPy has them", ({ skip }) => {
    skip(!hasData("event-samples"), NEEDS);
    const arrays = readNpyRecords(file(readFileSync(`${dataFolder}/event-samples/evt3_sample.npy`)));
    expect([...arrays].map(([name, { shape, data }]) => [name, shape[0], sum(data)])).toEqual([
      ["t", 219_596, 2_578_484_396_659],
      ["x", 219_596, 159_113_225],
      ["y", 219_596, 85_638_051],
      ["p", 219_596, 115_532],
    ]);
  });
});
