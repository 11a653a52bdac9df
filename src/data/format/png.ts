/**
 * PNG images. What is not the picture (profiles, text, animation) is left out before the library sees the file, and how
 * much the compressed pixels hold is known before they are kept: a small file cannot make us hold more than its size in
 * pixels says.
 *
 * @see W3C, Portable Network Graphics (PNG) Specification, third edition
 */
import type { DataError } from "../../base/errors.ts";
import { badFile, type NamedBytes } from "./bytes.ts";
import { type Image, type ImageOptions, requireSize } from "./image.ts";
import { inflated, join } from "./inflate.ts";
import { headOf, type PngChunk, type PngHead, packedBytes, pngChunks } from "./pngChunks.ts";

/**
 * Samples of 1, 2 and 4 bits are spread over 0 to 255, palettes looked up. A colour that a grey or RGB file declares
 * transparent (tRNS) stays a colour.
 *
 * @throws {DataError} `bad-file` with the byte
 */
export async function readPng(file: NamedBytes, options: ImageOptions = {}): Promise<Image> {
  const { path } = file;
  const chunks = pngChunks(file);
  const head = headOf(file, chunks[0]!);
  requireSize(path, 16, head.width, head.height, options);
  await requirePixels(file, chunks, head);
  const { decode } = await import("fast-png");
  const kept = chunks.filter(({ name }) => name !== "tRNS" || head.type === "palette");
  const bytes = join(
    [file.bytes.subarray(0, 8), ...kept.map(({ all }) => all)],
    kept.reduce((sum, { all }) => sum + all.length, 8),
  );
  const decoded = refusing(path, () => decode(bytes));
  const { width, height } = decoded;
  const samples = decoded.data as Uint8Array | Uint16Array;
  const flat = decoded.depth < 8 ? unpacked(samples, head) : samples;
  if (!decoded.palette) return { width, height, channels: CHANNELS[head.type], data: spread(flat, head) };
  return { width, height, ...colours(path, flat, decoded.palette) };
}

const CHANNELS = { grey: 1, palette: 1, "grey and opacity": 2, colour: 3, "colour and opacity": 4 } as const;

/** What the library throws is about the file, whatever it is. */
function refusing<R>(path: string, use: () => R): R {
  try {
    return use();
  } catch (cause) {
    throw badFile(path, `is not a valid PNG image: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** @throws {DataError} `bad-file` unless the compressed bytes hold exactly the image */
async function requirePixels(file: NamedBytes, chunks: readonly PngChunk[], head: PngHead): Promise<void> {
  const { path } = file;
  const parts = chunks.filter(({ name }) => name === "IDAT").map(({ data }) => data);
  const all = join(
    parts,
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  const needed = packedBytes(head);
  let have = 0;
  const refuse = (problem: string): DataError => badFile(path, `its pixels: ${problem}`);
  for await (const chunk of inflated(all, "deflate", refuse)) {
    have += chunk.length;
    if (have > needed) break;
  }
  if (have !== needed)
    throw refuse(
      `${head.width} x ${head.height} need ${needed} bytes, ${have > needed ? `there are more` : `found ${have}`}`,
    );
}

/** One sample a byte, from rows of samples of 1, 2 or 4 bits that begin at whole bytes. */
function unpacked(packed: ArrayLike<number>, { width, height, depth }: PngHead): Uint8Array {
  const out = new Uint8Array(width * height);
  const row = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      out[y * width + x] = (packed[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
    }
  return out;
}

/** Grey levels of fewer than 8 bits, with white at 255. */
function spread(samples: Uint8Array | Uint16Array, { depth }: PngHead): Uint8Array | Uint16Array {
  if (depth >= 8) return samples;
  return samples.map((level) => (level * 255) / (2 ** depth - 1));
}

function colours(
  path: string,
  indices: ArrayLike<number>,
  palette: readonly (readonly number[])[],
): Pick<Image, "channels" | "data"> {
  const channels = palette[0]?.length === 4 ? 4 : 3;
  const data = new Uint8Array(indices.length * channels);
  for (let k = 0; k < indices.length; k++) {
    const colour = palette[indices[k]!];
    if (!colour) throw badFile(path, `pixel ${k} has the colour ${indices[k]}, the palette has ${palette.length}`);
    data.set(colour, k * channels);
  }
  return { channels, data };
}
