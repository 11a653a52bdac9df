/** The Yin-Yang data set: points in the symbol, which is which. Small, generated, and not linearly separable. */
import { requireInteger } from "../../base/errors.ts";
import { randomStream, streamOf } from "../../base/random.ts";

/** Options of `yinYang`. */
export interface YinYangOptions {
  readonly count: number;
  readonly seed?: number;
}
/** Points with their classes. */
export interface YinYang {
  /** Of each point x, y, 1 - x and 1 - y, between 0 and 1: [count][4]. */
  readonly values: Float64Array;
  /** 0 and 1: the two halves; 2: a dot. Numbered as in the authors' code. */
  readonly labels: Int32Array;
}
/** Radii of the symbol and of its dots. */
const [BIG, SMALL] = [0.5, 0.1];

/**
 * Draws points until each has the class that was drawn for it, so that the three classes are balanced.
 *
 * @see Kriener, Göltz and Petrovici 2022, NICE, doi:10.1145/3517343.3517380
 * @throws {RheobaseError} `out-of-range`
 */
export function yinYang({ count, seed = 0 }: YinYangOptions): YinYang {
  requireInteger("yinYang.count", count, 0);
  const random = randomStream(seed, streamOf("yin-yang"));
  const values = new Float64Array(4 * count);
  const labels = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    const wanted = random.below(3);
    for (;;) {
      const [x, y] = [random.uniform(), random.uniform()];
      if (classOf(x, y) !== wanted) continue;
      values.set([x, y, 1 - x, 1 - y], 4 * k);
      labels[k] = wanted;
      break;
    }
  }
  return { values, labels };
}

/** The class of a point; undefined outside the symbol. */
export function classOf(x: number, y: number): number | undefined {
  const [right, left] = [distance(x, y, 1.5 * BIG), distance(x, y, 0.5 * BIG)];
  if (distance(x, y, BIG) > BIG) return undefined;
  if (right < SMALL || left < SMALL) return 2;
  const isYin = right <= SMALL || (left > SMALL && left <= 0.5 * BIG) || (y > BIG && right > 0.5 * BIG);
  return Number(isYin);
}
/** From a point on the line through the middle. */
const distance = (x: number, y: number, middle: number): number => Math.sqrt((x - middle) ** 2 + (y - BIG) ** 2);
