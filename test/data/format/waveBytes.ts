/** Writes WAV files byte by byte from the published format: what the reader is tested on. */
const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
export const u16 = (...values: number[]): number[] => values.flatMap((x) => [x & 255, (x >> 8) & 255]);
export const u32 = (...values: number[]): number[] => values.flatMap((x) => [...u16(x & 0xffff), ...u16(x >>> 16)]);

export interface ChunkParts {
  readonly name: string;
  readonly data: readonly number[];
  /** Other than what the data have. */
  readonly size?: number;
}
export const chunk = ({ name, data, size = data.length }: ChunkParts): number[] => [
  ...ascii(name),
  ...u32(size),
  ...data,
  ...(data.length % 2 ? [0] : []),
];

export interface FormatParts {
  readonly tag?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  /** Bytes of a frame. */
  readonly block?: number;
  /** Behind the first 16 bytes. */
  readonly more?: readonly number[];
}
export function format({
  tag = 1,
  channels = 1,
  rate = 8000,
  bits = 16,
  block,
  more = [],
}: FormatParts = {}): ChunkParts {
  const frame = block ?? (channels * bits) / 8;
  return { name: "fmt ", data: [...u16(tag, channels), ...u32(rate, rate * frame), ...u16(frame, bits), ...more] };
}
/** The extensible form: a tag inside a GUID. */
export const extensible = (tag: number, parts: FormatParts, validBits = parts.bits ?? 16): ChunkParts =>
  format({
    ...parts,
    tag: 0xfffe,
    more: [...u16(22, validBits), ...u32(3, tag), ...u16(0, 0x10), ...[0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]],
  });
export const samples = (data: readonly number[], size?: number): ChunkParts => ({
  name: "data",
  data,
  ...(size !== undefined && { size }),
});
export const LIST: ChunkParts = { name: "LIST", data: [...ascii("INFOISFT"), ...u32(3), ...ascii("me\0")] };

export function wav(
  chunks: readonly ChunkParts[],
  { head = "RIFF", form = "WAVE", size = undefined as number | undefined } = {},
): Uint8Array {
  const body = chunks.flatMap(chunk);
  return Uint8Array.from([...ascii(head), ...u32(size ?? body.length + 4), ...ascii(form), ...body]);
}
