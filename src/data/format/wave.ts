/**
 * Sound in WAV files: integers of 8 to 32 bits, floating point of 32 and 64, A-law and µ-law, any number of channels, with or
 * without the extensible form of the header.
 *
 * @see Microsoft and IBM 1991, Multimedia Programming Interface and Data Specifications 1.0, "Waveform Audio File Format";
 * Microsoft, WAVEFORMATEXTENSIBLE
 */
import { DataError } from "../../base/errors.ts";
import { badFile, type NamedBytes, unzipped, viewOf } from "./bytes.ts";
import { behind, type Chunk, chunkAt, chunksFollow, HEAD, nameAt } from "./riff.ts";
import { type Coding, codingOf, decode, type WaveEncoding } from "./waveSamples.ts";

/** Sound from a WAVE file. */
export interface Wave {
  /** Frames a second. */
  readonly rate: number;
  readonly channels: number;
  /** Moments; in each, every channel has a sample. */
  readonly frames: number;
  readonly encoding: WaveEncoding;
  /** Bits of a sample as it is stored. */
  readonly bits: number;
  /**
   * Shape [frames][channels]. Integers and laws are scaled to [-1, 1), floating point is as it is stored; in the type that
   * holds each value exactly.
   */
  readonly data: Float32Array | Float64Array;
}

/** One channel alone, copied. @throws {DataError} `out-of-range` */
export function channelOf({ data, channels, frames }: Wave, channel: number): Float32Array | Float64Array {
  if (!(Number.isInteger(channel) && channel >= 0 && channel < channels))
    throw new DataError("out-of-range", "channel", `must be an integer from 0 to ${channels - 1}, got ${channel}`);
  const out = data.slice(0, frames);
  for (let k = 0; k < frames; k++) out[k] = data[k * channels + channel]!;
  return out;
}

/**
 * Reads the sound. Chunks that are not about it (LIST, cue, bext, …) are passed over, and the size of the whole that a file
 * begins with is not believed. Recorders that could not go back leave the size of the data 0 or 0xFFFFFFFF: then they go
 * on to the end of the file.
 *
 * @throws {DataError} `bad-file` with the byte; `unsupported`, with its name, for an encoding that is not read;
 * `not-finite` at the first NaN or infinity
 */
export async function readWave(file: NamedBytes): Promise<Wave> {
  const plain = await unzipped(file);
  requireRiff(plain);
  const { format, data } = findChunks(plain);
  const { rate, channels, coding } = format;
  const size = coding.bytes * channels;
  const bytes = sizeOf(plain, data, size);
  const samples = decode(viewOf(plain.bytes), data.from, (bytes / size) * channels, coding);
  requireFinite(plain.path, samples, channels);
  const { encoding } = coding;
  return { rate, channels, frames: bytes / size, encoding, bits: 8 * coding.bytes, data: samples };
}

const FORMS: Readonly<Record<string, string>> = {
  RIFX: "big-endian",
  RF64: "with sizes of 64 bits",
  BW64: "with sizes of 64 bits",
};

function requireRiff({ path, bytes }: NamedBytes): void {
  if (bytes.length < 12) throw badFile(path, `truncated: a WAV file begins with 12 bytes, found ${bytes.length}`);
  const form = FORMS[nameAt(bytes, 0)];
  if (form) throw new DataError("unsupported", path, `is a ${nameAt(bytes, 0)} file (${form}); RIFF files are read`);
  if (nameAt(bytes, 0) !== "RIFF" || nameAt(bytes, 8) !== "WAVE")
    throw badFile(path, "at byte 0: not a WAV file: expected RIFF and, at byte 8, WAVE");
}

interface Format {
  readonly rate: number;
  readonly channels: number;
  readonly coding: Coding;
}

/** Up to the data; what comes behind them is not looked at. */
function findChunks(file: NamedBytes): { format: Format; data: Chunk } {
  let format: Format | undefined;
  for (let at = 12; at < file.bytes.length; ) {
    const chunk = chunkAt(file, at);
    if (chunk.name === "data") {
      if (!format)
        throw badFile(file.path, `at byte ${at}: the data come before the chunk fmt, which says what they are`);
      return { format, data: chunk };
    }
    requireThere(file, chunk);
    if (chunk.name === "fmt ") format = formatOf(file, chunk);
    at = behind(chunk);
  }
  throw badFile(file.path, `at byte ${file.bytes.length}: the file ends before its ${format ? "data" : "chunk fmt"}`);
}

function requireThere({ path, bytes }: NamedBytes, { name, from, size }: Chunk): void {
  if (from + size > bytes.length)
    throw badFile(
      path,
      `at byte ${from - HEAD}: truncated: the chunk '${name}' has ${size} bytes, found ${bytes.length - from}`,
    );
}

const EXTENSIBLE = 0xfffe;
/** What follows the tag in a GUID that stands for one: 0000-0000-0010-8000-00AA00389B71, as it is stored. */
const GUID_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
const MAX_CHANNELS = 1024;

function formatOf({ path, bytes }: NamedBytes, { from, size }: Chunk): Format {
  const refuse = (offset: number, problem: string): DataError => badFile(path, `at byte ${from + offset}: ${problem}`);
  if (size < 16) throw refuse(-4, `the chunk fmt has at least 16 bytes, this one says ${size}`);
  const view = viewOf(bytes);
  const [channels, rate] = [view.getUint16(from + 2, true), view.getUint32(from + 4, true)];
  const [block, bits] = [view.getUint16(from + 12, true), view.getUint16(from + 14, true)];
  if (channels < 1 || channels > MAX_CHANNELS)
    throw refuse(2, `there must be 1 to ${MAX_CHANNELS} channels, got ${channels}`);
  if (rate === 0) throw refuse(4, "the rate must be at least 1 frame a second, got 0");
  const coding = codingOf(path, tagOf(view, from, size, refuse), block / channels, bits);
  if (bits > 8 * coding.bytes || bits <= 8 * (coding.bytes - 1))
    throw refuse(
      14,
      `samples of ${coding.bytes} bytes have ${8 * coding.bytes - 7} to ${8 * coding.bytes} bits, got ${bits}`,
    );
  return { rate, channels, coding };
}

function tagOf(
  view: DataView,
  from: number,
  size: number,
  refuse: (offset: number, problem: string) => DataError,
): number {
  const tag = view.getUint16(from, true);
  if (tag !== EXTENSIBLE) return tag;
  if (size < 40) throw refuse(-4, `the chunk fmt of the extensible form has at least 40 bytes, this one says ${size}`);
  const tail = GUID_TAIL.findIndex((byte, k) => view.getUint8(from + 26 + k) !== byte);
  if (tail >= 0) throw refuse(26 + tail, "the format is one that no tag names; those that have a tag are read");
  return view.getUint16(from + 24, true);
}

/** How many of the bytes are whole frames of sound. */
function sizeOf(file: NamedBytes, data: Chunk, frame: number): number {
  const { path, bytes } = file;
  const there = bytes.length - data.from;
  if (data.size === 0xffffffff || (data.size === 0 && !chunksFollow(file, data.from))) return there - (there % frame);
  requireThere(file, data);
  if (data.size % frame !== 0)
    throw badFile(
      path,
      `at byte ${data.from - 4}: ${data.size} bytes of data are no whole number of frames of ${frame}`,
    );
  return data.size;
}

function requireFinite(path: string, samples: Float32Array | Float64Array, channels: number): void {
  const bad = samples.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return;
  const where = `frame ${Math.floor(bad / channels)}, channel ${bad % channels}`;
  throw new DataError("not-finite", path, `${where}: must be finite, got ${samples[bad]}`);
}
