/**
 * From a random word to a number that follows a law: pure functions, in f64. `ir/random.ts` expands the same into
 * kernels, with the tables of this file; in f64 both give the same bits.
 */
import { horner, log } from "./elementary.ts";

/** In (0, 1), on a grid of 2^-32: the middle of the word's cell. */
export const uniformOf = (word: number): number => (word + 0.5) * 2 ** -32;
/** The same of many words. */
export function uniformsOf(words: Uint32Array, out: Float64Array): void {
  for (let k = 0; k < words.length; k++) out[k] = uniformOf(words[k]!);
}
/** In (0, 1) and exact in f32, on a grid of 2^-23. */
export const uniformF32Of = (word: number): number => ((word >>> 9) + 0.5) * 2 ** -23;

interface Rational {
  readonly above: readonly number[];
  readonly below: readonly number[];
}
/** `center` in 0.180625 - q², `tail` in √(-log p) - 1.6, up to √(-log p) = 5, that is p = 1.4e-11; a word's smallest p is 1.2e-10. */
export interface NormalTable {
  readonly center: Rational;
  readonly tail: Rational;
}
/** Wichura 1988, Algorithm AS 241, Applied Statistics 37:477: PPND7 for f32 (7 digits), PPND16 for f64 (16 digits). */
export const AS241: Readonly<Record<"f32" | "f64", NormalTable>> = {
  f32: {
    center: {
      above: [3.3871327179, 5.0434271938e1, 1.5929113202e2, 5.910937472e1],
      below: [1, 1.7895169469e1, 7.8757757664e1, 6.71875636e1],
    },
    tail: {
      above: [1.4234372777, 2.75681539, 1.3067284816, 1.7023821103e-1],
      below: [1, 7.370016425e-1, 1.2021132975e-1],
    },
  },
  f64: {
    center: {
      above: [
        3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
      ],
      below: [
        1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
        3.930789580009271061e4, 2.8729085735721942674e4, 5.226495278852854561e3,
      ],
    },
    tail: {
      above: [
        1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
        1.27045825245236838258, 2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4,
      ],
      below: [
        1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1, 1.4810397642748007459e-1,
        1.51986665636164571966e-2, 5.475938084995344946e-4, 1.05075007164441684324e-9,
      ],
    },
  },
};

/**
 * The standard normal number whose distribution function is `uniformOf(word)`: increasing in the word, symmetric, from
 * -6.3 to 6.3, within 1e-15 relative.
 */
export function normalOf(word: number): number {
  const upper = word >= 2 ** 31;
  const p = uniformOf(upper ? 2 ** 32 - 1 - word : word); // the nearer tail
  const q = 0.5 - p;
  const { center, tail } = AS241.f64;
  const central = q <= 0.425;
  const x = central ? 0.180625 - q * q : Math.sqrt(-log(p)) - 1.6;
  const { above, below } = central ? center : tail;
  const z = ((central ? q : 1) * horner(x, above)) / horner(x, below);
  return upper ? z : -z;
}
/** The same of many words. */
export function normalsOf(words: Uint32Array, out: Float64Array): void {
  for (let k = 0; k < words.length; k++) out[k] = normalOf(words[k]!);
}
