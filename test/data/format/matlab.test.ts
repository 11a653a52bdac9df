import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { listMatlab, type MatlabOptions, readMatlab } from "../../../src/data/format/matlab.ts";
import { rowMajor } from "../../../src/data/format/rowMajor.ts";
import {
  bytesOf,
  CLASS,
  compressed,
  element,
  header,
  matFile,
  matrix,
  numbers,
  smallElement,
  TYPE,
  type Variable,
} from "./matlabBytes.ts";

const file = (bytes: Uint8Array) => ({ path: "f.mat", bytes });
const read = (bytes: Uint8Array, options?: MatlabOptions) => readMatlab(file(bytes), options);
const V: Variable = { name: "v", kind: CLASS.double, stored: "double", values: [1, 2.5, -3] };
const one = async (variable: Partial<Variable>) => (await read(matFile(matrix({ ...V, ...variable })))).get("v")!;

describe("reads, in both byte orders, compressed or not, small elements or not", () => {
  for (const little of [true, false])
    for (const small of [true, false])
      for (const wrap of [(inner: Uint8Array) => inner, (inner: Uint8Array) => compressed(inner, little)]) {
        const label = `${little ? "little" : "big"}-endian${small ? ", small" : ""}${wrap(new Uint8Array(8)).length > 8 ? ", compressed" : ""}`;
        const bytes = (...variables: Variable[]): Uint8Array =>
          bytesOf(header({ little }), ...variables.map((variable) => wrap(matrix({ ...variable, little, small }))));
        test(`every numeric class, stored as itself: ${label}`, async () => {
          const kinds = [
            "double",
            "single",
            "int8",
            "uint8",
            "int16",
            "uint16",
            "int32",
            "uint32",
            "int64",
            "uint64",
          ] as const;
          const values = [0, 1, 100];
          const arrays = await read(
            bytes(...kinds.map((k) => ({ name: `of_${k}`, kind: CLASS[k], stored: k, values }))),
          );
          expect([...arrays.values()].map((a) => [a.name, a.class, a.shape, [...a.data]])).toEqual(
            kinds.map((k) => [`of_${k}`, k, [1, 3], values]),
          );
        });
        test(`bytes, signs and padding of 1 to 9 values: ${label}`, async () => {
          for (let n = 1; n <= 9; n++) {
            const values = Array.from({ length: n }, (_, k) => (k % 2 ? -1 : 1) * (k + 1));
            const odd = { name: "a".repeat(n), kind: CLASS.int16, stored: "int8", values } as const;
            const arrays = await read(bytes(odd, { ...odd, name: "next", stored: "int16" }));
            expect([...arrays].map(([name, { data }]) => [name, [...data]])).toEqual([
              ["a".repeat(n), values],
              ["next", values],
            ]);
          }
        });
      }
});

