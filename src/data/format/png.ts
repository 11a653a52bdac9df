/**
 * PNG images. What is not the picture (profiles, text, animation) is passed over. The code is our own because the libraries
 * that run in a page mistake interlaced images of fewer than 8 bits, and because inflation is the platform's and stops
 * where the size of the image says: a small file cannot make us hold more.
 *
 * @see W3C, Portable Network Graphics (PNG) Specification, third edition
 */
import type { DataError } from "../../base/errors.ts";
import { badFile, type NamedBytes } from "./bytes.ts";
import { type Image, type ImageOptions, requireSize } from "./image.ts";
import { BEST_DEFLATE, inflated, join } from "./inflate.ts";
import { headOf, type PngChunk, type PngHead, pngChunks } from "./pngChunks.ts";
import { packedBytes, SAMPLES, samplesOf } from "./pngPixels.ts";

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
  const { width, height, type, depth } = head;
  requireSize(path, 16, width, height, options);
  const samples = samplesOf(path, head, await inflate(path, chunks, head));
  if (type === "palette") return { width, height, ...colours(path, samples, paletteOf(path, chunks)) };
  return { width, height, channels: SAMPLES[type], data: depth < 8 ? spread(samples, depth) : samples };
}

const named = (chunks: readonly PngChunk[], name: string): PngChunk[] => chunks.filter((chunk) => chunk.name === name);

/** @throws {DataError} `bad-file` unless the compressed bytes hold exactly the image */
async function inflate(path: string, chunks: readonly PngChunk[], head: PngHead): Promise<Uint8Array> {
  const parts = named(chunks, "IDAT").map(({ data }) => data);
  const all = join(
    parts,
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  const needed = packedBytes(head);
  const refuse = (problem: string): DataError => badFile(path, `its pixels: ${problem}`);
  const size = `${head.width} x ${head.height} need ${needed} bytes`;
  if (needed > all.length * BEST_DEFLATE) throw refuse(`${size}, more than ${all.length} compressed bytes can hold`);
  const packed = new Uint8Array(needed);
  let have = 0;
  for await (const chunk of inflated(all, "deflate", refuse)) {
    if (have + chunk.length > needed) throw refuse(`${size}, there are more`);
    packed.set(chunk, have);
    have += chunk.length;
  }
  if (have < needed) throw refuse(`${size}, found ${have}`);
  return packed;
}

/** Grey levels of fewer than 8 bits, with white at 255. */
const spread = (samples: Uint8Array | Uint16Array, depth: number): Uint8Array | Uint16Array =>
  samples.map((level) => (level * 255) / (2 ** depth - 1));

interface Palette {
  readonly channels: 3 | 4;
  readonly colours: number;
  /** Shape [colours][channels]. */
  readonly data: Uint8Array;
}

/** With opacity if the file gives any; colours that it gives none for are opaque. */
function paletteOf(path: string, chunks: readonly PngChunk[]): Palette {
  const [[palette], [opacity]] = [named(chunks, "PLTE"), named(chunks, "tRNS")];
  if (!palette) throw badFile(path, "has colours of a palette, and no palette (PLTE)");
  const colours = palette.data.length / 3;
  const refuse = ({ at }: PngChunk, problem: string): DataError => badFile(path, `at byte ${at}: ${problem}`);
  if (!(Number.isInteger(colours) && colours >= 1 && colours <= 256))
    throw refuse(palette, `a palette has 1 to 256 colours of 3 bytes, this one ${palette.data.length} bytes`);
  if (!opacity) return { channels: 3, colours, data: palette.data };
  if (opacity.data.length > colours)
    throw refuse(opacity, `opacity of ${opacity.data.length} colours, the palette has ${colours}`);
  const data = new Uint8Array(4 * colours);
  for (let k = 0; k < colours; k++)
    data.set([...palette.data.subarray(3 * k, 3 * k + 3), opacity.data[k] ?? 255], 4 * k);
  return { channels: 4, colours, data };
}

function colours(path: string, samples: ArrayLike<number>, palette: Palette): Pick<Image, "channels" | "data"> {
  const { channels, colours } = palette;
  const data = new Uint8Array(samples.length * channels);
  for (let k = 0; k < samples.length; k++) {
    const colour = samples[k]!;
    if (colour >= colours) throw badFile(path, `pixel ${k} has colour ${colour}, the palette has ${colours}`);
    for (let c = 0; c < channels; c++) data[k * channels + c] = palette.data[colour * channels + c]!;
  }
  return { channels, data };
}
