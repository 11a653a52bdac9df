/** Random orthonormal vectors. */

/**
 * Makes `rows` orthonormal vectors of `length` numbers, one after the other, of as many normal numbers, in
 * order (modified Gram-Schmidt). Each keeps the direction of what was drawn, so that every such frame is equally likely
 * (Mezzadri 2007, Notices of the AMS 54, 592). Each vector is cleared twice of those before it, which keeps the products
 * of any two of them at rounding errors (Giraud, Langou and Rozložník 2005). Sums and roots only: the same bits on every machine.
 *
 * @param rows at most `length`
 */
export function makeOrthonormal(q: Float64Array, rows: number, length: number): void {
  const units = Array.from({ length: rows }, (_, i) => q.subarray(i * length, (i + 1) * length));
  for (const [i, own] of units.entries()) {
    for (let pass = 0; pass < 2; pass++) for (let j = 0; j < i; j++) clear(own, units[j]!);
    const size = Math.sqrt(dot(own, own));
    for (let k = 0; k < length; k++) own[k]! /= size;
  }
}

/** Takes the part along `unit` out of `x`. The product is formed here: what a call gives back is a number on the heap. */
function clear(x: Float64Array, unit: Float64Array): void {
  let along = 0;
  for (let k = 0; k < x.length; k++) along += x[k]! * unit[k]!;
  for (let k = 0; k < x.length; k++) x[k]! -= along * unit[k]!;
}
function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k]! * y[k]!;
  return sum;
}

export function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j]!;
  return out;
}
