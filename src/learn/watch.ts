/**
 * Watching a network learn: what trainers that `watch` count, and what it comes to. Counters read what kernels compute
 * anyway, and change nothing.
 */
import { compare, constant, convert } from "../ir/expr.ts";
import { type Node, type Place, place } from "../ir/program.ts";
import type { Slot, Step } from "../ir/step.ts";
import type { Network } from "../model/network.ts";
import { addStep, elementCall } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import type { Kernel } from "../sim/lower/populations.ts";

/** What a population did since somebody looked. */
export interface LayerWatch {
  /** Spikes a neuron and step. */
  readonly rate: number;
  /** Neurons that never fired. */
  readonly dead: number;
  /** Neurons that fired in more than nine steps of ten. */
  readonly saturated: number;
  readonly neurons: number;
  /** Share of neurons and steps whose error counted at all: those within the surrogate's support. 1 where that is everywhere. */
  readonly support: number;
}
/** What happened to an array of parameters since somebody looked. */
export interface ParameterWatch {
  /** Root mean square, over the updates, of the Euclidean norm of the gradient of the mean loss. */
  readonly gradient: number;
  /** Euclidean norm of what the updates changed, over that of the array before them (after them, where it was all 0). */
  readonly change: number;
}
/** How a network learns, layer by layer. */
export interface WatchReport {
  /** Updates since somebody looked. */
  readonly updates: number;
  /** Populations that spike. */
  readonly layers: Readonly<Record<string, LayerWatch>>;
  /** Weights, biases, and what else trains. */
  readonly parameters: Readonly<Record<string, ParameterWatch>>;
}

/** Spikes a step above which a neuron counts as saturated. */
const SATURATED = 0.9;

const SPIKES = "watch.spikes";
const SUPPORT = "watch.support";
const spikesBuffer = (node: string): string => `${node}.${SPIKES}`;
const supportBuffer = (node: string): string => `${node}.${SUPPORT}`;
/** Whether something is counted here, which a second run of the same steps must not do again. */
export const isWatched = (buffer: string): boolean => buffer.endsWith(SPIKES) || buffer.endsWith(SUPPORT);

/** Makes a population's kernel count the spikes of each neuron, over all samples. */
export function watchingSpikes(node: string, kernel: Kernel, c: Context): Kernel {
  const spike = kernel.step.stores.find((s) => s.slot === "out.spike");
  if (!spike) return kernel;
  const slot: Slot = { name: SPIKES, type: "i32", space: "element" };
  const fired = convert("i32", compare("gt", spike.value, constant(spike.value.type, 0)));
  return {
    ...kernel,
    step: {
      ...kernel.step,
      slots: [...kernel.step.slots, slot],
      stores: [...kernel.step.stores, { slot: SPIKES, mode: "add", value: fired }],
    },
    args: { ...kernel.args, [SPIKES]: place(c.buffer(spikesBuffer(node), "i32", c.stride(node), "output")) },
  };
}
/** Counts the neurons in the support where nobody asks for their list. */
export function countSupport(node: string, list: Step, args: Readonly<Record<string, Place>>, c: Context): Node[] {
  const listed = place(c.buffer(`${node}.support`, "u32", c.size(node) + 4, "work"));
  const count = place(c.buffer(`${node}.support.count`, "i32", 1, "work"));
  const places = { ...args, support: listed, "support.from": place("zero"), "support.to": count };
  return [elementCall(list, places, c.size(node)), watchSupport(node, count, c)];
}
/** Adds the number of neurons in the support. */
export const watchSupport = (node: string, count: Place, c: Context): Node =>
  elementCall(addStep("i32"), { x: count, out: place(c.buffer(supportBuffer(node), "i32", 1, "output")) }, 1);

/** What a watch needs of the trainer that it watches. */
export interface Watched {
  readonly net: Network;
  /** Counters summed over their copies; absent where there are none. */
  counts(buffer: string): ArrayLike<number> | undefined;
  /** Sets a counter to zero. */
  clear(buffer: string): void;
  parameters(): Parameters;
  gradients(): Parameters;
}

/** Adds up what happens from one look to the next. */
export class Watch {
  readonly #of: Watched;
  readonly #layers = new Map<string, { spikes: Float64Array; support: number }>();
  #squares: Record<string, number> = {};
  #before: Parameters;
  #updates = 0;
  /** Steps of all samples. */
  #steps = 0;

  constructor(of: Watched) {
    this.#of = of;
    this.#before = of.parameters();
    this.#begin();
  }
  #begin(): void {
    for (const [node, p] of Object.entries(this.#of.net.populations)) {
      if (!this.#of.counts(spikesBuffer(node))) continue;
      this.#layers.set(node, { spikes: new Float64Array(p.size), support: 0 });
      for (const buffer of [spikesBuffer(node), supportBuffer(node)]) this.#of.clear(buffer);
    }
    this.#squares = {};
    this.#updates = 0;
    this.#steps = 0;
  }

  /** After the gradients of a batch with so many steps in all its samples. */
  after(steps: number): void {
    this.#updates++;
    this.#steps += steps;
    for (const [name, values] of Object.entries(this.#of.gradients()))
      this.#squares[name] = (this.#squares[name] ?? 0) + squares(values);
    for (const [node, layer] of this.#layers) {
      const counts = this.#of.counts(spikesBuffer(node))!;
      for (let k = 0; k < layer.spikes.length; k++) layer.spikes[k]! += counts[k]!;
      layer.support += this.#of.counts(supportBuffer(node))?.[0] ?? Number.NaN;
      for (const buffer of [spikesBuffer(node), supportBuffer(node)]) this.#of.clear(buffer);
    }
  }

  /** What happened since the last look. */
  look(): WatchReport {
    const now = this.#of.parameters();
    const report = {
      updates: this.#updates,
      layers: Object.fromEntries([...this.#layers].map(([node, layer]) => [node, this.#layer(layer)])),
      parameters: Object.fromEntries(
        Object.entries(now).map(([name, values]) => [
          name,
          {
            gradient: Math.sqrt((this.#squares[name] ?? 0) / Math.max(1, this.#updates)),
            change: changeOf(this.#before[name]!, values),
          },
        ]),
      ),
    };
    this.#before = now;
    this.#begin();
    return report;
  }
  #layer({ spikes, support }: { spikes: Float64Array; support: number }): LayerWatch {
    const neurons = spikes.length;
    const all = Math.max(1, neurons * this.#steps);
    return {
      rate: spikes.reduce((a, b) => a + b, 0) / all,
      dead: spikes.filter((n) => n === 0).length,
      saturated: spikes.filter((n) => n > SATURATED * this.#steps).length,
      neurons,
      support: Number.isNaN(support) ? 1 : support / all,
    };
  }
}

const squares = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]! ** 2;
  return sum;
};
function changeOf(before: ArrayLike<number>, now: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < now.length; k++) sum += (now[k]! - before[k]!) ** 2;
  return sum === 0 ? 0 : Math.sqrt(sum / (squares(before) || squares(now)));
}
