/** The checksum of ZIP and PNG. @see ISO 3309; Deutsch 1996, RFC 1952, section 8 */
export function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (let k = 0; k < bytes.length; k++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[k]!) & 0xff]!;
  return ~crc >>> 0;
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
