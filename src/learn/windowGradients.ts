/**
 * Errors and gradients of connections through windows. Both need the error at each sum in front of maxima, which is formed
 * when it is wanted and kept by nobody; so weights of connections from populations take their gradients on the way back,
 * step by step.
 */
import { ModelError } from "../base/errors.ts";
import { along, invoke, loop, type Node, type Place, padded, place } from "../ir/program.ts";
import { backRows, groupSources, sourceCount, type Windows } from "../ir/windows.ts";
import { isConvolution, isWindowed, type WindowedConnection, windowsIn } from "../model/connection.ts";
import type { Context } from "../sim/lower/context.ts";
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
  requireNoDelay(c, l);
  const at = besidePort(c, "errors", windows, context);
  return { at, nodes: unpoolNodes({ name: c.name, windows: pool, constant }, error, at, context) };
}

function requireNoDelay(c: WindowedConnection, { context }: Lowered): void {
  if (context.delayOf(c) > 0)
    throw new ModelError(
      "unsupported",
      `connection ${c.name}.delay`,
      "errors find no way back through maxima that arrive late; put 'maxPool' and the delay into connections of their own",
    );
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
  const { windows, pool } = windowsIn(l.net, c);
  const whole = wholeError(c, error, false, l);
  if (pool) return [...whole.nodes, ...errorsOfMaxima(c, whole.at, out, accumulate, l), ...learned(c, whole.at, l)];
  const kernel = { kind: "windowDots", type, windows, stride: padded(windows.targets, type) } as const;
  const args = {
    out,
    a: error,
    weights: windowWeights(c, windows, l.parameters, context),
    reach: reachPlace("source", windows, c.name, context),
  };
  const dots =
    list && count
      ? invoke({ ...kernel, listed: true, accumulate }, { ...args, list }, { from: 0, to: count })
      : invoke({ ...kernel, listed: false, accumulate }, args);
  return [dots, ...learned(c, error, l)];
}
/** The gradient of weights that is taken on the way back. @param error at each sum of windows */
const learned = (c: WindowedConnection, error: Place, l: Lowered): Node[] =>
  isTakenBack(c, l) ? outer(c, error, sourceNow(c, l), 0, l) : [];

/**
 * In front of maxima most errors are zero: those that are not go back one by one, to all that their window sees. That is
 * less work than to sum all errors for each source, even where few sources want theirs (T3: with a third of them).
 */
function errorsOfMaxima(c: WindowedConnection, a: Place, out: Place, accumulate: boolean, l: Lowered): Node[] {
  const { context } = l;
  const { type } = context;
  const { windows } = windowsIn(l.net, c);
  const kernel = { kind: "scatterBack", type, windows, stride: backStride(windows, context) } as const;
  const args = {
    out,
    a,
    weights: backWeights(c, windows, context),
    reach: reachPlace("target", windows, c.name, context),
    found: place(context.buffer(`${c.name}.found`, "u32", windows.targets + 4, "work")),
  };
  return [
    ...(accumulate ? [] : [invoke({ kind: "zero", type }, { out }, { n: padded(sourceCount(windows), type) })]),
    invoke(kernel, args),
  ];
}
const backStride = (w: Windows, { type }: Context): number => padded(groupSources(w), type);
const backWeights = (c: WindowedConnection, w: Windows, context: Context): Place =>
  place(context.buffer(`${c.name}.weight.back`, context.type, backRows(w) * backStride(w, context), "work"));

/** Once a batch: weights in front of maxima as `scatterBack` takes them. A product with ones on the diagonal turns them over. */
export function turnedWeights(l: Lowered): Node[] {
  const { context } = l;
  const { type } = context;
  return l.net.connections.filter(isWindowed).flatMap((c) => {
    const { windows: w, pool } = windowsIn(l.net, c);
    if (!pool || !context.buffers.has(`${c.name}.weight.back`)) return [];
    const [width, row] = [backStride(w, context), padded(w.targets, type)];
    const [rows, columns] = [w.rows.kernel, w.columns.kernel];
    const depth = groupSources(w);
    const ones = context.constant(
      `${c.name}.ones`,
      Float64Array.from({ length: depth * width }, (_, k) => Number(Math.floor(k / width) === k % width)),
    );
    const of = (at: Place, alongRows: number, alongColumns: number): Place => ({
      ...at,
      terms: [along("window.row", alongRows), along("window.column", alongColumns)],
    });
    const shape = { width, bStride: width, outStride: columns * width, aRow: 1, aColumn: row } as const;
    const kernel = { kind: "product", type, ...shape, start: "zero" } as const;
    const args = {
      out: of(backWeights(c, w, context), w.targets * columns * width, width),
      a: of(windowWeights(c, w, l.parameters, context), columns * depth * row, depth * row),
      b: place(ones),
    };
    return [
      loop("window.row", rows, [loop("window.column", columns, [invoke(kernel, args, { rows: w.targets, depth })])]),
    ];
  });
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
  context.buffer(GRADIENTS, type, l.parameters.learnedLength, "work");
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
