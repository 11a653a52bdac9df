/** The checksum of LZ4 frames. @see Collet, "xxHash fast digest algorithm", XXH32 */
const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
const round = (sum: number, lane: number): number => Math.imul(rotate((sum + Math.imul(lane, P2)) | 0, 13), P1);

/** XXH32 with seed 0, from 0 to 2^32 − 1. */
export function xxHash32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stripes = bytes.length - (bytes.length % 16);
  let hash = stripes > 0 ? lanes(view, stripes) : P5;
  hash = (hash + bytes.length) | 0;
  let at = stripes;
  for (; at + 4 <= bytes.length; at += 4)
    hash = Math.imul(rotate((hash + Math.imul(view.getUint32(at, true), P3)) | 0, 17), P4);
  for (; at < bytes.length; at++) hash = Math.imul(rotate((hash + Math.imul(bytes[at]!, P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function lanes(view: DataView, end: number): number {
  let [a, b, c, d] = [(P1 + P2) | 0, P2 | 0, 0, -P1 | 0];
  for (let at = 0; at < end; at += 16) {
    a = round(a, view.getUint32(at, true));
    b = round(b, view.getUint32(at + 4, true));
    c = round(c, view.getUint32(at + 8, true));
    d = round(d, view.getUint32(at + 12, true));
  }
  return (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
}
