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
  orderPlace,
  outerRoom,
  reachPlace,
  type Told,
  unpoolNodes,
  windowWeights,
} from "../sim/lower/windows.ts";
import { inErrorForm } from "./errorForms.ts";
import { errorsByTiles, goesByTiles, stripWidth, weightTiles } from "./windowTiles.ts";

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
  wanting: Wanting,
  l: Lowered,
): Node[] {
  const { count, accumulate } = wanting;
  const { context } = l;
  const { type } = context;
  const { windows, pool } = windowsIn(l.net, c);
  const whole = wholeError(c, error, false, l);
  if (pool) return [...whole.nodes, ...errorsOfMaxima(c, whole.at, out, accumulate, l), ...learned(c, whole.at, l)];
  const tiles = (): Node[] => {
    turnedPlace(c, windows, context);
    return errorsByTiles({ name: c.name, windows, context }, error, out, accumulate);
  };
  const dots = (): Node[] => [dotsOf(c, windows, error, out, wanting, l)];
  const back = (): Node[] => {
    if (!goesByTiles(windows, type)) return dots();
    if (!count) return tiles();
    return inErrorForm({ name: c.name, windows, count }, { listed: dots, all: tiles }, context);
  };
  return [...back(), ...learned(c, error, l)];
}
/** A sum for each source that wants its error. */
function dotsOf(
  c: WindowedConnection,
  windows: Windows,
  error: Place,
  out: Place,
  { list, count, accumulate }: Wanting,
  l: Lowered,
): Node {
  const { context } = l;
  const { type } = context;
  const kernel = { kind: "windowDots", type, windows, stride: padded(windows.targets, type), accumulate } as const;
  const args = {
    out,
    a: error,
    weights: windowWeights(c, windows, l.parameters, context),
    reach: reachPlace("source", windows, c.name, context),
  };
  if (!list || !count) return invoke({ ...kernel, listed: false }, args);
  const order = orderPlace(c.name, windows, context);
  return invoke({ ...kernel, listed: true }, { ...args, list, order }, { from: 0, to: count });
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

/** Weights in strips of source channels, from which those of tiles are made. */
const turnedPlace = (c: WindowedConnection, w: Windows, context: Context): Place =>
  place(context.buffer(`${c.name}.weight.turned`, context.type, backRows(w) * w.sources, "work"));

/** Once a batch: weights as they are wanted on the way back. */
export function turnedWeights(l: Lowered): Node[] {
  const { context } = l;
  const { type } = context;
  return l.net.connections.filter(isWindowed).flatMap((c) => {
    const { windows, pool } = windowsIn(l.net, c);
    const has = (what: string): boolean => context.buffers.has(`${c.name}.weight.${what}`);
    const { kernel: columns } = windows.columns;
    if (pool && has("back")) {
      const width = backStride(windows, context);
      const block = BLOCKS.find((n) => groupSources(windows) % n === 0) ?? groupSources(windows);
      const strides = { row: windows.targets * columns * width, column: width, block, target: columns * width };
      return turned(c, windows, { out: backWeights(c, windows, context), channels: block, ...strides }, l);
    }
    if (!has("turned")) return [];
    const out = turnedPlace(c, windows, context);
    const [size, strip] = [windows.targets * windows.sources, stripWidth(type)];
    const strides = { row: columns * size, column: size, block: windows.targets * strip, target: strip };
    return [
      ...turned(c, windows, { out, channels: strip, ...strides }, l),
      weightTiles({ name: c.name, windows, context }, out),
    ];
  });
}
/** Source channels that are turned over at once, where they are whole blocks. */
const BLOCKS = [16, 4];

/** Where turned weights go, block by block of source channels, and how far apart what belongs to another part is there. */
interface Turned {
  readonly out: Place;
  /** Source channels of a block. */
  readonly channels: number;
  /** Of the window. */
  readonly row: number;
  readonly column: number;
  readonly block: number;
  /** Target channels. */
  readonly target: number;
}
/** Products with ones on the diagonal, of a few source channels each. */
function turned(c: WindowedConnection, w: Windows, { out, channels, ...t }: Turned, l: Lowered): Node[] {
  const { context } = l;
  const { type } = context;
  const row = padded(w.targets, type);
  const depth = groupSources(w);
  const width = padded(channels, type);
  const ones = context.constant(
    `ones.${channels}`,
    Float64Array.from({ length: channels * width }, (_, k) => Number(Math.floor(k / width) === k % width)),
  );
  const of = (at: Place, alongRows: number, alongColumns: number, alongBlocks: number): Place => ({
    ...at,
    terms: [along("window.row", alongRows), along("window.column", alongColumns), along("window.block", alongBlocks)],
  });
  const shape = { width, bStride: width, outStride: t.target, aRow: 1, aColumn: row } as const;
  const call = invoke(
    { kind: "product", type, ...shape, start: "zero" },
    {
      out: of(out, t.row, t.column, t.block),
      a: of(windowWeights(c, w, l.parameters, context), w.columns.kernel * depth * row, depth * row, channels * row),
      b: place(ones),
    },
    { rows: w.targets, depth: channels },
  );
  const inBlocks = loop("window.block", depth / channels, [call]);
  return [loop("window.row", w.rows.kernel, [loop("window.column", w.columns.kernel, [inBlocks])])];
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
  const call = ({ args: given, counts, ...told }: Told): Node => {
    const outer = { ...kernel, ...told };
    return invoke(outer, { ...args, ...given, ...outerRoom(c.name, outer, context) }, counts);
  };
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
