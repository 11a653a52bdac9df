import type { SynapseModel } from "../synapse.ts";
import { nameOf, ruleOf, type Value } from "./rule.ts";

/** Options of rules between rates: values of neurons, of which `port` of the target takes the weighted sum. */
export interface RateRuleOptions {
  /** Of the synapse model; default the rule's. */
  readonly name?: string;
  /** The target's `(input)` that takes the sum of `w·x`. */
  readonly port: string;
  /** The variable of the source that is its rate x, dimensionless; default `x`. Of an input of values: `value`. */
  readonly source?: string;
  /** The variable of the target that is its rate y, dimensionless; default `y`. */
  readonly target?: string;
}
export const RATE_OPTIONS: readonly string[] = ["port", "source", "target"];
/**
 * The equations that rate rules share: x, y, and the sum that the target takes.
 *
 * @throws {ModelError} `syntax` for what is not a name
 */
export function ratesOf(rule: string, { port, source = "x", target = "y" }: RateRuleOptions): string {
  const [from, to, sum] = Object.entries({ source, target, port }).map(([k, name]) => nameOf(`${rule}.${k}`, name));
  return `
        x = ${from}_pre : 1
        y = ${to}_post : 1
        ${sum}_post = w*x : 1 (summed)`;
}

/** Options of `oja`. */
export interface OjaOptions extends RateRuleOptions {
  /** Learning rate; Hz, > 0; default 1 Hz. */
  readonly eta?: Value;
}

const PARAMETERS = { eta: { in: "hertz", range: "positive", default: "1 Hz" } } as const;

/**
 * Oja's rule between rates, in every step: `dw/dt = eta·(x·y - y²·w)`. The weights of a linear neuron, `y = Σ w·x`, go to the
 * principal eigenvector of the mean of `x·xᵀ`, of length 1. The step is exact while x and y stand.
 *
 * @see Oja 1982, Journal of Mathematical Biology 15, 267, equation 3, in continuous time
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `syntax`
 */
export const oja = (options: OjaOptions): SynapseModel =>
  ruleOf({ rule: "oja", kinds: PARAMETERS, more: RATE_OPTIONS }, options, (o) => ({
    equations: `
        dw/dt = eta*(x*y - y**2*w) : 1 (clock-driven)${ratesOf("oja", o)}`,
  }));