describe("values", () => {
  test("arrays have the type of their class", async () => {
    const types = await Promise.all(
      (["double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"] as const).map(
        async (kind) => (await one({ kind: CLASS[kind], stored: "uint8", values: [7] })).data,
      ),
    );
    expect(types).toEqual([
      ...[
        Float64Array.of(7),
        Float32Array.of(7),
        Int8Array.of(7),
        Uint8Array.of(7),
        Int16Array.of(7),
        Uint16Array.of(7),
      ],
      ...[Int32Array.of(7), Uint32Array.of(7), Float64Array.of(7)],
    ]);
  });
  test("not a number and infinities stay what they are", async () => {
    const values = [NaN, Infinity, -Infinity, -0];
    for (const kind of ["double", "single"] as const)
      for (const stored of ["double", "single"] as const)
        expect([...(await one({ kind: CLASS[kind], stored, values })).data]).toEqual(values);
  });
  test.each<[keyof typeof CLASS, NonNullable<Variable["stored"]>, number | bigint, string]>([
    ["uint8", "int8", -1, "is not exact as uint8: -1"],
    ["int8", "uint8", 128, "is not exact as int8: 128"],
    ["int32", "double", 0.5, "is not exact as int32: 0.5"],
    ["int16", "double", NaN, "is not exact as int16: NaN"],
    ["single", "double", 0.1, "is not exact as single: 0.1"],
    ["int64", "int64", 2n ** 53n + 1n, "is not exact as int64: 9007199254740993"],
    ["int64", "double", 0.5, "is not exact as int64: 0.5"],
    ["uint64", "uint64", 2n ** 64n - 1n, "is not exact as uint64: 18446744073709551615"],
    ["uint64", "int64", -1n, "is not exact as uint64: -1"],
    ["double", "int64", -(2n ** 53n) - 1n, "is not exact as double: -9007199254740993"],
  ])("%s stored as %s does not hold %s", async (kind, stored, bad, message) => {
    const refusal = one({ kind: CLASS[kind], stored, values: [1, bad] });
    await expect(refusal).rejects.toMatchObject({ code: "out-of-range", path: "f.mat.v[1]" });
    await expect(refusal).rejects.toThrow(message);
  });
  test("64-bit integers up to 2^53 - 1 are exact", async () => {
    const values = [2n ** 53n - 1n, -(2n ** 53n) + 1n, 12345678901234n];
    expect([...(await one({ kind: CLASS.int64, stored: "int64", values })).data]).toEqual(values.map(Number));
  });
  test("logical is a mark on bytes", async () => {
    expect(await one({ kind: CLASS.uint8, flags: 2, stored: "uint8", values: [0, 1] })).toEqual({
      ...{ name: "v", class: "uint8", logical: true, complex: false, shape: [1, 2], data: Uint8Array.of(0, 1) },
    });
  });
  test("empty arrays", async () => {
    const empty = await one({ shape: [0, 5, 2 ** 31 - 1], values: [] });
    expect([empty.shape, empty.data]).toEqual([[0, 5, 2 ** 31 - 1], new Float64Array(0)]);
  });
  test("values that end the matrix may lack their padding", async () => {
    const whole = matrix({ ...V, kind: CLASS.uint8, stored: "uint8", values: [1, 2, 3, 4, 5] });
    const cut = whole.slice(0, -3);
    new DataView(cut.buffer).setUint32(4, cut.length - 8, true);
    for (const inner of [cut, compressed(cut)])
      expect([...(await read(matFile(inner))).get("v")!.data]).toEqual([1, 2, 3, 4, 5]);
  });
  test("a file gzipped as a whole, a Buffer, and a view into a larger buffer", async () => {
    const bytes = matFile(compressed(matrix(V)));
    expect([...(await read(gzipSync(bytes))).get("v")!.data]).toEqual([1, 2.5, -3]);
    expect([...(await read(Buffer.concat([matFile(matrix(V))]))).get("v")!.data]).toEqual([1, 2.5, -3]); // as readFile gives it
    const inside = bytesOf(Uint8Array.of(9), bytes, Uint8Array.of(9)).subarray(1, -1);
    expect([...(await read(inside)).get("v")!.data]).toEqual([1, 2.5, -3]);
  });
});

