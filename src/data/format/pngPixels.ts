/**
 * From the bytes that a PNG file compresses to samples: rows that were filtered against their neighbours, in one pass over
 * the image or in the seven of Adam7.
 *
 * @see W3C, PNG Specification, third edition, sections 7 to 9
 */
import { badFile } from "./bytes.ts";
import type { PngHead, PngType } from "./pngChunks.ts";

/** Samples of a pixel, as they are stored. */
export const SAMPLES: Readonly<Record<PngType, 1 | 2 | 3 | 4>> = {
  grey: 1,
  palette: 1,
  "grey and opacity": 2,
  colour: 3,
  "colour and opacity": 4,
};

interface Pass {
  /** First column and row, and steps from one to the next. */
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}
const WHOLE: readonly Pass[] = [{ x: 0, y: 0, dx: 1, dy: 1 }];
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

interface Block extends Pass {
  readonly columns: number;
  readonly rows: number;
  /** Bytes of a row, without the one that names its filter. */
  readonly width: number;
}

/** Passes that have pixels. */
function blocksOf({ width, height, depth, type, interlaced }: PngHead): Block[] {
  const bits = depth * SAMPLES[type];
  return (interlaced ? ADAM7 : WHOLE)
    .map((pass) => {
      const [columns, rows] = [Math.ceil((width - pass.x) / pass.dx), Math.ceil((height - pass.y) / pass.dy)];
      return { ...pass, columns, rows, width: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Bytes before compression: for each row of each pass one for its filter, and its samples. */
export const packedBytes = (head: PngHead): number =>
  blocksOf(head).reduce((sum, { rows, width }) => sum + rows * (1 + width), 0);

/**
 * @param packed as many bytes as `packedBytes` says; filters are taken off in place
 * @returns shape [height][width][samples], as they are stored
 * @throws {DataError} `bad-file` for an unknown filter
 */
export function samplesOf(path: string, head: PngHead, packed: Uint8Array): Uint8Array | Uint16Array {
  const { width, height, depth, type } = head;
  const count = SAMPLES[type];
  const out = depth === 16 ? new Uint16Array(width * height * count) : new Uint8Array(width * height * count);
  const step = Math.max(1, (count * depth) / 8);
  let at = 0;
  for (const block of blocksOf(head)) {
    let above: Uint8Array = new Uint8Array(block.width);
    for (let row = 0; row < block.rows; row++, at += 1 + block.width) {
      const line = packed.subarray(at + 1, at + 1 + block.width);
      const filter = FILTERS[packed[at]!];
      if (!filter) throw badFile(path, `its pixels: unknown filter ${packed[at]} of a row; known: 0 to 4`);
      filter(line, above, step);
      place(out, head, block, row, line);
      above = line;
    }
  }
  return out;
}

/** Takes a filter off a row. @param step bytes from a sample to the same one of the next pixel */
type Filter = (line: Uint8Array, above: Uint8Array, step: number) => void;

const FILTERS: readonly Filter[] = [
  () => {},
  (line, _, step) => {
    for (let k = step; k < line.length; k++) line[k]! += line[k - step]!;
  },
  (line, above) => {
    for (let k = 0; k < line.length; k++) line[k]! += above[k]!;
  },
  (line, above, step) => {
    for (let k = 0; k < line.length; k++) line[k]! += ((line[k - step] ?? 0) + above[k]!) >> 1;
  },
  (line, above, step) => {
    for (let k = 0; k < line.length; k++) line[k]! += paeth(line[k - step] ?? 0, above[k]!, above[k - step] ?? 0);
  },
];

/** Whichever of left, above and their corner is nearest to left + above - corner. */
function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/** Puts the samples of a row where they belong. */
function place(
  out: Uint8Array | Uint16Array,
  { width, depth, type }: PngHead,
  { x, y, dx, dy, columns }: Block,
  row: number,
  line: Uint8Array,
): void {
  const count = SAMPLES[type];
  const first = (y + row * dy) * width + x;
  for (let column = 0; column < columns; column++)
    for (let c = 0; c < count; c++) out[(first + column * dx) * count + c] = sampleAt(line, column * count + c, depth);
}

function sampleAt(line: Uint8Array, k: number, depth: number): number {
  if (depth === 8) return line[k]!;
  if (depth === 16) return line[2 * k]! * 256 + line[2 * k + 1]!;
  const bit = k * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
