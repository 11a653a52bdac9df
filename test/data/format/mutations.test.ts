/** Damaged files of every format that is read: a thousand truncations and a thousand files with flipped bits each. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readArff } from "../../../src/data/format/arff.ts";
import { readCsv, streamCsv } from "../../../src/data/format/csv.ts";
import { type Idx, readIdx } from "../../../src/data/format/idx.ts";
import type { Image } from "../../../src/data/format/image.ts";
import { readJpeg } from "../../../src/data/format/jpeg.ts";
import { readMatlab } from "../../../src/data/format/matlab.ts";
import type { MatlabArray } from "../../../src/data/format/matlabValues.ts";
import { type NumpyArray, readNpy, readNpyRecords, readNpz } from "../../../src/data/format/npy.ts";
import { readPng } from "../../../src/data/format/png.ts";
import type { Table } from "../../../src/data/format/table.ts";
import { readVoc, type VocAnnotation } from "../../../src/data/format/voc.ts";
import { readWave, type Wave } from "../../../src/data/format/wave.ts";
import { mutate } from "../mutate.ts";
import { base64, media, numpy } from "./golden.ts";
import { CLASS, compressed, matFile, matrix } from "./matlabBytes.ts";
import { extensible, format, LIST, samples, u16, wav } from "./waveBytes.ts";

const file = (bytes: Uint8Array) => ({ path: "f", bytes });
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const CSV = ascii(
  `time,"the value",name\n${Array.from({ length: 40 }, (_, k) => `2020-01-02 03:04:${10 + k},${k / 8},"a ""b"" ${k}"`).join("\n")}\n`,
);
const ARFF = ascii(
  `% a comment
@relation 'a name'
@attribute x numeric
@attribute "the class" {left,'to the right',up}
@attribute note string
@attribute day date "yyyy-MM-dd"
@data
1.5,left,'it''s',2020-02-29
?,'to the right',"b \\" c",?
{0 -3e2, 1 up, 2 word, 3 "1999-12-31"}
`.replace("'it''s'", "'it\\'s'"),
);
const VOC = ascii(`<annotation>
  <filename>a&amp;b.jpg</filename>
  <size><width>64</width><height>48</height><depth>3</depth></size>
  <object><name>cell</name><difficult>0</difficult>
    <bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>64</xmax><ymax>48</ymax></bndbox></object>
  <object><name>other</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>1</xmax><ymax>1</ymax></bndbox></object>
</annotation>`);
const TONE = Array.from({ length: 60 }, (_, k) => (k * 4001) & 0xffff).flatMap((x) => u16(x));
const IDX = Uint8Array.from([
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  5,
  0,
  0,
  0,
  5,
  ...Array.from({ length: 50 }, (_, k) => k),
]);
const VARIABLE = {
  name: "x",
  kind: CLASS.double,
  stored: "int16",
  shape: [4, 5],
  values: [...Array(20).keys()],
} as const;

const isTable = ({ count, columns }: Table): void => {
  for (const column of columns) expect(column.values.length).toBe(count);
};
const isWave = ({ frames, channels, rate, data }: Wave): void => {
  expect(data.length).toBe(frames * channels);
  expect(rate).toBeGreaterThan(0);
  expect(data.every(Number.isFinite)).toBe(true);
};
const isImage = ({ width, height, channels, data }: Image): void => expect(data.length).toBe(width * height * channels);
const isArray = ({ shape, complex, data }: NumpyArray): void =>
  expect(data.length).toBe(shape.reduce((a, b) => a * b, complex ? 2 : 1));
const areArrays = (arrays: Map<string, NumpyArray>): void => arrays.forEach(isArray);
const isVoc = ({ width, height, objects }: VocAnnotation): void => {
  for (const { box } of objects) {
    expect(box.xmin >= 0 && box.xmin <= box.xmax && box.xmax <= width).toBe(true);
    expect(box.ymin >= 0 && box.ymin <= box.ymax && box.ymax <= height).toBe(true);
  }
};
const isIdx = ({ shape, data }: Idx): void => expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
const readAll = (bytes: Uint8Array): Promise<Map<string, MatlabArray>> => readMatlab(file(bytes));
function areVariables(arrays: Map<string, MatlabArray>): void {
  for (const { shape, data } of arrays.values()) expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
}
const npyOf = (type: string): Uint8Array => base64(numpy.arrays.find((array) => array.type === type)!.bytes);
const EXTENSIBLE = wav([extensible(1, { channels: 2, bits: 24 }), samples(TONE), LIST]);
async function inParts(bytes: Uint8Array): Promise<Table[]> {
  const tables: Table[] = [];
  for await (const table of streamCsv(file(bytes), { rows: 7 })) tables.push(table);
  return tables;
}

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Reads, and throws an Error that is none of ours unless the result is a valid one. */
  readonly read: (bytes: Uint8Array) => Promise<void>;
  /** What every message must say. */
  readonly where: RegExp;
}
/** The bytes are copied: a Buffer's slices share its memory. */
const one = <R>(
  name: string,
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => R | Promise<R>,
  check: (result: R) => void,
  where: RegExp,
): Case => ({ name, bytes: new Uint8Array(bytes), read: async (damaged) => check(await read(damaged)), where });

