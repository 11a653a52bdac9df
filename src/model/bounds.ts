/** Between which numbers an initialiser draws: all of them have bounds, because a draw has 32 bits. */
import { exp, log } from "../base/elementary.ts";
import { ModelError } from "../base/errors.ts";
import { normalOf, uniformOf } from "../base/laws.ts";
import type { Initializer } from "./initializer.ts";

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

const LAST = 2 ** 32 - 1;
const mostNormal = (): number => normalOf(LAST);
const between = (a: number, b: number): Bounds => ({ low: Math.min(a, b), high: Math.max(a, b) });
const normalBounds = (mean: number, sd: number): Bounds => between(mean - sd * mostNormal(), mean + sd * mostNormal());
const within = ({ low, high }: Bounds, least: number, most = Number.POSITIVE_INFINITY): Bounds => ({
  low: Math.min(most, Math.max(least, low)),
  high: Math.min(most, Math.max(least, high)),
});
const noLaw = ({ kind }: Initializer, _sources: number, path: string): never => {
  throw new ModelError("unsupported", path, `${kind} starts the weights of dense connections, and nothing else`);
};

type Rule<T> = (from: T, sources: number, path: string) => Bounds;
const RULES: { readonly [K in Initializer["kind"]]: Rule<Extract<Initializer, { kind: K }>> } = {
  constant: ({ value }) => between(value, value),
  values: ({ values }) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let k = 0; k < values.length; k++) {
      low = Math.min(low, values[k]!);
      high = Math.max(high, values[k]!);
    }
    return values.length === 0 ? between(0, 0) : { low, high };
  },
  uniform: ({ low, high }) => between(low + (high - low) * uniformOf(0), low + (high - low) * uniformOf(LAST)),
  normal: ({ mean, sd }) => normalBounds(mean, sd),
  truncatedNormal: ({ mean, sd, low, high }) => within(normalBounds(mean, sd), low, high),
  clippedNormal: ({ mean, sd, low, high }) => within(normalBounds(mean, sd), low, high),
  logNormal: ({ mu, sigma }) => between(exp(mu - sigma * mostNormal()), exp(mu + sigma * mostNormal())),
  exponential: ({ mean }) => between(-mean * log(uniformOf(0)), -mean * log(uniformOf(LAST))),
  fanIn: ({ gain }, sources) => between(-gain / Math.sqrt(sources), gain / Math.sqrt(sources)),
  glorotUniform: noLaw,
  orthogonal: noLaw,
  pairwise: (_from, _sources, path) => {
    throw new ModelError(
      "unsupported",
      path,
      "of an expression nobody knows the greatest number: give a law, or numbers",
    );
  },
  expression: (_from, _sources, path) => {
    throw new ModelError("unsupported", path, "expressions start what belongs to neurons, not to synapses");
  },
};

/**
 * The least and the greatest number that may come.
 * @param sources of the connection whose weights they are
 * @throws {ModelError} `unsupported` for what fills matrices, at the path
 */
export const boundsOf = (from: Initializer, sources: number, path: string): Bounds =>
  (RULES[from.kind] as Rule<Initializer>)(from, sources, path);
