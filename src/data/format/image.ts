/** Images as readers give them, and how large one may be. */
import { DataError } from "../../base/errors.ts";

/** A decoded image. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and opacity, 3 red, green and blue, 4 these and opacity. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Shape [height][width][channels], rows from the top: 0 to 255, or to 65535 where the file has 16 bits. */
  readonly data: Uint8Array | Uint16Array;
}

/** Limits of what is decoded. */
export interface ImageOptions {
  /** Most pixels of an image, which is looked at before anything is decoded; 2^25 by default (33 million). */
  readonly maxPixels?: number;
}
const MAX_PIXELS = 2 ** 25;

/** @throws {DataError} `bad-file` with the byte where the file says a size that is none, or too large */
export function requireSize(
  path: string,
  at: number,
  width: number,
  height: number,
  { maxPixels = MAX_PIXELS }: ImageOptions,
): void {
  const refuse = (problem: string): DataError => new DataError("bad-file", path, `at byte ${at}: ${problem}`);
  if (width === 0 || height === 0) throw refuse(`an image of ${width} x ${height} pixels`);
  if (width * height > maxPixels) throw refuse(`too large: ${width} x ${height} pixels, at most ${maxPixels} are read`);
}
