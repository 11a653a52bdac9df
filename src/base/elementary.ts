/**
 * exp, log, cos and whole powers from + - * / and bits only: those of `Math`, and `**`, differ between engines (Node 20
 * and Chromium 156 differ in a tenth of the values of `0.999 ** k`), and what is drawn from a seed or trained must not.
 * exp, log and cos are operation for operation the f64 macros of `ir/math` (whose comments say why and whence), so that
 * host and kernels draw the same numbers.
 */

/** `c0 + x·(c1 + x·(c2 + …))`. */
export function horner(x: number, coefficients: readonly number[]): number {
  let sum = coefficients[coefficients.length - 1]!;
  for (let k = coefficients.length - 2; k >= 0; k--) sum = sum * x + coefficients[k]!;
  return sum;
}

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const LOG2E = 1.4426950408889634;
const EXP = [
  0.4999999999999992, 0.1666666666666695, 0.04166666666670414, 0.008333333333267646, 0.0013888888883343887,
  1.9841269894137117e-4, 2.4801590942409985e-5, 2.7557300343664748e-6, 2.7556133888942356e-7, 2.5055050568793236e-8,
  2.106423279112553e-9, 1.5936924050295648e-10,
];
const ROUNDER = 1.5 * 2 ** 52;

/** `e^x`, for x from -700 to 700. */
export function exp(x: number): number {
  const k = x * (LOG2E / 2) + ROUNDER - ROUNDER;
  const r = x - k * (2 * LN2_HIGH) - k * (2 * LN2_LOW);
  const scale = powerOfTwo(k);
  return (1 + (r + r * r * horner(r, EXP))) * scale * scale;
}

const LG = [
  6.66666666666673513e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1,
  1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1,
];
const ROOT_HALF = 0x3fe6a09e;

/** Natural logarithm of a normal number > 0. */
export function log(x: number): number {
  view.setFloat64(0, x);
  const k = (view.getUint32(0) - ROOT_HALF) >> 20;
  const f = x * INVERSE_POWERS[k + 1023]! - 1; // exact; memory would wait for words that are written apart
  const s = f / (f + 2);
  const square = s * s;
  const halfSquare = 0.5 * f * f;
  const series = s * (halfSquare + square * horner(square, LG)) + k * LN2_LOW;
  return k * LN2_HIGH - (halfSquare - series - f);
}

const TWO_OVER_PI = 0.6366197723675814;
const HALF_PI = [
  1.57079632673412561417, 6.0771005063039659766e-11, 2.0222662487111664558e-21, 8.47842766036889956997e-32,
];
const SIN = [
  -0.1666666666666663, 0.008333333333321855, -1.9841269829376303e-4, 2.755731354628802e-6, -2.505073579723676e-8,
  1.5895523780165922e-10,
];
const COS = [
  -0.5, 0.04166666666666659, -0.0013888888888872292, 2.480158728840846e-5, -2.7557314057958863e-7, 2.087568500031023e-9,
  -1.1357741089748818e-11,
];

/** `cos x`, for x from 0 to 2^20. */
export function cos(x: number): number {
  const n = x * TWO_OVER_PI + ROUNDER - ROUNDER;
  const [p0, p1, p2, p3] = HALF_PI.map((p) => n * p) as [number, number, number, number];
  const first = x - p0 - p1;
  const rest = first - p2;
  const r = rest + (differenceLost(x - p0, p1, first) + differenceLost(first, p2, rest) - p3);
  const quadrant = (n + 1) % 4;
  const square = r * r;
  const wave = quadrant % 2 === 1 ? 1 + square * horner(square, COS) : r + r * square * horner(square, SIN);
  return quadrant >= 2 ? -wave : wave;
}
/** What rounding lost in `difference = a - b`. */
function differenceLost(a: number, b: number, difference: number): number {
  const bBack = a - difference;
  return a - (difference + bBack) + (bBack - b);
}

/** `x^n` for a whole n, by squaring: at most |n| roundings of the last place off. */
export function wholePower(x: number, n: number): number {
  let result = 1;
  for (let [left, square] = [Math.abs(n), x]; left > 0; left = Math.floor(left / 2), square *= square)
    if (left % 2 === 1) result *= square;
  return n < 0 ? 1 / result : result;
}

const view = new DataView(new ArrayBuffer(8));
/** `2^k` from its bits: engines may compute `2 ** k` as they like. */
function powerOfTwo(k: number): number {
  view.setUint32(0, (k + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}
/** `2^-k` at k + 1023, for k from -1023 to 1024; the last two by halving, because they are not normal. */
const INVERSE_POWERS = Float64Array.from({ length: 2048 }, (_, n) =>
  n < 2046 ? powerOfTwo(1023 - n) : powerOfTwo(-1022) / (2 * (n - 2045)),
);
