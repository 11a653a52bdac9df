/**
 * Gradients of the weights of sparse connections: in each step, those of synapses whose source is active. A weight that all
 * synapses share has a sum for each target first, so that no sum is long.
 */
import { mul, read } from "../ir/expr.ts";
import { invoke, type Node, type Place, place } from "../ir/program.ts";
import type { Step } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import type { Connection } from "../model/connection.ts";
import { overSamples, overSteps } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { Events } from "../sim/lower/signals.ts";
import { overSynapses } from "../sim/lower/synapses.ts";

/** What left the sources in a step: who fired, or a row of values. */
export type Active = { readonly events: Events } | { readonly values: Place };

/** `gradient += (x_pre ·) error_post`, of the synapse or of its target. */
const gradientStep = (type: FloatType, space: "synapse" | "post", valued: boolean): Step => ({
  name: valued ? "gradientOfValue" : "gradient",
  slots: [
    { name: "error", type, space: "post" },
    { name: "gradient", type, space },
    ...(valued ? [{ name: "x", type, space: "pre" } as const] : []),
  ],
  stores: [
    {
      slot: "gradient",
      mode: "add",
      value: valued ? mul(read(type, "x"), read(type, "error")) : read(type, "error"),
    },
  ],
});
/** `total += Σ x` */
const totalStep = (type: FloatType): Step => ({
  name: "total",
  slots: [
    { name: "x", type, space: "element" },
    { name: "total", type, space: "uniform" },
  ],
  stores: [{ slot: "total", mode: "sum", value: read(type, "x") }],
});

/**
 * Of the chunk at hand.
 * @param error the row of errors that the active sources of a step have made
 * @param steps whether there is one in each step, or one in each sample
 */
export function synapseGradients(
  c: Connection,
  l: Lowered,
  active: Active,
  error: Place,
  out: Place,
  steps = true,
): Node[] {
  const { context } = l;
  const { type } = context;
  const shared = l.sources.synapses.get(c.name)!.weights === "uniform";
  const n = context.stride(c.to.node);
  const sums = place(shared ? context.buffer(`${c.name}.gradient.post`, type, n, "work") : "");
  const step = gradientStep(type, shared ? "post" : "synapse", "values" in active);
  const args = { error, gradient: shared ? sums : out, ...("values" in active && { x: active.values }) };
  const over =
    "values" in active
      ? overSynapses(c, { kind: "perSynapse", domain: "all", step }, args, l)
      : overSynapses(c, { kind: "perSynapse", domain: "rows", step }, args, l, active.events);
  const added = overSamples(context, steps ? overSteps(context, [over]) : [over]);
  if (!shared) return added;
  return [
    invoke({ kind: "zero", type }, { out: sums }, { n }),
    ...added,
    invoke({ kind: "perElement", step: totalStep(type) }, { x: sums, total: out }, { n: context.size(c.to.node) }),
  ];
}
