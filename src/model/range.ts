/** What the value of a parameter must be, beside finite, or the model blows up: said once, where the parameter stands. */
import { ModelError } from "../base/errors.ts";
import type { Initializer } from "./initializer.ts";

/** `positive`: time constants, capacitances and what else is divided by. `not negative`: periods and conductances. */
export type Range = keyof typeof RANGES;
export const RANGES = {
  positive: { holds: (x: number) => x > 0, text: "> 0" },
  "not negative": { holds: (x: number) => x >= 0, text: "at least 0" },
} as const satisfies Readonly<Record<string, { holds: (x: number) => boolean; text: string }>>;

/** A parameter of a population, or of a model. */
interface Ranged {
  readonly name: string;
  readonly range?: Range;
}
/**
 * Looks at all numbers of a parameter.
 * @param values one for all neurons, or one each
 * @throws {ModelError} `out-of-range`, naming the neuron where they differ
 */
export function requireRange(path: string, { name, range }: Ranged, values: ArrayLike<number>): void {
  if (range === undefined) return;
  const { holds, text } = RANGES[range];
  for (let k = 0; k < values.length; k++) {
    if (holds(values[k]!)) continue;
    const where = values.length === 1 ? path : `${path}[${k}]`;
    throw new ModelError("out-of-range", where, `'${name}' must be ${text}, got ${values[k]}`);
  }
}

/**
 * What is known before anything is drawn: the numbers that are given. Of laws the numbers count, when they are drawn, because
 * published ones reach below 0 in theory.
 */
export function requireGivenRange(path: string, p: Ranged, from: Initializer): void {
  if (from.kind === "constant") requireRange(path, p, [from.value]);
  if (from.kind === "values") requireRange(path, p, from.values);
}
