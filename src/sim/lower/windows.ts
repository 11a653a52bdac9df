/**
 * What arrives through windows (`model/connectivity/windowed.ts`): rows of weights that each spike, or each value that is
 * not zero, adds to the targets that it reaches; of values that are given as rows, each does so. All of them add the same
 * numbers in the same order. Where maxima follow, sums are formed beside the port first.
 */
import { along, invoke, type KernelOf, type Node, type Place, padded, place } from "../../ir/program.ts";
import {
  gathersErrors,
  nearLength,
  orderLength,
  outerOrderLength,
  reachTable,
  sourceCount,
  targetCount,
  type Windows,
  weightRows,
} from "../../ir/windows.ts";
import { isConvolution, type WindowedConnection, windowsIn } from "../../model/connection.ts";
import { poolingWeight, type Stages } from "../../model/connectivity/windowed.ts";
import type { Context } from "./context.ts";
import type { Signal } from "./contributions.ts";
import { inForm } from "./forms.ts";
import type { ParameterLayout } from "./parameters.ts";
import { fromParts } from "./parts.ts";
import type { Events } from "./signals.ts";

/** The table that tells who reaches whom, from one side. */
export const reachPlace = (side: "source" | "target", w: Windows, name: string, c: Context): Place =>
  place(c.constant(`${name}.reach.${side}`, reachTable(side, w), "i32"));

/** Room to sort a connection's sources by channel. */
export const orderPlace = (name: string, w: Windows, c: Context): Place =>
  place(c.buffer(`${name}.order`, "u32", orderLength(w), "work"));

/** What `outerWindows` sorts a connection's sources and gathers its errors in. */
export function outerRoom(name: string, k: KernelOf<"outerWindows">, c: Context): Readonly<Record<string, Place>> {
  if (!k.listed) return {};
  if (!gathersErrors(k)) return { order: orderPlace(name, k.windows, c) };
  return {
    order: place(c.buffer(`${name}.sorted`, "u32", outerOrderLength(k), "work")),
    near: place(c.buffer(`${name}.near`, k.type, nearLength(k.windows, k.type), "work")),
  };
}

/** Maxima of windows: their node or connection, and whether they are those of a whole sample. */
export interface Maxima {
  readonly name: string;
  readonly windows: Windows;
  readonly constant: boolean;
}
/** Where each maximum was, which errors go back to. An engine, where none do, does not ask. */
export function maximaPlace({ name, windows, constant }: Maxima, c: Context): Place | undefined {
  if (c.options.mode === "stream") return undefined;
  const stride = padded(targetCount(windows), "u32");
  const sample = (constant ? 1 : c.stepsKept) * stride;
  const buffer = c.buffer(`${name}.maxima`, "u32", c.options.samples * sample, "tape");
  return place(buffer, 0, along("s", sample), ...(constant ? [] : [along("t", stride)]));
}
/** `out += maxima of a` */
export function maximaCall(m: Maxima, a: Place, out: Place, c: Context): Node {
  const index = maximaPlace(m, c);
  const kernel = { kind: "maxPool", type: c.type, windows: m.windows, indexed: index !== undefined } as const;
  return invoke(kernel, {
    out,
    a,
    reach: reachPlace("target", m.windows, `${m.name}.maxima`, c),
    ...(index && { index }),
  });
}
/** `out` = the error at each source, from that at the maxima. */
export function unpoolNodes(m: Maxima, error: Place, out: Place, c: Context): Node[] {
  const index = maximaPlace(m, c)!;
  return [
    invoke({ kind: "zero", type: c.type }, { out }, { n: padded(sourceCount(m.windows), c.type) }),
    invoke({ kind: "unpool", type: c.type }, { out, index, a: error }, { n: targetCount(m.windows) }),
  ];
}

/** Where the sums of a connection are formed, or the errors at them come back to, before or behind maxima. */
export const besidePort = (c: WindowedConnection, what: "sums" | "errors", w: Windows, context: Context): Place =>
  place(context.buffer(`${c.name}.${what}`, context.type, padded(targetCount(w), context.type), "work"));

/** The rows of weights: shared parameters, or those that a pooling has. */
export function windowWeights(c: WindowedConnection, w: Windows, layout: ParameterLayout, context: Context): Place {
  if (isConvolution(c)) return place("parameters", layout.blocks.get(`${c.name}.weight`)!.offset);
  const { type } = context;
  const stride = padded(w.targets, type);
  const weight = poolingWeight(c.connectivity as Extract<WindowedConnection["connectivity"], { kind: "pooling" }>);
  const rows = Float64Array.from({ length: weightRows(w) * stride }, (_, k) => (k % stride < w.targets ? weight : 0));
  return place(context.constant(`${c.name}.weight`, rows));
}

/** Who brings something in the step at hand: kernels, once for each way in which they may be told. */
export function bySignal(
  c: WindowedConnection,
  signal: Signal,
  context: Context,
  call: (told: Told) => Node,
  age: number,
): Node[] {
  if (signal.kind === "spikes") return [...fromParts([call(listed(signal.events))], c.from.node, context)];
  const rows = call({ listed: false, valued: true, args: { values: signal.signal.row(age) }, counts: {} });
  if (signal.kind === "values") return [rows];
  return [
    ...inForm(context, c.from.node, "lists", [call(listed(signal.events))]),
    ...inForm(context, c.from.node, "rows", [rows]),
  ];
}
/** What a kernel must know of a signal. */
export interface Told {
  readonly listed: boolean;
  readonly valued: boolean;
  readonly args: Readonly<Record<string, Place>>;
  readonly counts: Readonly<Record<string, Place | number>>;
}
export const listed = ({ list, from, to, values }: Events & { readonly values?: Place }): Told => ({
  listed: true,
  valued: values !== undefined,
  args: { list, ...(values && { values }) },
  counts: { from, to },
});

/** `out += what the connection brings` in the step at hand, or to the sample. */
export function windowNodes(
  c: WindowedConnection,
  out: Place,
  signal: Signal,
  { context, parameters }: { readonly context: Context; readonly parameters: ParameterLayout },
): Node[] {
  const { windows, pool }: Stages = windowsIn(context.net, c);
  const { type } = context;
  const into = pool ? besidePort(c, "sums", windows, context) : out;
  const weights = windowWeights(c, windows, parameters, context);
  const reach = (side: "source" | "target"): Place => reachPlace(side, windows, c.name, context);
  const stride = padded(windows.targets, type);
  const scatter = ({ args, counts, ...told }: Told): Node =>
    invoke(
      { kind: "scatterWindows", type, windows, stride, ...told },
      { out: into, weights, reach: reach(told.listed ? "source" : "target"), ...args },
      counts,
    );
  const brought = bySignal(c, signal, context, scatter, context.delayOf(c));
  if (!pool) return brought;
  return [
    invoke({ kind: "zero", type }, { out: into }, { n: padded(targetCount(windows), type) }),
    ...brought,
    maximaCall({ name: c.name, windows: pool, constant: isConstant(signal) }, into, out, context),
  ];
}
export const isConstant = (s: Signal): boolean => s.kind !== "spikes" && s.signal.constant;
