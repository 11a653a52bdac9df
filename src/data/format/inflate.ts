/**
 * Inflation by what Node and browsers both have. It comes in parts, so that a reader stops where it has enough: what a
 * compressed file says of its size is not believed.
 */

/**
 * `gzip` is RFC 1952; `deflate` is, under the name that the platform gives it, a zlib stream (RFC 1950); `deflate-raw` is
 * what both hold (RFC 1951).
 */
export type Compression = "gzip" | "deflate" | "deflate-raw";
const NAME_OF: Readonly<Record<Compression, string>> = { gzip: "gzip", deflate: "zlib", "deflate-raw": "deflate" };

/** Deflate cannot do better than 1032 : 1 (RFC 1951: 258 bytes in two bits). */
export const BEST_DEFLATE = 1032;

/** @param refuse makes the error for a stream that is damaged or ends too early */
export async function* inflated(
  bytes: Uint8Array,
  format: Compression,
  refuse: (problem: string, options: ErrorOptions) => Error,
): AsyncGenerator<Uint8Array> {
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream(format as CompressionFormat))
    .getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw refuse(`not a valid ${NAME_OF[format]} stream: ${reason}`, { cause });
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** @param length of all chunks together */
export function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
