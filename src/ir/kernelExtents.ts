/**
 * What each kernel touches: for every argument the types its buffer may have, and how many elements from the given
 * place on. Names and order are in `kernelArguments.ts`; here also stand those that a call may bind without need.
 */
import { hasUnit, JOIN_FIELDS, VISITS_AT, visitWords } from "./blocks.ts";
import { type DrawnSynapses, KEPT_STATE, tableOf, tablesOf, workOf } from "./drawnRows.ts";
import { LISTED } from "./kernelArguments.ts";
import { LOOK_BITS } from "./lookUp.ts";
import { COUNT_OPEN, type Kernel, type KernelKind, type KernelOf, LATE, ofPart, RANGE } from "./program.ts";
import { nodes, type Space, type Step, slotOf } from "./step.ts";
import type { Type } from "./types.ts";
import {
  backRows,
  gathersErrors,
  groupSources,
  nearLength,
  orderLength,
  outerOrderLength,
  reachLength,
  sourceCount,
  targetCount,
  weightRows,
} from "./windows.ts";

/** `extent`: elements touched, from the place on; NaN where that depends on data. */
export interface Argument {
  readonly types: readonly Type[];
  readonly extent: number;
}
export type Arguments = Readonly<Record<string, Argument>>;
/** The value of a count, NaN where it is read from memory. */
export type Known = (count: string) => number;

const LIST: readonly Type[] = ["u32", "i32"];
const POSITION: readonly Type[] = ["i32"];
const DATA = Number.NaN;
const argument = (types: readonly Type[], extent: number): Argument => ({ types, extent });
/** Elements from the first of row 0 to the last of row `rows - 1`. */
const matrix = (rows: number, stride: number, width: number): number => (rows === 0 ? 0 : (rows - 1) * stride + width);
/** Entries `from` to `to - 1` of a list. */
const entries = (known: Known): number => (known("to") <= known("from") ? 0 : known("to"));
/** One bit an element, in words. */
const words = (n: number): number => Math.ceil(n / 32);

