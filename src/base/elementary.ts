/**
 * exp and log from + - * / and bits only: `Math.exp` and `Math.log` differ between engines, and what is drawn from a
 * seed must not. Operation for operation the f64 macros of `ir/math` (whose comments say why and whence), so that host
 * and kernels draw the same numbers.
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
  view.setUint32(0, view.getUint32(0) - (k << 20));
  const f = view.getFloat64(0) - 1;
  const s = f / (f + 2);
  const square = s * s;
  const halfSquare = 0.5 * f * f;
  const series = s * (halfSquare + square * horner(square, LG)) + k * LN2_LOW;
  return k * LN2_HIGH - (halfSquare - series - f);
}

const view = new DataView(new ArrayBuffer(8));
/** `2^k` from its bits: engines may compute `2 ** k` as they like. */
function powerOfTwo(k: number): number {
  view.setUint32(0, (k + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}
