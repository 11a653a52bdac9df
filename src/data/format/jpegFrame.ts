/** The framing of a JPEG file: segments of a marker and a length, up to the end of the image; nothing is decoded. */
import { DataError } from "../../base/errors.ts";
import { badFile, type NamedBytes, viewOf } from "./bytes.ts";

export interface JpegFrame {
  /** Where in the file the size is. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

interface Segment {
  readonly marker: number;
  /** Of the marker. */
  readonly at: number;
  /** Where its content begins; none for a marker that stands alone. */
  readonly from: number;
  readonly end: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DHT = 0xc4;
const DAC = 0xcc;
const JPG = 0xc8;
/** Kinds of frames that are decoded: baseline, extended and progressive, in Huffman coding. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** A real file has about ten; each may go over all pixels, so that a small file could keep us busy for long. */
const MAX_SCANS = 100;

/** Walks the whole file. @throws {DataError} `bad-file` with the byte; `unsupported`, with its name, for other kinds */
export function frameOf(file: NamedBytes): JpegFrame {
  let frame: JpegFrame | undefined;
  let scans = 0;
  for (const segment of segmentsOf(file)) {
    const { marker, at } = segment;
    if (isFrame(marker)) {
      if (frame) throw badFile(file.path, `at byte ${at}: there is a second frame`);
      frame = readFrame(file, segment);
    }
    if (marker !== SOS) continue;
    if (!frame) throw badFile(file.path, `at byte ${at}: a scan comes before the frame`);
    if (++scans > MAX_SCANS) throw badFile(file.path, `at byte ${at}: more than ${MAX_SCANS} scans`);
  }
  if (!frame || scans === 0)
    throw badFile(file.path, `at byte ${file.bytes.length}: there is no ${frame ? "scan" : "frame"}`);
  return frame;
}

const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== DAC && marker !== JPG;

/** Up to the end of the image; what is behind it is not looked at. */
function* segmentsOf({ path, bytes }: NamedBytes): Generator<Segment> {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) throw badFile(path, "at byte 0: not a JPEG file: expected FF D8");
  for (let at = 2; ; ) {
    const segment = segmentAt(path, bytes, at);
    if (segment.marker === EOI) return;
    yield segment;
    at = segment.marker === SOS ? entropyEnd(bytes, segment.end) : segment.end;
  }
}

function segmentAt(path: string, bytes: Uint8Array, start: number): Segment {
  let at = start;
  if (at < bytes.length && bytes[at] !== 0xff)
    throw badFile(path, `at byte ${at}: expected a marker, found other data`);
  while (bytes[at + 1] === 0xff) at++; // fill bytes
  const marker = bytes[at + 1];
  if (marker === undefined) throw badFile(path, `at byte ${bytes.length}: truncated: the image does not end`);
  if (marker === EOI) return { marker, at, from: at + 2, end: at + 2 };
  if (marker < 0xc0 || (marker >= 0xd0 && marker <= SOI))
    throw badFile(path, `at byte ${at}: marker FF ${hex(marker)} where none may be`);
  if (at + 4 > bytes.length) throw badFile(path, `at byte ${at}: truncated: the segment has no length`);
  const length = viewOf(bytes).getUint16(at + 2);
  if (length < 2) throw badFile(path, `at byte ${at + 2}: a segment has at least 2 bytes, this one says ${length}`);
  const end = at + 2 + length;
  if (end > bytes.length)
    throw badFile(
      path,
      `at byte ${at}: truncated: the segment FF ${hex(marker)} ends at byte ${end}, the file at ${bytes.length}`,
    );
  return { marker, at, from: at + 4, end };
}
const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");

/** Where the compressed samples end: at a marker that is neither a stuffed FF nor a restart. */
function entropyEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes[at + 1];
    if (next === 0xff)
      at--; // a fill byte: look again from the next one
    else if (next !== 0 && !(next !== undefined && next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

function readFrame({ path, bytes }: NamedBytes, { marker, at, from, end }: Segment): JpegFrame {
  const refuse = (offset: number, problem: string): DataError => badFile(path, `at byte ${from + offset}: ${problem}`);
  if (!FRAMES.has(marker))
    throw new DataError(
      "unsupported",
      path,
      `at byte ${at}: is a lossless, hierarchical or arithmetically coded image (FF ${hex(marker)}); read are baseline and progressive ones in Huffman coding`,
    );
  if (end - from < 6) throw refuse(-2, `a frame has at least 8 bytes, this one ${end - from + 2}`);
  const [bits, components] = [bytes[from]!, bytes[from + 5]!];
  if (bits !== 8) throw new DataError("unsupported", path, `at byte ${from}: has samples of ${bits} bits; read are 8`);
  if (![1, 3, 4].includes(components)) throw refuse(5, `an image has 1, 3 or 4 components, this one ${components}`);
  if (end - from !== 6 + 3 * components)
    throw refuse(-2, `a frame of ${components} components has ${8 + 3 * components} bytes`);
  for (let k = 0; k < components; k++)
    requireSampling(bytes[from + 7 + 3 * k]!, (problem) => refuse(7 + 3 * k, problem));
  const view = viewOf(bytes);
  return { at: from + 1, height: view.getUint16(from + 1), width: view.getUint16(from + 3), components };
}

function requireSampling(byte: number, refuse: (problem: string) => Error): void {
  const [h, v] = [byte >> 4, byte & 15];
  if (!(h >= 1 && h <= 4 && v >= 1 && v <= 4)) throw refuse(`sampling factors are 1 to 4, these are ${h} and ${v}`);
}
