/**
 * JPEG images, baseline and progressive, in grey, colour and CMYK. The size is looked at before the library decodes
 * anything, and so is the number of scans, each of which may go over all pixels.
 *
 * @see ITU-T T.81 (1992), annex B
 */
import { badFile, type NamedBytes, reasonOf, requireNamedBytes } from "./bytes.ts";
import { type Image, type ImageOptions, requireSize } from "./image.ts";
import { frameOf, type JpegFrame } from "./jpegFrame.ts";

/**
 * Grey images have one channel, all others three.
 *
 * @throws {DataError} `bad-file`, with the byte where the framing is at fault; `unsupported` for arithmetic coding, lossless
 * and hierarchical images, and samples of 12 bits
 */
export async function readJpeg(file: NamedBytes, options: ImageOptions = {}): Promise<Image> {
  requireNamedBytes(file);
  const { path, bytes } = file;
  const frame = frameOf(file);
  const { width, height, components } = frame;
  requireSize(path, frame.at, width, height, options);
  requireBytes(file, frame);
  const { decode } = (await import("jpeg-js")).default;
  const { data } = refusing(path, () =>
    decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: Number.POSITIVE_INFINITY, // looked at above
      maxMemoryUsageInMB: megabytes(frame),
    }),
  );
  return components === 1 ? { width, height, channels: 1, data: firstOf3(data) } : { width, height, channels: 3, data };
}

/** What the library throws is about the file, whatever it is. */
function refusing<R>(path: string, use: () => R): R {
  try {
    return use();
  } catch (cause) {
    throw badFile(path, `is not a valid JPEG image: ${reasonOf(cause)}`, { cause });
  }
}

/** Every block of 8 x 8 pixels takes at least one bit: a code of its mean. */
function requireBytes({ path, bytes }: NamedBytes, { at, width, height }: JpegFrame): void {
  const least = Math.ceil((Math.ceil(width / 8) * Math.ceil(height / 8)) / 8);
  if (least > bytes.length)
    throw badFile(
      path,
      `at byte ${at}: truncated: ${width} x ${height} pixels need at least ${least} bytes, found ${bytes.length}`,
    );
}

/**
 * What the library may hold: for each component, over whole blocks of at most 32 x 32 pixels, a coefficient of 4 bytes, a
 * line and a sample, besides the answer; and its tables.
 */
function megabytes({ width, height, components }: JpegFrame): number {
  const pixels = 32 * Math.ceil(width / 32) * (32 * Math.ceil(height / 32));
  return TABLES + (pixels * (6 * components + 3)) / 2 ** 20;
}
const TABLES = 16;

/** The library gives grey thrice. */
function firstOf3(data: Uint8Array): Uint8Array {
  const grey = new Uint8Array(data.length / 3);
  for (let k = 0; k < grey.length; k++) grey[k] = data[3 * k]!;
  return grey;
}
