/** The samples of a WAV file in each of the encodings that are read. */
import { DataError } from "../../base/errors.ts";

/** How a WAVE file holds its samples. */
export type WaveEncoding = "pcm" | "float" | "a-law" | "mu-law";

export interface Coding {
  readonly encoding: WaveEncoding;
  /** Of a sample. */
  readonly bytes: number;
  readonly array: new (length: number) => Float32Array | Float64Array;
  readonly at: (view: DataView, at: number) => number;
}

/** By the tag in the file. */
const TAGS: Readonly<Record<number, WaveEncoding>> = { 1: "pcm", 3: "float", 6: "a-law", 7: "mu-law" };
/** Tags that are common enough to be named. */
const OTHERS: Readonly<Record<number, string>> = {
  2: "Microsoft ADPCM",
  17: "IMA ADPCM",
  49: "GSM 6.10",
  80: "MPEG",
  85: "MP3",
  255: "AAC",
};

type Sample = Omit<Coding, "encoding" | "bytes">;
const exact32 = (at: Sample["at"]): Sample => ({ array: Float32Array, at });
const exact64 = (at: Sample["at"]): Sample => ({ array: Float64Array, at });

/** By encoding and bytes. Shorter integers lie at the upper end of their bytes, so that they have the same scale. */
const CODINGS: { readonly [E in WaveEncoding]: Readonly<Record<number, Sample>> } = {
  pcm: {
    1: exact32((view, at) => (view.getUint8(at) - 128) / 2 ** 7),
    2: exact32((view, at) => view.getInt16(at, true) / 2 ** 15),
    3: exact32((view, at) => (view.getUint8(at) + 2 ** 8 * view.getInt16(at + 1, true)) / 2 ** 23),
    4: exact64((view, at) => view.getInt32(at, true) / 2 ** 31),
  },
  float: {
    4: exact32((view, at) => view.getFloat32(at, true)),
    8: exact64((view, at) => view.getFloat64(at, true)),
  },
  "a-law": { 1: exact32((view, at) => A_LAW[view.getUint8(at)]!) },
  "mu-law": { 1: exact32((view, at) => MU_LAW[view.getUint8(at)]!) },
};

/** @throws {DataError} `unsupported`, with the name of the encoding where it has one */
export function codingOf(path: string, tag: number, bytes: number, bits: number): Coding {
  const encoding = TAGS[tag];
  if (!encoding) {
    const name = `${OTHERS[tag] ?? "an unknown encoding"} (tag 0x${tag.toString(16).padStart(4, "0")})`;
    throw new DataError("unsupported", path, `is encoded as ${name}; read are ${Object.values(TAGS).join(", ")}`);
  }
  const sample = CODINGS[encoding][bytes];
  if (!sample) {
    const read = Object.keys(CODINGS[encoding]).join(", ");
    throw new DataError(
      "unsupported",
      path,
      `has ${encoding} samples of ${bits} bits in ${bytes} bytes; read are those of ${read} bytes`,
    );
  }
  return { encoding, bytes, ...sample };
}

export function decode(
  view: DataView,
  from: number,
  count: number,
  { bytes, array, at }: Coding,
): Float32Array | Float64Array {
  const out = new array(count);
  for (let k = 0; k < count; k++) out[k] = at(view, from + k * bytes);
  return out;
}

/** A byte of G.711 A-law: sign, exponent and mantissa with every other bit inverted. @see ITU-T G.711 (1988), table 1a */
function aLaw(byte: number): number {
  const code = byte ^ 0x55;
  const [exponent, mantissa] = [(code >> 4) & 7, code & 15];
  const size = exponent === 0 ? 2 * mantissa + 1 : (2 * mantissa + 33) * 2 ** (exponent - 1);
  return (code & 0x80 ? size : -size) / 2 ** 12;
}

/** A byte of G.711 µ-law: the same with all bits inverted, and a bias of 33. @see ITU-T G.711 (1988), table 2a */
function muLaw(byte: number): number {
  const code = ~byte;
  const size = (2 * (code & 15) + 33) * 2 ** ((code >> 4) & 7) - 33;
  return (code & 0x80 ? 0 - size : size) / 2 ** 13; // no -0
}

const table = (law: (byte: number) => number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, byte) => law(byte));
const A_LAW = table(aLaw);
const MU_LAW = table(muLaw);