describe("order", () => {
  test("column-major as in the file; row-major by the helper", async () => {
    // a[i][j][k] = 100 i + 10 j + k
    const shape = [2, 3, 4];
    const at = (i: number, j: number, k: number): number => 100 * i + 10 * j + k;
    const columnMajor = [0, 1, 2, 3].flatMap((k) => [0, 1, 2].flatMap((j) => [0, 1].map((i) => at(i, j, k))));
    const rows = [0, 1].flatMap((i) => [0, 1, 2].flatMap((j) => [0, 1, 2, 3].map((k) => at(i, j, k))));
    const array = await one({ shape, values: columnMajor });
    expect([...array.data]).toEqual(columnMajor);
    expect([...rowMajor(array)]).toEqual(rows);
  });
  test("any shape: entry (i, …) of one is entry (i, …) of the other", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }), (shape) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const rows = rowMajor({ shape, data: Uint16Array.from({ length: size }, (_, k) => k) });
        for (let k = 0; k < size; k++) {
          let [left, column, stride] = [k, 0, size];
          for (const n of shape.toReversed()) {
            stride /= n;
            column += (left % n) * stride;
            left = Math.floor(left / n);
          }
          expect(rows[k]).toBe(column);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("what is not an array of real numbers", () => {
  const others = (["cell", "struct", "object", "char", "sparse", "function", "opaque"] as const).map((kind) =>
    matrix({
      name: `a_${kind}`,
      kind: CLASS[kind],
      shape: [1, 1],
      more: [element(TYPE.int32, new Uint8Array(4), true)],
    }),
  );
  const im = element(TYPE.double, numbers("double", [0, 1, 2], true), true);
  const bytes = matFile(matrix(V), ...others, compressed(matrix({ ...V, name: "z", flags: 8, more: [im] })));

  test("is listed", async () => {
    const list = await listMatlab(file(bytes));
    expect(list.map((v) => [v.name, v.class, v.complex, v.shape])).toEqual([
      ["v", "double", false, [1, 3]],
      ["a_cell", "cell", false, [1, 1]],
      ["a_struct", "struct", false, [1, 1]],
      ["a_object", "object", false, [1, 1]],
      ["a_char", "char", false, [1, 1]],
      ["a_sparse", "sparse", false, [1, 1]],
      ["a_function", "function handle", false, [1, 1]],
      ["a_opaque", "opaque object", false, []],
      ["z", "double", true, [1, 3]],
    ]);
  });
  test("does not matter where it is not asked for", async () =>
    expect([...(await read(bytes, { names: ["v"] })).keys()]).toEqual(["v"]));
  test.each([
    ["a_cell", "is of class cell; read are double, single, int8"],
    ["a_struct", "is of class struct"],
    ["a_char", "is of class char"],
    ["a_sparse", "is of class sparse"],
    ["a_opaque", "is of class opaque object"],
    ["z", "is complex; real arrays are read"],
  ])("%s is refused where it is", async (name, message) => {
    const refusal = read(bytes, { names: ["v", name] });
    await expect(refusal).rejects.toMatchObject({ code: "unsupported", path: `f.mat.${name}` });
    await expect(refusal).rejects.toThrow(message);
  });
  test("all are asked for by default", async () =>
    expect(read(bytes)).rejects.toThrow("f.mat.a_cell: is of class cell"));
  test("MATLAB's own nameless data are passed over where the header says they are", async () => {
    const nameless = matrix({ ...V, name: "" });
    const first = matrix(V);
    const at = header().length + first.length;
    expect([...(await read(bytesOf(header({ subsystem: at }), first, nameless))).keys()]).toEqual(["v"]);
    await expect(read(matFile(first, nameless))).rejects.toThrow(`f.mat: at byte ${at}: a variable without a name`);
  });
  test("a name that is not there", async () => {
    const refusal = read(bytes, { names: ["w"] });
    await expect(refusal).rejects.toMatchObject({ code: "unknown-name", path: "f.mat.w" });
    await expect(refusal).rejects.toThrow("no such variable; known: a_cell, a_char");
  });
});

const set32 = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
};
/** Places in a file of one plain matrix with name `v`: header 128, matrix tag 8, flags 8 + 8, dimensions 8 + 8, name 8 + 8. */
const PLAIN = matFile(matrix(V));
const [FLAGS, DIMENSIONS, NAME, VALUES] = [136, 152, 168, 184];

describe("refuses, and says where", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "at byte 0: truncated: a MAT-file has a header of 128 bytes, found 0"],
    ["half a header", PLAIN.slice(0, 127), "truncated: a MAT-file has a header of 128 bytes, found 127"],
    [
      "another kind of file",
      new Uint8Array(200),
      "at byte 126: not a MATLAB 5 MAT-file: expected IM (little-endian) or MI",
    ],
    ["version 7.3", header({ version: 0x0200 }), "is a MAT-file of version 7.3 (HDF5); save it with version 7 or 6"],
    ["an unknown version", header({ version: 0x0300 }), "at byte 124: expected version 0x0100, got 0x0300"],
    ["half a tag", matFile(new Uint8Array(7)), "at byte 128: truncated: a tag has 8 bytes, found 7"],
    ["half an element", PLAIN.slice(0, -1), "at byte 128: truncated: the element has 80 bytes, there is room for 79"],
    [
      "numbers that are no variable",
      matFile(element(TYPE.double, new Uint8Array(8), true)),
      "at byte 128: expected a matrix",
    ],
    ["a small matrix", matFile(smallElement(TYPE.matrix, new Uint8Array(4), true)), "at byte 128: expected a matrix"],
    [
      "an empty matrix",
      matFile(element(TYPE.matrix, new Uint8Array(0), true)),
      "at byte 136: truncated: a tag has 8 bytes, found 0",
    ],
    [
      "a small element of 5 bytes",
      set32(PLAIN, NAME, 0x50001),
      "at byte 168: a small element holds 1 to 4 bytes, this one says 5",
    ],
    [
      "flags of another type",
      set32(PLAIN, FLAGS, TYPE.int32),
      "at byte 136: expected array flags (type 6), found type 5",
    ],
    ["flags of another size", set32(PLAIN, FLAGS + 4, 4), "at byte 136: array flags have 8 bytes, found 4"],
    ["no class", set32(PLAIN, FLAGS + 8, 0), "at byte 144: unknown class 0; known: 1 to 17"],
    ["a class of the future", set32(PLAIN, FLAGS + 8, 18), "unknown class 18"],
    [
      "dimensions of another type",
      set32(PLAIN, DIMENSIONS, TYPE.uint32),
      "at byte 152: expected dimensions (type 5), found type 6",
    ],
    ["one dimension", matFile(matrix({ ...V, shape: [3] })), "expected 2 to 32 dimensions of 4 bytes, found 4 bytes"],
    [
      "33 dimensions",
      matFile(matrix({ ...V, shape: new Array(33).fill(1) })),
      "2 to 32 dimensions of 4 bytes, found 132 bytes",
    ],
    ["half a dimension", set32(PLAIN, DIMENSIONS + 4, 7), "found 7 bytes"],
    [
      "a negative dimension",
      matFile(matrix({ ...V, shape: [1, -3] })),
      "at byte 164: a dimension must be at least 0, got -3",
    ],
    [
      "a name of another type",
      set32(PLAIN, NAME, TYPE.double),
      "at byte 168: expected name (type 1 or 2 or 16), found type 9",
    ],
    ["a name with a space", matFile(matrix({ ...V, name: "a b" })), "a name consists of letters, digits and _"],
    ["a long name", matFile(matrix({ ...V, name: "a".repeat(256) })), "a name has at most 255 bytes, found 256"],
    [
      "no values",
      matFile(matrix({ name: "v", kind: CLASS.double, shape: [1, 3] })),
      "truncated: a tag has 8 bytes, found 0",
    ],
    [
      "text as values",
      set32(PLAIN, VALUES, TYPE.utf8),
      "at byte 184: expected numbers (type 1, 2, 3, 4, 5, 6, 7, 9, 12, 13), found type 16",
    ],
    ["too few values", set32(PLAIN, VALUES + 4, 16), "at byte 184: 1 x 3 values need 24 bytes, found 16"],
    ["a shape that overflows", matFile(matrix({ ...V, shape: new Array(32).fill(2 ** 31 - 1) })), "bytes, found 24"],
    [
      "bytes after the values",
      matFile(matrix({ ...V, more: [new Uint8Array(8)] })),
      "at byte 216: trailing bytes: the matrix ends at byte 224",
    ],
    ["the same name twice", matFile(matrix(V), matrix(V)), "at byte 216: there is a variable v already"],
  ])("%s", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toBeInstanceOf(DataError);
    await expect(read(bytes)).rejects.toThrow(message);
    await expect(read(bytes)).rejects.toThrow(/^f\.mat/);
  });

  const inner = matrix(V);
  const stream = (data: Uint8Array) => matFile(element(TYPE.compressed, data, true));
  test.each<[string, Uint8Array, string]>([
    ["what is no zlib stream", stream(new Uint8Array(40)), "at byte 136: not a valid zlib stream"],
    [
      "a stream cut short",
      stream(new Uint8Array(deflateSync(inner)).slice(0, -5)),
      "at byte 136: not a valid zlib stream",
    ],
    ["bytes after the stream", stream(bytesOf(deflateSync(inner), Uint8Array.of(1, 2, 3, 4))), "at byte"],
    [
      "an empty stream",
      stream(deflateSync(new Uint8Array(0))),
      "at byte 0 of the data compressed at byte 136: truncated",
    ],
    [
      "compressed numbers",
      stream(deflateSync(element(TYPE.double, new Uint8Array(8), true))),
      "expected a matrix (type 14), found type 9",
    ],
    [
      "a fault inside",
      stream(deflateSync(set32(inner, NAME - 128, 9))),
      "at byte 40 of the data compressed at byte 136: expected name",
    ],
    [
      "a matrix longer than its data",
      stream(deflateSync(set32(inner, 4, 96))),
      "at byte 88 of the data compressed at byte 136: truncated: the matrix has 104 bytes, found 88",
    ],
    [
      "data longer than their matrix",
      stream(deflateSync(bytesOf(inner, new Uint8Array(8)))),
      "at byte 88 of the data compressed at byte 136: trailing bytes",
    ],
    ["a size that its bytes cannot hold", stream(deflateSync(set32(inner, 4, 2 ** 31))), "compressed bytes can hold"],
  ])("compressed: %s", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toMatchObject({ name: "DataError", code: "bad-file", path: "f.mat" });
    await expect(read(bytes)).rejects.toThrow(message);
  });
});

