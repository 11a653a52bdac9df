/** What other programs made of small arrays, images and sounds (`golden.py`). */
import { readFileSync } from "node:fs";

const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));

/** Values in row-major order; infinities by name, null for not a number. */
export interface GoldenArray {
  readonly type: string;
  readonly fortran: boolean;
  readonly bytes: string;
  readonly values: readonly (number | "inf" | "-inf" | null)[];
}
type Names =
  | "scalar"
  | "empty"
  | "object"
  | "text"
  | "bytes"
  | "date"
  | "longdouble"
  | "records"
  | "subarray"
  | "unicode"
  | "stored"
  | "deflated";
export const numpy = json("numpy.golden.json") as { readonly [N in Names]: string } & {
  readonly arrays: readonly GoldenArray[];
  readonly versions: readonly string[];
};

type Shape = readonly [width: number, height: number, channels: number];
export const media = json("media.golden.json") as {
  /** 256 numbers of 16 bits, by the byte that means them. */
  readonly ulaw: string;
  readonly alaw: string;
  readonly png: Readonly<Record<string, readonly [bytes: string, shape: Shape, values: readonly number[]]>>;
  readonly jpeg: Readonly<Record<string, readonly [bytes: string, shape: Shape, values: string]>>;
};

/** A copy of its own, whose buffer holds nothing else. */
export const base64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));