const LINE = /line \d+|bytes? \d+/;
const WAVE = /at byte \d+|truncated: a WAV|encoded as|samples of|is a (RIFX|RF64|BW64)|frame \d+/;
const NPY = /at byte \d+|type '|element \d+|fields?/;
const PNG = /at byte \d+|pixel|PNG image/;
const CASES: readonly Case[] = [
  one("CSV", CSV, (bytes) => readCsv(file(bytes)), isTable, LINE),
  one("CSV in parts", CSV, inParts, (tables) => tables.forEach(isTable), LINE),
  one("CSV, gzipped", gzipSync(CSV), (bytes) => readCsv(file(bytes)), isTable, /gzip|line \d+|bytes \d+/),
  one("ARFF", ARFF, (bytes) => readArff(file(bytes)), isTable, LINE),
  one("WAV", wav([LIST, format(), samples(TONE)]), (bytes) => readWave(file(bytes)), isWave, WAVE),
  one("WAV, extensible", EXTENSIBLE, (bytes) => readWave(file(bytes)), isWave, WAVE),
  ...["<f2", ">i8", "<c16", "|b1"].map((type) =>
    one(`NumPy ${type}`, npyOf(type), (bytes) => readNpy(file(bytes)), isArray, NPY),
  ),
  one("NumPy records", base64(numpy.records), (bytes) => readNpyRecords(file(bytes)), areArrays, NPY),
  ...(["stored", "deflated"] as const).map((name) =>
    one(
      `NumPy archive, ${name}`,
      base64(numpy[name]),
      (bytes) => readNpz(file(bytes)),
      areArrays,
      /byte \d+|member|type '/,
    ),
  ),
  ...Object.entries(media.png).map(([name, [bytes]]) =>
    one(`PNG ${name}`, base64(bytes), (damaged) => readPng(file(damaged)), isImage, PNG),
  ),
  ...Object.entries(media.jpeg).map(([name, [bytes]]) =>
    one(`JPEG ${name}`, base64(bytes), (damaged) => readJpeg(file(damaged)), isImage, /at byte \d+|JPEG image/),
  ),
  one("VOC", VOC, (bytes) => readVoc(file(bytes)), isVoc, /XML|object \d|size|UTF-8|annotation|filename|character \d+/),
  one("IDX", IDX, (bytes) => readIdx(file(bytes)), isIdx, /bytes|magic|empty|too large/),
  one("IDX, gzipped", gzipSync(IDX), (bytes) => readIdx(file(bytes)), isIdx, /bytes|magic|gzip/),
  one("MATLAB", matFile(matrix(VARIABLE)), readAll, areVariables, /byte \d+|f\.\w*|version/),
  one("MATLAB, compressed", matFile(compressed(matrix(VARIABLE))), readAll, areVariables, /byte \d+|f\.\w*|version/),
];

describe("a thousand truncations, and a thousand files with flipped bits: refused, or a valid result", () => {
  for (const { name, bytes, read, where } of CASES)
    test(name, async () => {
      await read(bytes);
      const { truncated, flipped } = await mutate(bytes, read, { where });
      expect(truncated.read + truncated.refused + flipped.read + flipped.refused).toBe(2000);
      expect(truncated.refused).toBeGreaterThan(0);
      expect(flipped.refused).toBeGreaterThan(0);
    });
});