describe("files that would exhaust memory", () => {
  const zeros = (count: number): Uint8Array => {
    const head = matrix({ name: "v", kind: CLASS.double, shape: [1, count] }).slice(8);
    const tag = numbers("uint32", [TYPE.uint8, count], true);
    return element(TYPE.matrix, bytesOf(head, tag, new Uint8Array(count)), true);
  };
  const bomb = matFile(compressed(zeros(2 ** 22)));
  test("a bomb is refused by what it promises", async () => {
    expect(bomb.length).toBeLessThan(5000);
    await expect(read(bomb, { maxBytes: 2 ** 20 })).rejects.toThrow(
      "too large: at most 1048576 bytes are read from a file",
    );
  });
  test("values count in the type that they are held in", async () => {
    await expect(read(bomb, { maxBytes: 2 ** 23 })).rejects.toThrow("too large"); // 4 MiB of bytes, 32 MiB of doubles
    expect((await read(bomb, { maxBytes: 37 * 2 ** 20 })).get("v")!.data.length).toBe(2 ** 22);
  });
  test("variables count together, and only those that are asked for", async () => {
    const many = matFile(...["a", "b", "c"].map((name) => compressed(matrix({ ...V, name }))));
    const most = 2 * (88 + 24);
    await expect(read(many, { maxBytes: most })).rejects.toThrow("too large");
    expect((await read(many, { names: ["a", "c"], maxBytes: most })).size).toBe(2);
  });
  test("a file gzipped as a whole", async () => {
    await expect(read(gzipSync(new Uint8Array(2 ** 24)), { maxBytes: 2 ** 20 })).rejects.toThrow("too large");
  });
});

