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

const normOf = (a: Matrix): number => Math.max(...a.map((_, j) => a.reduce((sum, row) => sum + Math.abs(row[j]!), 0)));

/**
 * `e^a`, by scaling and squaring (Higham 2005, SIAM J. Matrix Anal. Appl. 26, 1179). A large norm that comes of units alone
 * (a volt is some 1e9 of the charges that make it) is taken out first: each squaring costs digits.
 */
export function expm(a: Matrix): Matrix {
  if (normOf(a) <= THETA) return squared(a);
  const units = unitsOf(a);
  const e = squared(build(a.length, (i, j) => (a[i]![j]! * units[j]!) / units[i]!));
  return build(a.length, (i, j) => (e[i]![j]! / units[j]!) * units[i]!);
}

/** Sweeps until no unit changes; matrices here need a few. */
const MOST_SWEEPS = 100;
/** Powers of two are exact; those beyond would lose numbers at either end. */
const LARGEST_UNIT = 2 ** 200;
/**
 * For each variable a unit, a power of two, in which what it sees of others and what others see of it are of like size (Parlett
 * and Reinsch 1969, Numer. Math. 13, 293); what nobody sees, or what sees nobody, has its side brought below 1.
 */
function unitsOf(a: Matrix): number[] {
  const units = a.map(() => 1);
  for (let sweep = 0, changed = true; changed && sweep < MOST_SWEEPS; sweep++) {
    changed = false;
    for (let i = 0; i < a.length; i++) {
      const off = (f: (j: number) => number): number =>
        a.reduce((sum, _, j) => (j === i ? sum : sum + Math.abs(f(j))), 0);
      const [seen, sees] = [
        off((j) => (a[j]![i]! * units[i]!) / units[j]!),
        off((j) => (a[i]![j]! * units[j]!) / units[i]!),
      ];
      const factor = factorOf(seen, sees);
      if (factor === 1 || units[i]! * factor > LARGEST_UNIT || units[i]! * factor < 1 / LARGEST_UNIT) continue;
      units[i]! *= factor;
      changed = true;
    }
  }
  return units;
}
function factorOf(seen: number, sees: number): number {
  let factor = 1;
  const isBetween = seen > 0 && sees > 0;
  const after = (f: number): number => (isBetween ? seen * f + sees / f : Math.max(1, seen * f, sees / f));
  while (after(2 * factor) < 0.95 * after(factor)) factor *= 2;
  while (after(factor / 2) < 0.95 * after(factor)) factor /= 2;
  return factor;
}

function squared(a: Matrix): Matrix {
  const norm = normOf(a);
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
