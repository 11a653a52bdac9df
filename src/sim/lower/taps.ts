/**
 * Delays that learn. A connection with a delay d for each synapse (in steps, any number) is one connection for each step n
 * that it may be (`delays.ts`), and synapse k's weight in that is w_k · K(d_k - n). These weights are computed when w and d
 * have changed, as what neurons derive from their parameters is; every other part of the work, and each adjoint, is that
 * of ordinary connections. K is one of two (`model/delays.ts`).
 */
import { expand } from "../../ir/expand.ts";
import { add, and, call, compare, constant, div, type Expr, mul, read, select, sub } from "../../ir/expr.ts";
import { along, invoke, loop, type Node, type Place, place, shifted } from "../../ir/program.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Slot, Step } from "../../ir/step.ts";
import type { FloatType } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import type { Interpolation } from "../../model/delays.ts";
import { elementCall } from "./bodies.ts";
import type { Lowered } from "./lower.ts";
import { type ParameterBlock, TAPS } from "./parameters.ts";

/** The loop over the steps that delays may be. */
export const TAP = "tap";

export interface TapSteps {
  /** `sum += K` of this step, before it is divided by the sum; only of a Gaussian. */
  readonly sum?: Step;
  /** `out = w · K` */
  readonly share: Step;
}

const slot =
  (space: Slot["space"], type: FloatType) =>
  (name: string): Slot => ({ name, type, space });
/** @param dt seconds a step: delays are in seconds */
export function tapSteps(interpolation: Interpolation, type: FloatType, dt: number): TapSteps {
  const [k, r] = [(x: number): Expr => constant(type, x), (name: string): Expr => read(type, name)];
  const late = sub(div(r("d"), k(dt)), r("tap"));
  const each = ["w", "d", "out"].map(slot("element", type));
  const share = (kernel: Expr, more: readonly Slot[]): Step => ({
    name: `taps.${interpolation}`,
    slots: [...each, slot("uniform", type)("tap"), ...more],
    stores: [{ slot: "out", mode: "set", value: mul(r("w"), kernel) }],
  });
  if (interpolation === "linear") return { share: share(hat(late, k), []) };
  const more = [slot("uniform", type)("width"), slot("element", type)("sum")];
  const x = div(late, r("width"));
  const bell = call("exp", mul(k(-0.5), mul(x, x)));
  return {
    sum: {
      name: "taps.sum",
      slots: [slot("element", type)("d"), slot("uniform", type)("tap"), ...more],
      stores: [{ slot: "sum", mode: "add", value: bell }],
    },
    share: share(div(bell, r("sum")), more),
  };
}
/** Of a whole number of steps the derivative is that towards later ones. */
function hat(x: Expr, k: (x: number) => Expr): Expr {
  const within = (low: number, high: number): Expr => and(compare("ge", x, k(low)), compare("lt", x, k(high)));
  return select(within(0, 1), sub(k(1), x), select(within(-1, 0), add(k(1), x), k(0)));
}

export interface TapPlaces {
  readonly n: number;
  readonly count: number;
  readonly interpolation: Interpolation;
  readonly weight: ParameterBlock;
  readonly delay: ParameterBlock;
  /** `w`, `d`, `tap`, and of a Gaussian `width` and `sum`. */
  readonly args: Readonly<Record<string, Place>>;
  /** The weights in the step at hand. */
  readonly out: Place;
}
/** Where a connection's weights, delays and what is made of them lie. */
export function tapPlaces(c: Connection, { context, parameters }: Lowered): TapPlaces {
  const { type } = context;
  const { most, interpolation } = c.learned!;
  const [weight, delay] = ["weight", "delay"].map((x) => parameters.blocks.get(`${c.name}.${x}`)!);
  const n = weight!.rows * weight!.stride;
  const count = most - c.delay + 1;
  const steps = context.constant(
    `${c.name}.taps`,
    Float64Array.from({ length: count }, (_, k) => c.delay + k),
  );
  const width = parameters.blocks.get(`${c.name}.delay.width`);
  const { offset } = parameters.weights.get(`${c.name}, tap ${c.delay}`)!.place;
  return {
    ...{ n, count, interpolation, weight: weight!, delay: delay! },
    args: {
      w: place("parameters", weight!.offset),
      d: place("parameters", delay!.offset),
      tap: place(steps, 0, along(TAP, 1)),
      ...(width && {
        width: place("parameters", width.offset),
        sum: place(context.buffer(`${c.name}.taps.sum`, type, n, "work")),
      }),
    },
    out: place(TAPS, offset, along(TAP, n)),
  };
}

/** Synapses that a thread takes at a time. */
const BLOCK = 8192;
/** A step over all synapses and steps of delay, some synapses at a time: the rounds are side by side. */
export function overTaps(
  calls: readonly { readonly step: Step; readonly places: Readonly<Record<string, Place>> }[],
  n: number,
  count: number,
): Node[] {
  const ready = calls.map(({ step, places }) => ({ step: simplify(expand(step)), places }));
  const some = (length: number, move: (p: Place, space: Slot["space"]) => Place): Node[] =>
    ready.map(({ step, places }) => {
      const moved = Object.fromEntries(step.slots.map(({ name, space }) => [name, move(places[name]!, space)]));
      return loop(TAP, count, [elementCall(step, moved, length)]);
    });
  const [whole, rest] = [Math.floor(n / BLOCK), n % BLOCK];
  const within = (p: Place, space: Slot["space"]): Place =>
    space === "uniform" ? p : { ...p, terms: [along("block", BLOCK), ...p.terms] };
  const behind = (p: Place, space: Slot["space"]): Place => (space === "uniform" ? p : shifted(p, whole * BLOCK));
  return [
    ...(whole > 0 ? [loop("block", whole, some(BLOCK, within), { parallel: true })] : []),
    ...(rest > 0 ? some(rest, behind) : []),
  ];
}

/** Computes the weights of all steps of delay from weights and delays. */
export function tapNodes(c: Connection, l: Lowered): Node[] {
  const { type, net } = l.context;
  const { n, count, interpolation, args, out } = tapPlaces(c, l);
  const { sum, share } = tapSteps(interpolation, type, net.dt);
  const places = { ...args, out };
  return [
    ...(sum ? [invoke({ kind: "zero", type }, { out: args.sum! }, { n })] : []),
    ...overTaps([...(sum ? [{ step: sum, places }] : []), { step: share, places }], n, count),
  ];
}
