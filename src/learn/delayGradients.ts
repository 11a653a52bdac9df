/**
 * Gradients of delays that learn, and of their weights, once a batch. The backward pass has found the gradients of the
 * weights in each step that a delay may be (`sim/lower/taps.ts`); the adjoints of what made these turn them into gradients of
 * weight and delay.
 */
import { exp, log } from "../base/elementary.ts";
import { ModelError, RunError } from "../base/errors.ts";
import { adjointStep, incoming, outgoing } from "../ir/adjoint.ts";
import { add, type Expr, read } from "../ir/expr.ts";
import { copyStride } from "../ir/parallel.ts";
import { invoke, type Node, type Place, place, shifted } from "../ir/program.ts";
import { pruneSlots, rewriteStep, type Step } from "../ir/step.ts";
import type { Connection } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { overTaps, tapPlaces, tapSteps } from "../sim/lower/taps.ts";
import type { Rate } from "./optimiser.ts";
import { TAP_GRADIENTS } from "./weightGradients.ts";
import { GRADIENTS } from "./windowGradients.ts";

/** For all connections, after all chunks of a batch: adds to the first copy of `gradients`. */
export const delayGradients = (l: Lowered): Node[] => l.learned.flatMap((c) => gradientsOf(c, l));

function gradientsOf(c: Connection, l: Lowered): Node[] {
  const { type, net, options } = l.context;
  const { n, count, interpolation, weight, delay, args, out } = tapPlaces(c, l);
  const { sum, share } = tapSteps(interpolation, type, net.dt);
  const own = place(l.context.buffer(`${c.name}.taps.sum.gradient`, type, n, "work"));
  const wrt = ["d", ...(weight.trainable ? ["w"] : []), ...(sum ? ["sum"] : [])];
  const shards = Array.from({ length: options.shards }, (_, k): [string, Place] => [
    `${incoming("out")}.${k}`,
    shifted({ ...out, buffer: TAP_GRADIENTS }, k * copyStride(l.parameters.tapsLength)),
  ]);
  const places: Record<string, Place> = {
    ...args,
    ...Object.fromEntries(shards),
    [outgoing("w")]: place(GRADIENTS, weight.offset),
    [outgoing("d")]: place(GRADIENTS, delay.offset),
    [outgoing("sum")]: own,
    [incoming("sum")]: own,
  };
  const back = overShards(
    added(adjointStep(share, { wrt, from: ["out"] })),
    shards.map(([name]) => name),
  );
  const through = sum && added(adjointStep(sum, { wrt: ["d"], from: ["sum"] }));
  return [
    ...(through ? [invoke({ kind: "zero", type }, { out: own }, { n })] : []),
    ...overTaps([{ step: back, places }, ...(through ? [{ step: through, places }] : [])], n, count),
  ];
}
/** Each step of delay adds to the gradients. */
const added = (step: Step): Step => ({ ...step, stores: step.stores.map((s) => ({ ...s, mode: "add" })) });
/** With the gradient of a weight as the sum of its shards' sums, in their order. */
function overShards(step: Step, names: readonly string[]): Step {
  const whole = step.slots.find((s) => s.name === incoming("out"))!;
  const total = names.map((name): Expr => read(whole.type, name)).reduce(add);
  const rewritten = rewriteStep(step, (e) => (e.tag === "read" && e.slot === whole.name ? total : e));
  return pruneSlots({ ...rewritten, slots: [...step.slots, ...names.map((name) => ({ ...whole, name }))] });
}

const isGaussian = ({ learned }: Connection): boolean => learned?.interpolation === "gaussian";

/** @throws {ModelError} `usage` for a Gaussian that would stay as wide as it starts */
export function requireWidth(net: Network, width: Rate | undefined): void {
  const wide = net.connections.find(isGaussian);
  if (wide && width === undefined)
    throw new ModelError(
      "usage",
      "trainer.delayWidth",
      `is missing: delays of connection ${wide.name} learn with a Gaussian, which must become narrow; try narrowing(${Math.max(1, (wide.learned!.most - wide.delay) / 2)}, 0.5, updates)`,
    );
  if (!wide && width !== undefined)
    throw new ModelError("usage", "trainer.delayWidth", "no connection's delays learn with interpolation 'gaussian'");
}
/** @throws {RunError} `out-of-range` */
export function widthAt(width: Rate, updates: number): number {
  const x = typeof width === "number" ? width : width(updates);
  if (x > 0 && Number.isFinite(x)) return x;
  throw new RunError(
    "out-of-range",
    "trainer.delayWidth",
    `must be a finite number > 0 after ${updates} updates, got ${x}`,
  );
}

/**
 * A width that falls by the same factor with each of so many updates, and then stays: `delayWidth` of a trainer. Hammouamri et
 * al. (2024) go from half of the longest delay to half a step in the first quarter of the training.
 * @param from steps, > 0
 * @param to steps, > 0
 * @throws {ModelError} `out-of-range`
 */
export function narrowing(from: number, to: number, updates: number): (updates: number) => number {
  for (const [name, x] of Object.entries({ from, to, updates }))
    if (!(x > 0 && Number.isFinite(x)))
      throw new ModelError("out-of-range", `narrowing.${name}`, `must be a finite number > 0, got ${x}`);
  const slope = log(to / from) / updates;
  return (u) => (u >= updates ? to : from * exp(slope * u));
}