describe("damage", () => {
  /** The values of both variables, or undefined if the file was refused by an error of ours. */
  const values = async (bytes: Uint8Array): Promise<number[][] | undefined> => {
    try {
      const arrays = await read(bytes, { names: ["a", "b"] });
      return [...arrays.values()].map(({ data }) => [...data]);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      expect(error.message).toMatch(/^f\.mat/);
      return undefined;
    }
  };
  const plain = matFile(
    matrix({ ...V, name: "a" }),
    matrix({ name: "b", kind: CLASS.single, stored: "int8", values: [1, 2], small: true }),
  );
  const packed = matFile(compressed(plain.slice(128, 216)), compressed(plain.slice(216)));

  const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
    bytes.map((byte, k) => (k === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

  test("every truncation is refused", async () => {
    for (const whole of [plain, packed])
      for (let n = 0; n < whole.length; n++) expect(await values(whole.subarray(0, n)), `${n} bytes`).toBeUndefined();
  });
  test("a flipped bit is refused or gives a result, of a compressed file only the right one", async () => {
    for (let bit = 0; bit < 8 * plain.length; bit++) await values(flipped(plain, bit));
    const right = await values(packed);
    for (let bit = 0; bit < 8 * packed.length; bit++)
      expect([undefined, right], `bit ${bit}`).toContainEqual(await values(flipped(packed, bit)));
  });
  test("any bytes at all after a header", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.boolean(), fc.boolean(), async (bytes, little, pack) => {
        await values(bytesOf(header({ little }), pack ? compressed(bytes, little) : bytes));
      }),
      { numRuns: 300 },
    );
  });
});
