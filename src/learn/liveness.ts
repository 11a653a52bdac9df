/**
 * Whether layers fire at all while they learn. Spikes of all neurons of a layer together are the lengths of its lists, which
 * the forward pass leaves anyway; a watch tells more, and costs more.
 */
import { constant, read } from "../ir/expr.ts";
import { invoke, type Node, type Place, place } from "../ir/program.ts";
import type { Step } from "../ir/step.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { PART } from "../sim/lower/parts.ts";

const buffers = (node: string) => ({ spikes: `${node}.live.spikes`, steps: `${node}.live.steps` });

/** Layers whose spikes are kept as lists. */
const listed = ({ net, sources }: Lowered): string[] =>
  Object.keys(net.populations).filter((node) => net.populations[node]!.model.spike && sources.spikes.has(node));

/** Sums of spikes, and of the steps of samples that they are of; each has a copy a shard. */
export const livenessSums = (l: Lowered): string[] =>
  listed(l).flatMap((node) => {
    const { spikes, steps } = buffers(node);
    return [spikes, steps].map((name) => l.context.buffer(name, "i32", 1, "output"));
  });

/** Adds up what a sample has at hand: all of its steps, or those of the segment of time that its loss has come to. */
export function livenessNodes(l: Lowered): Node[] {
  const { context: c } = l;
  return listed(l).map((node) => {
    const { spikes, steps } = buffers(node);
    const out = (name: string): Place => place(c.buffer(name, "i32", 1, "output"));
    const { to } = l.sources.spikes.get(node)!.events(0, PART);
    const lengths = { ...to, terms: to.terms.filter((t) => t.loop !== "t") };
    return invoke(
      { kind: "perElement", step: ADD_UP },
      { length: lengths, spikes: out(spikes), steps: out(steps) },
      { n: c.stepCount },
    );
  });
}
const ADD_UP: Step = {
  name: "liveness",
  slots: [
    { name: "length", type: "i32", space: "element" },
    { name: "spikes", type: "i32", space: "uniform" },
    { name: "steps", type: "i32", space: "uniform" },
  ],
  stores: [
    { slot: "spikes", mode: "sum", value: read("i32", "length") },
    { slot: "steps", mode: "sum", value: constant("i32", 1) },
  ],
};

/** Spikes a neuron and step of each layer, over the batches since the last look. */
export class Liveness {
  readonly #layers: ReadonlyMap<string, number>;
  readonly #sum: (buffer: string) => number;
  readonly #totals = new Map<string, { spikes: number; steps: number }>();

  /** @param sum of a buffer over its copies */
  constructor(l: Lowered, sum: (buffer: string) => number) {
    this.#layers = new Map(listed(l).map((node) => [node, l.net.populations[node]!.size]));
    this.#sum = sum;
  }
  /** After the gradients of a batch. */
  after(): void {
    for (const node of this.#layers.keys()) {
      const { spikes, steps } = buffers(node);
      const total = this.#totals.get(node) ?? { spikes: 0, steps: 0 };
      this.#totals.set(node, { spikes: total.spikes + this.#sum(spikes), steps: total.steps + this.#sum(steps) });
    }
  }
  look(): Record<string, number> {
    const rates = [...this.#totals].map(([node, { spikes, steps }]) => [
      node,
      spikes / (steps * this.#layers.get(node)!),
    ]);
    this.#totals.clear();
    return Object.fromEntries(rates) as Record<string, number>;
  }
}
