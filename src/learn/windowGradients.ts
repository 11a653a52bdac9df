/**
 * Errors and gradients of connections through windows. Both need the error at each sum in front of maxima, which is formed
 * when it is wanted and kept by nobody; so weights of connections from populations take their gradients on the way back,
 * step by step.
 */
import { ModelError } from "../base/errors.ts";
import { invoke, type Node, type Place, padded, place } from "../ir/program.ts";
import { isConvolution, type WindowedConnection, windowsIn } from "../model/connection.ts";
import { type Signal, signalOf } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import {
  besidePort,
  bySignal,
  isConstant,
  reachPlace,
  type Told,
  unpoolNodes,
  windowWeights,
} from "../sim/lower/windows.ts";

export const GRADIENTS = "gradients";

/**
 * Whether the gradient of the weights is taken on the way back, when the source runs backwards. Values that arrive late
 * may have left before the first step.
 */
export const isTakenBack = (c: WindowedConnection, { net, context }: Lowered): boolean =>
  c.from.node in net.populations && (c.from.port === "spike" || context.delayOf(c) === 0);

/** The error at each sum of windows, from that at the port. */
interface WholeError {
  readonly at: Place;
  readonly nodes: readonly Node[];
}
function wholeError(c: WindowedConnection, error: Place, constant: boolean, l: Lowered): WholeError {
  const { context } = l;
  const { windows, pool } = windowsIn(l.net, c);
  if (!pool) return { at: error, nodes: [] };
  if (context.delayOf(c) > 0)
    throw new ModelError(
      "unsupported",
      `connection ${c.name}.delay`,
      "errors find no way back through maxima that arrive late; put 'maxPool' and the delay into connections of their own",
    );
  const at = besidePort(c, "errors", windows, context);
  return { at, nodes: unpoolNodes({ name: c.name, windows: pool, constant }, error, at, context) };
}

/** Sources that want their errors: listed ones, or all. */
export interface Wanting {
  readonly list?: Place;
  readonly count?: Place;
  readonly accumulate: boolean;
}
/** `out[j] (+)=` the error that comes back to source j, and what its weights learn of it. */
export function errorsThroughWindows(
  c: WindowedConnection,
  error: Place,
  out: Place,
  { list, count, accumulate }: Wanting,
  l: Lowered,
): Node[] {
  const { context } = l;
  const { type } = context;
  const { windows } = windowsIn(l.net, c);
  const whole = wholeError(c, error, false, l);
  const kernel = { kind: "windowDots", type, windows, stride: padded(windows.targets, type) } as const;
  const args = {
    out,
    a: whole.at,
    weights: windowWeights(c, windows, l.parameters, context),
    reach: reachPlace("source", windows, c.name, context),
  };
  const dots =
    list && count
      ? invoke({ ...kernel, listed: true, accumulate }, { ...args, list }, { from: 0, to: count })
      : invoke({ ...kernel, listed: false, accumulate }, args);
  return [...whole.nodes, dots, ...(isTakenBack(c, l) ? outer(c, whole.at, sourceNow(c, l), 0, l) : [])];
}

/** What left the source in the step at hand, which arrives after the connection's delay. */
function sourceNow(c: WindowedConnection, { context, sources }: Lowered): Signal {
  if (context.hasSegments && context.delayOf(c) > 0)
    throw new ModelError(
      "unsupported",
      `connection ${c.name}.delay`,
      "a convolution with a delay is not trained in segments of time; keep all steps (no checkpoints, no truncation)",
    );
  return signalOf({ ...c, delay: 0 }, context, sources);
}

/** `gradient += ` what the weights of a convolution learn from the error of the step at hand; nothing where they stay. */
function outer(c: WindowedConnection, error: Place, signal: Signal, age: number, l: Lowered): Node[] {
  if (!c.trainable || !isConvolution(c)) return [];
  const { context } = l;
  const { type } = context;
  const { windows } = windowsIn(l.net, c);
  const out = place(GRADIENTS, l.parameters.blocks.get(`${c.name}.weight`)!.offset);
  context.buffer(GRADIENTS, type, l.parameters.length, "work");
  const kernel = { kind: "outerWindows", type, windows, stride: padded(windows.targets, type) } as const;
  const args = { out, a: error, reach: reachPlace("source", windows, c.name, context) };
  const call = (told: Told): Node =>
    invoke({ ...kernel, listed: told.listed, valued: told.valued }, { ...args, ...told.args }, told.counts);
  return bySignal(c, signal, context, call, age);
}

/** The same of sources that do not run backwards, from the error of a step, or of all steps of a sample where they are constant. */
export function windowGradient(c: WindowedConnection, error: Place, l: Lowered): Node[] {
  const { context, sources } = l;
  const signal = signalOf(c, context, sources);
  const whole = wholeError(c, error, isConstant(signal), l);
  const nodes = outer(c, whole.at, signal, context.delayOf(c), l);
  return nodes.length === 0 ? [] : [...whole.nodes, ...nodes];
}