const ARGUMENTS: { readonly [K in KernelKind]: (kernel: KernelOf<K>, known: Known) => Arguments } = {
  perElement: ({ step, domain }, known) =>
    domain === "list"
      ? { ...elementArguments(step, DATA), [LISTED]: argument(LIST, entries(known)) }
      : elementArguments(step, known("n")),
  perSynapse: ({ domain, step, parts = 1, full, drawn }, known) =>
    drawn
      ? { ...drawnExtents(step, drawn, known), list: argument(LIST, entries(known)) }
      : full
        ? fullArguments(step, full, domain === "columns" ? full[1] : known("n"), entries(known))
        : synapticArguments(step, domain === "all" ? known("sources") : DATA, parts, entries(known)),
  lateColumns: ({ domain, step, motion, full, steps, endStride }, known) => ({
    ...slotArguments(motion, { element: full[0], uniform: DATA, pre: DATA, post: DATA, synapse: DATA }),
    ...slotArguments(step, { element: DATA, uniform: DATA, pre: full[0], post: DATA, synapse: full[0] * full[1] }),
    since: argument(POSITION, Math.ceil(full[0] / LATE)),
    events: argument(LIST, DATA),
    ends: argument(POSITION, (steps - 1) * endStride + 1),
    ...(domain === "rows" && { list: argument(LIST, entries(known)) }),
  }),
  deliver: ({ type, group, cells, narrow, weight, noted }, known) => ({
    out: argument([type], group * cells),
    rows: argument(["u32"], DATA),
    heads: argument(["u32"], DATA),
    list: argument(LIST, entries(known)),
    ...(hasUnit(weight) && { w: argument([type], 1) }),
    ...(noted !== undefined && { visits: argument(["u32"], VISITS_AT + noted * visitWords({ narrow, group })) }),
  }),
  settle: ({ type, group, cells, narrow, weight, noted }) => ({
    out: argument([type], group * cells),
    visits: argument(["u32"], VISITS_AT + noted * visitWords({ narrow, group })),
    ...(hasUnit(weight) && { w: argument([type], 1) }),
  }),
  enlist: (_kernel, known) => ({
    out: argument(LIST, DATA),
    begin: argument(POSITION, 1),
    end: argument(POSITION, 1),
    list: argument(LIST, entries(known)),
  }),
  touch: (_kernel, known) => ({
    heads: argument(["u32"], DATA),
    list: argument(LIST, entries(known)),
  }),
  gatherRows: ({ type, width, valued, init }, known) => ({
    out: argument([type], width),
    weights: argument([type], DATA),
    list: argument(LIST, entries(known)),
    ...(init && { init: argument([type], width) }),
    ...(valued && { values: argument([type], entries(known)) }),
  }),
  product: ({ type, width, bStride, outStride, aRow, aColumn, start }, known) => {
    const [rows, depth] = [known("rows"), known("depth")];
    const a = rows === 0 || depth === 0 ? 0 : (rows - 1) * aRow + (depth - 1) * aColumn + 1;
    return {
      out: argument([type], matrix(rows, outStride, width)),
      a: argument([type], a),
      b: argument([type], matrix(depth, bStride, width)),
      ...(start === "init" && { init: argument([type], width) }),
    };
  },
  rowDots: ({ type, parts, listed, abreast }, known) => {
    const rows = listed ? DATA : known("rows");
    const samples = abreast ? known("samples") : 1;
    const ofParts = parts.flatMap(({ width, stride }, p) => [
      [ofPart("a", p), argument([type], matrix(samples, abreast?.a[p] ?? 0, width))],
      [ofPart("weights", p), argument([type], matrix(rows, stride, width))],
    ]);
    return {
      out: argument([type], matrix(samples, abreast?.out ?? 0, rows)),
      ...Object.fromEntries(ofParts),
      ...(listed && { list: argument(LIST, entries(known)) }),
    };
  },
  outerRows: ({ type, width, deltaStride, valued }, known) => ({
    out: argument([type], DATA),
    list: argument(LIST, DATA),
    ends: argument(POSITION, known("steps") + 1),
    delta: argument([type], matrix(known("steps"), deltaStride, width)),
    ...(valued && { values: argument([type], DATA) }),
  }),
  transposeLists: ({ type, rows, endsStride, valued }, known) => ({
    list: argument(LIST, DATA),
    ends: argument(POSITION, matrix(known("groups"), endsStride, known("steps") + 1)),
    starts: argument(POSITION, rows + 1),
    order: argument(LIST, DATA),
    ...(valued && { values: argument([type], DATA), sorted: argument([type], DATA) }),
  }),
  scatterWindows: ({ type, windows, stride, listed, valued }, known) => ({
    out: argument([type], targetCount(windows)),
    weights: argument([type], matrix(weightRows(windows), stride, windows.targets)),
    reach: argument(POSITION, reachLength(listed ? "source" : "target", windows)),
    ...(listed && { list: argument(LIST, entries(known)) }),
    ...(valued && { values: argument([type], listed ? entries(known) : sourceCount(windows)) }),
  }),
  scatterBack: ({ type, windows, stride }) => ({
    out: argument([type], sourceCount(windows)),
    weights: argument([type], matrix(backRows(windows), stride, groupSources(windows))),
    a: argument([type], targetCount(windows)),
    reach: argument(POSITION, reachLength("target", windows)),
    found: argument(LIST, windows.targets),
  }),
  windowDots: ({ type, windows, stride, listed }, known) => ({
    out: argument([type], listed ? DATA : sourceCount(windows)),
    a: argument([type], targetCount(windows)),
    weights: argument([type], matrix(weightRows(windows), stride, windows.targets)),
    reach: argument(POSITION, reachLength("source", windows)),
    ...(listed && { list: argument(LIST, entries(known)), order: argument(LIST, orderLength(windows)) }),
  }),
  outerWindows: (k, known) => ({
    out: argument([k.type], matrix(weightRows(k.windows), k.stride, k.windows.targets)),
    a: argument([k.type], targetCount(k.windows)),
    reach: argument(POSITION, reachLength("source", k.windows)),
    ...(k.listed && { list: argument(LIST, entries(known)), order: argument(LIST, outerOrderLength(k)) }),
    ...(k.valued && { values: argument([k.type], k.listed ? entries(known) : sourceCount(k.windows)) }),
    ...(gathersErrors(k) && { near: argument([k.type], nearLength(k.windows, k.type)) }),
  }),
  maxPool: ({ type, windows, indexed }) => ({
    out: argument([type], targetCount(windows)),
    a: argument([type], sourceCount(windows)),
    reach: argument(POSITION, reachLength("target", windows)),
    ...(indexed && { index: argument(LIST, targetCount(windows)) }),
  }),
  unpool: ({ type }, known) => ({
    out: argument([type], DATA),
    index: argument(LIST, known("n")),
    a: argument([type], known("n")),
  }),
  pick: ({ type }, known) => ({
    out: argument([type], known("n")),
    index: argument(LIST, known("n")),
    a: argument([type], DATA),
  }),
  foldRows: ({ type, width, stride }, known) => ({
    out: argument([type], width),
    a: argument([type], matrix(known("rows"), stride, width)),
  }),
  unpackBits: (_kernel, known) => ({
    bits: argument(LIST, words(known("n"))),
    list: argument(LIST, DATA),
    from: argument(POSITION, 1),
    to: argument(POSITION, 1),
  }),
  winners: ({ type, parts, stride, flagged }) => ({
    list: argument(LIST, DATA),
    from: argument(POSITION, parts),
    to: argument(POSITION, (parts - 1) * stride + 1),
    key: argument([type], DATA),
    ...(flagged && { flag: argument([type], DATA) }),
  }),
  zero: ({ type }, known) => ({ out: argument([type], known("n")) }),
  drawCounts: ({ type }, known) => ({
    out: argument([type], RANGE * Math.ceil(known("n") / RANGE)),
    open: argument(["u32"], COUNT_OPEN),
    ...Object.fromEntries(["seed", "sample", "stepLow", "stepHigh"].map((name) => [name, argument(["u32"], 1)])),
  }),
  drawRows: ({ law }, known) => ({
    key: argument(LIST, 2),
    out: argument(LIST, law === "counts" ? known("n") : DATA),
    ...((law === "trials" || law === "counts") && { factor: argument(["f64"], 1) }),
    ...(law === "distinct" && { marks: argument(LIST, words(known("targets"))) }),
    ...(law !== "counts" && { starts: argument(POSITION, known("n") + 1) }),
  }),
  sortRows: (_kernel, known) => ({
    out: argument(LIST, DATA),
    starts: argument(POSITION, known("n") + 1),
    spare: argument(LIST, DATA),
    bins: argument(LIST, 256),
  }),
  weave: ({ stride }, known) => ({
    out: argument(LIST, 4 * known("n")),
    planes: argument(LIST, matrix(4, stride, known("n"))),
  }),
  lookUp: (_kernel, known) => ({
    out: argument(POSITION, known("skip") + known("n")),
    words: argument(LIST, known("skip") + known("n")),
    cells: argument(POSITION, DATA),
    bounds: argument(["u32"], DATA),
    values: argument(POSITION, DATA),
    key: argument(LIST, 2),
    asked: argument(POSITION, 1),
  }),
  fillBlocks: ({ joined, group, groups, parts, weight }, known) => ({
    out: argument(["u32"], DATA),
    begin: argument(POSITION, known("rows") * parts),
    used: argument(POSITION, 1),
    joins: argument(POSITION, joined * JOIN_FIELDS),
    starts: argument(POSITION, DATA),
    target: argument(LIST, DATA),
    steps: argument(POSITION, DATA),
    ...(weight !== "one" && {
      weights: argument(weight === "i8" || weight === "i16" ? POSITION : ["f64"], DATA),
    }),
    slots: argument(POSITION, DATA),
    keys: argument(POSITION, DATA),
    next: argument(POSITION, 2 * parts * group * groups),
  }),
};

