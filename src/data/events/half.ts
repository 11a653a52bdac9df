/** Numbers of 16 bits (IEEE 754 binary16), little-endian: 1 bit of sign, 5 of exponent, 10 of fraction. */
export function halves(bytes: Uint8Array): Float64Array {
  const out = new Float64Array(bytes.length >> 1);
  for (let k = 0; k < out.length; k++) out[k] = half(bytes[2 * k]! | (bytes[2 * k + 1]! << 8));
  return out;
}

export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
