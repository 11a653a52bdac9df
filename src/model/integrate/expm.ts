/** The exponential of a small matrix, in f64 on the host, by + - * / alone: the same bits on every machine. */

export type Matrix = readonly (readonly number[])[];

const build = (n: number, f: (i: number, j: number) => number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => f(i, j)));
const identity = (n: number): Matrix => build(n, (i, j) => (i === j ? 1 : 0));
const multiply = (a: Matrix, b: Matrix): Matrix =>
  build(a.length, (i, j) => a[i]!.reduce((sum, x, k) => sum + x * b[k]![j]!, 0));
/** Σ weights[k] · matrices[k]. */
const blend = (weights: readonly number[], matrices: readonly Matrix[]): Matrix =>
  build(matrices[0]!.length, (i, j) => matrices.reduce((sum, m, k) => sum + weights[k]! * m[i]![j]!, 0));

/** The solution of `a·x = b`, by elimination with partial pivoting. */
function solve(a: Matrix, b: Matrix): Matrix {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best),
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = 0; i < n; i++) if (i !== k) eliminate(rows[i]!, rows[k]!, k);
  }
  return rows.map((row, i) => row.slice(n).map((x) => x / row[i]!));
}
function eliminate(row: number[], pivot: readonly number[], k: number): void {
  const factor = row[k]! / pivot[k]!;
  for (let j = k; j < row.length; j++) row[j]! -= factor * pivot[j]!;
}

/** Numerator of the [13/13] Padé approximant and the norm below which it needs no scaling (Higham 2005, table 2.3). */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
] as const;
const THETA = 5.371920351148152;

/** `e^a`, by scaling and squaring (Higham 2005, SIAM J. Matrix Anal. Appl. 26, 1179). */
export function expm(a: Matrix): Matrix {
  const n = a.length;
  const norm = Math.max(...Array.from({ length: n }, (_, j) => a.reduce((sum, row) => sum + Math.abs(row[j]!), 0)));
  let squarings = 0;
  while (norm / 2 ** squarings > THETA) squarings++;
  let result = pade(blend([2 ** -squarings], [a]));
  for (let k = 0; k < squarings; k++) result = multiply(result, result);
  return result;
}
function pade(a: Matrix): Matrix {
  const a2 = multiply(a, a);
  const powers = [identity(a.length), a2];
  while (powers.length < 7) powers.push(multiply(powers.at(-1)!, a2)); // a^0, a^2, …, a^12
  const odd = multiply(
    a,
    blend(
      PADE.filter((_, k) => k % 2 === 1),
      powers,
    ),
  );
  const even = blend(
    PADE.filter((_, k) => k % 2 === 0),
    powers,
  );
  return solve(blend([1, -1], [even, odd]), blend([1, 1], [even, odd]));
}