export const argumentsOf = (kernel: Kernel, known: Known): Arguments =>
  (ARGUMENTS[kernel.kind] as (kernel: Kernel, known: Known) => Arguments)(kernel, known);

/** Slots of the body, each with as many elements as its space has, or as are fetched from it. */
function slotArguments(step: Step, sizes: Readonly<Record<Space, number>>): Record<string, Argument> {
  const tables = new Map(nodes(step).flatMap((e) => (e.tag === "fetch" ? [[e.table.slot, e.count] as const] : [])));
  return Object.fromEntries(step.slots.map((s) => [s.name, argument([s.type], tables.get(s.name) ?? sizes[s.space])]));
}
function elementArguments(step: Step, n: number): Arguments {
  const args = slotArguments(step, { element: n, uniform: 1, pre: DATA, post: DATA, synapse: DATA });
  for (const { slot, mode } of step.stores) {
    if (mode === "bits") args[slot] = argument([slotOf(step, slot).type], words(n));
    if (mode !== "append") continue;
    args[slot] = argument([slotOf(step, slot).type], DATA);
    args[`${slot}.from`] = args[`${slot}.to`] = argument(POSITION, 1);
  }
  return args;
}
function drawnExtents(step: Step, { ring, targets, law, numbers = {} }: DrawnSynapses, known: Known): Arguments {
  const post = ring ? (ring.group - 1) * ring.cells + known("n") - known("first") : known("n");
  const slots = slotArguments(step, { element: DATA, uniform: 1, pre: DATA, post, synapse: DATA });
  return {
    ...Object.fromEntries(Object.entries(slots).filter(([name]) => !Object.hasOwn(numbers, name))),
    degree: argument(LIST, DATA),
    rowStart: argument(POSITION, DATA),
    row: argument(LIST, DATA),
    spare: argument(LIST, DATA),
    bins: argument(LIST, 256),
    marks: argument(LIST, words(targets)),
    cells: argument(POSITION, 2 ** LOOK_BITS + 1),
    bounds: argument(["u32"], DATA),
    values: argument(POSITION, DATA),
    ...(law.kind === "thinned" && {
      boxStart: argument(LIST, law.boxes + 1),
      members: argument(LIST, targets),
      ...Object.fromEntries(
        tablesOf(law).map((s) => [
          tableOf(s.name),
          argument(["f64"], s.space === "post" ? targets : s.space === "synapse" ? law.boxes : DATA),
        ]),
      ),
    }),
    kept: argument(LIST, ring?.kept?.words ?? DATA),
    where: argument(LIST, DATA),
    state: argument(LIST, KEPT_STATE),
    keys: argument(LIST, DATA),
    ...Object.fromEntries(
      Object.keys(numbers).map((name) => [workOf(name), argument([slotOf(step, name).type], DATA)]),
    ),
  };
}
function fullArguments(step: Step, [pre, targets]: readonly [number, number], post: number, listed: number): Arguments {
  const sizes = { element: DATA, uniform: 1, pre, post, synapse: pre * targets };
  return { ...slotArguments(step, sizes), list: argument(LIST, listed) };
}
function synapticArguments(step: Step, sources: number, parts: number, listed: number): Arguments {
  return {
    ...slotArguments(step, { element: DATA, uniform: 1, pre: sources, post: DATA, synapse: DATA }),
    rowStart: argument(POSITION, sources === 0 ? 1 : (sources - 1) * parts + 2),
    target: argument(LIST, DATA),
    list: argument(LIST, listed),
    columnStart: argument(POSITION, DATA),
    columnSynapse: argument(LIST, DATA),
    columnSource: argument(LIST, DATA),
  };
}
