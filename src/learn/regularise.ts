/**
 * Regularisers of firing rates, as plain data and as kernels. The rate of a neuron in a sample is its spikes a step; a
 * regulariser adds `strength · mean over the neurons of (rate - target)²`, averaged over the batch, to the loss.
 */
import { type Every, ModelError, requireFinite, requireKnown, requirePositive } from "../base/errors.ts";
import { constant, type Expr, max, mul, read, sub } from "../ir/expr.ts";
import { along, invoke, type Node, type Place, place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import type { Slot, Step } from "../ir/step.ts";
import type { Network } from "../model/network.ts";
import type { Context } from "../sim/lower/context.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import { LOSS_SCALE, SHARE } from "./lossKernels.ts";

/** `rate` counts every deviation from the target, `rateAbove` only what is above it. */
export interface Regulariser {
  readonly kind: "rate" | "rateAbove";
  /** Spikes a neuron and step. */
  readonly target: number;
  readonly strength: number;
  /** Default: all that spike. */
  readonly populations?: readonly string[];
}
/** Options of `rate` and `rateAbove`. */
export interface RateOptions {
  readonly strength: number;
  readonly populations?: readonly string[];
}
const RATE = { strength: true, populations: true } as const satisfies Every<RateOptions>;
const made = (kind: Regulariser["kind"], target: number, options: RateOptions): Regulariser => {
  requireKnown(kind, options, RATE);
  requireFinite(`${kind}.target`, [target]);
  requirePositive(`${kind}.strength`, options.strength);
  return { kind, target, ...options };
};
/** Draws the rate of every neuron to the target. @throws {ModelError} `out-of-range` */
export const rate = (target: number, options: RateOptions): Regulariser => made("rate", target, options);
/** Holds the rate of every neuron below the limit. @throws {ModelError} `out-of-range` */
export const rateAbove = (limit: number, options: RateOptions): Regulariser => made("rateAbove", limit, options);

/** The buffer that sums what regularisers add to the loss. */
export const PENALTY = "penalty";

/** One regulariser of one population. */
export interface Penalty extends Pick<Regulariser, "kind" | "target" | "strength"> {
  readonly node: string;
  /** Where its gradient lies. */
  readonly name: string;
}

/** @throws {ModelError} `unknown-name`, or `unsupported` for a population that does not spike */
export function penaltiesOf(net: Network, regularisers: readonly Regulariser[]): Penalty[] {
  const spiking = Object.keys(net.populations).filter((n) => net.populations[n]!.model.spike);
  return regularisers.flatMap(({ populations = spiking, ...rest }, k) => {
    if (!["rate", "rateAbove"].includes(rest.kind))
      throw new ModelError("unknown-name", `regularisers[${k}]`, "must be what rate() or rateAbove() gives");
    return populations.map((node) => {
      const path = `regularisers[${k}].populations`;
      if (!(node in net.populations)) throw new ModelError("unknown-name", path, `no population called '${node}'`);
      if (!spiking.includes(node)) throw new ModelError("unsupported", path, `'${node}' does not spike`);
      return { ...rest, node, name: `${node}.penalty.${k}` };
    });
  });
}

const perSample = (name: string, node: string, c: Context): Place =>
  place(c.buffer(name, c.type, c.options.samples * c.stride(node), "state"), 0, along("s", c.stride(node)));
const countBuffer = (node: string): string => `${node}.count`;
const countPlace = (node: string, c: Context): Place => perSample(countBuffer(node), node, c);
/** Whether a population's kernel counts its spikes here. */
export const isCountOf = (node: string, at: Place): boolean => at.buffer === countBuffer(node);

/** Where the gradient of a penalty with respect to a neuron's spikes lies: the same in every step of a sample. */
export const penaltyGradient = ({ node, name }: Penalty, c: Context): Place => perSample(name, node, c);

/** Makes a population's kernel count the spikes of each neuron in its sample. */
export function countingSpikes(node: string, kernel: Kernel, c: Context): Kernel {
  const { step, args } = kernel;
  const spike = step.stores.find((s) => s.slot === "out.spike")!;
  const count: Slot = { name: "count", type: c.type, space: "element" };
  return {
    ...kernel,
    step: {
      ...step,
      slots: [...step.slots, count],
      stores: [...step.stores, { slot: "count", mode: "add", value: spike.value }],
    },
    args: { ...args, count: countPlace(node, c) },
  };
}
/** Starts the count of a sample. */
export const clearCount = (node: string, c: Context): Node =>
  invoke({ kind: "zero", type: c.type }, { out: countPlace(node, c) }, { n: c.stride(node) });

/** For one sample, when its spikes are counted: adds to the loss, and writes the gradient. */
export function penaltyNodes(p: Penalty, c: Context): Node[] {
  const { type } = c;
  const n = c.size(p.node);
  const share = read(type, "share");
  const deviation = sub(mul(read(type, "count"), share), constant(type, p.target));
  const counted = p.kind === "rate" ? deviation : max(deviation, constant(type, 0));
  const weighted = mul(counted, constant(type, p.strength / n));
  const slope = mul(mul(weighted, mul(constant(type, 2), share)), read(type, "scale"));
  c.buffer(PENALTY, type, 1, "output");
  const given = { count: countPlace(p.node, c), share: c.ofSample(SHARE) };
  return [
    call(kernel(`${p.name}.loss`, type, "sum", mul(weighted, counted)), { ...given, out: place(PENALTY) }, n),
    call(
      kernel(`${p.name}.gradient`, type, "set", slope),
      { ...given, scale: place(LOSS_SCALE), out: penaltyGradient(p, c) },
      n,
    ),
  ];
}
const call = (step: Step, args: Record<string, Place>, n: number): Node =>
  invoke({ kind: "perElement", step }, args, { n });

/** `out` from `count`, `share` and `scale`; a sum is one number. */
function kernel(name: string, type: Context["type"], mode: "sum" | "set", value: Expr): Step {
  const slot = (slotName: string, space: Slot["space"]): Slot => ({ name: slotName, type, space });
  const slots = [
    slot("count", "element"),
    slot("share", "uniform"),
    slot("scale", "uniform"),
    slot("out", mode === "sum" ? "uniform" : "element"),
  ];
  return simplify({ name, slots, stores: [{ slot: "out", mode, value }] });
}
