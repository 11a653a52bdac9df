/** Gradients of weights and biases from the errors at the ports they feed: only rows of active inputs are touched. */
import { ModelError } from "../base/errors.ts";
import { along, type Count, invoke, loop, type Node, type Place, place, shifted, type Term } from "../ir/program.ts";
import { type Connection, hasMatrix, isWindowed, type WindowedConnection, windowsIn } from "../model/connection.ts";
import { biasOf } from "../model/connectivity/windowed.ts";
import { copyStep } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSamples, overSteps, signalOf } from "../sim/lower/contributions.ts";
import { inForm } from "../sim/lower/forms.ts";
import { BEFORE } from "../sim/lower/initial.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { isTold } from "../sim/lower/needs.ts";
import { TAPS } from "../sim/lower/parameters.ts";
import { type Past, segmentLength } from "../sim/lower/segments.ts";
import type { ValueSignal } from "../sim/lower/signals.ts";
import { type ActiveRows, type ErrorRows, rowGradients } from "./rowGradients.ts";
import { synapseGradients } from "./synapseGradients.ts";
import { requirePlain } from "./through.ts";
import { GRADIENTS, isTakenBack, windowGradient } from "./windowGradients.ts";

/** Samples of a chunk times the most steps of a sample. */
const CHUNK_ROWS = "chunk.rows";
/** Elements after the lists of a chunk. */
const LIST_SLACK = 4;

/** Errors at ports, and where what they make of a connection's sources is added. */
export interface PortErrors {
  /** One row for each step at hand, from step `ahead` on. */
  delta(node: string, port: string, ahead: number): Place;
  /** Rows as wide as those of errors, one a source, for the block of parameters of this name; `gradients` where absent. */
  out?(block: string): Place;
}

/**
 * Adds the gradients of one chunk to the buffer `gradients`, which is laid out as `parameters`.
 * @param into nodes whose errors are there; default all
 */
export function weightGradients(l: Lowered, errors: PortErrors, into?: readonly string[]): Node[] {
  const trained = l.net.connections.filter((c) => c.trainable && (into?.includes(c.to.node) ?? true));
  return [...listedSpikes(l, trained), ...trained.flatMap((c) => connectionGradients(c, l, errors))];
}
/** The same for one connection, when the spikes of the chunk are listed. */
export const connectionGradients = (c: Connection, l: Lowered, errors: PortErrors): Node[] => [
  ...weights(c, l, errors),
  ...bias(c, l, errors),
];

/** Lists the spikes of the chunk of those populations whose connections train. */
export function listedSpikes(
  l: Lowered,
  trained: readonly Connection[] = l.net.connections.filter((c) => c.trainable),
): Node[] {
  l.context.buffer(GRADIENTS, l.context.type, l.parameters.learnedLength, "work");
  if (l.learned.length > 0) l.context.buffer(TAP_GRADIENTS, l.context.type, l.parameters.tapsLength, "work");
  l.context.buffer(CHUNK_ROWS, "i32", l.context.chunks, "argument");
  const spiking = trained.filter((c) => !isWindowed(c) && !isTold(l.net, c) && isSpiking(c, l));
  const listed = new Set(spiking.map((c) => c.from.node).filter((node) => !(node in l.net.inputs)));
  return [...listed].flatMap((node) => listSpikes(node, l.context));
}

const isSpiking = (c: Connection, l: Lowered): boolean => signalOf(c, l.context, l.sources).kind === "spikes";
const gradientPlace = (l: Lowered, errors: PortErrors, name: string): Place =>
  errors.out?.(name) ?? place(GRADIENTS, l.parameters.blocks.get(name)!.offset);

/** Of weights that follow from others (`delayGradients.ts`) the gradients lie apart, as the weights do. */
export const TAP_GRADIENTS = "taps.gradient";
function weightGradient(l: Lowered, errors: PortErrors, { name }: Connection): Place {
  const own = errors.out?.(`${name}.weight`);
  if (own) return own;
  const at = l.parameters.weights.get(name)!.place;
  return { ...at, buffer: at.buffer === TAPS ? TAP_GRADIENTS : GRADIENTS };
}
const chunkRows: Count = place(CHUNK_ROWS, 0, along("chunk", 1));

/** Rows of the error from step `ahead` on, without the sample and step terms: where sample 0 starts, and rows a sample. */
interface Rows extends ErrorRows {
  readonly ofSample: Place;
  readonly contiguous: boolean;
}
function deltaRows(c: Connection, l: Lowered, errors: PortErrors, ahead: number): Rows {
  const row = errors.delta(c.to.node, c.to.port, ahead);
  const stride = row.terms.find((t) => t.loop === "s")!.stride;
  const step = row.terms.find((t) => t.loop === "t")!.stride;
  return {
    first: without(row, "s", "t"),
    width: step,
    groupRows: stride / step,
    ofSample: without(row, "t"),
    contiguous: stride === l.context.stepsKept * step,
  };
}
const withoutSteps = (terms: readonly Term[]): Term[] => terms.filter((t) => t.loop !== "t");
const without = (p: Place, ...loops: string[]): Place => ({
  ...p,
  terms: p.terms.filter((t) => !loops.includes(t.loop)),
});

/**
 * What arrives in step t left `delay` steps before. Of a population's spikes only those of the sample's steps are kept, so
 * their errors are looked up `delay` steps ahead; values, and what the host gives, are read as late as they arrive. So are
 * spikes where time is cut into segments, because those before a segment are kept then, and errors after it may be cut.
 */
function weights(c: Connection, l: Lowered, errors: PortErrors): Node[] {
  if (isWindowed(c)) return isTakenBack(c, l) ? [] : windowed(c, l, errors);
  if (!hasMatrix(c)) return ofSynapses(c, l, errors);
  // Rows of a transform's 0 and 1 are there anyway.
  if (isTold(l.net, c)) return valueOuter(c, l, errors, l.sources.values.get(`${c.from.node}.value`)!);
  const signal = signalOf(c, l.context, l.sources);
  if (signal.kind === "either") return eitherOuter(c, l, errors, signal.signal);
  if (signal.kind === "values") return valueOuter(c, l, errors, signal.signal);
  if (c.from.node in l.net.inputs) return inputOuter(c, l, errors);
  const delay = l.context.delayOf(c);
  if (l.context.hasSegments) return spikeOuter(c, l, errors, 0, delay);
  return spikeOuter(c, l, errors, delay, 0);
}

/** The same of a sparse connection. */
function ofSynapses(c: Connection, l: Lowered, errors: PortErrors): Node[] {
  requirePlain(c);
  requireParameters(c, l);
  const { context } = l;
  const [signal, delay, out] = [signalOf(c, context, l.sources), context.delayOf(c), weightGradient(l, errors, c)];
  const error = (ahead: number): Place => errors.delta(c.to.node, c.to.port, ahead);
  if (signal.kind === "either") throw new Error(`connection ${c.name}: lists of values through sparse synapses`);
  if (signal.kind === "values") {
    const values = signal.signal.row(delay);
    if (!signal.signal.constant) return synapseGradients(c, l, { values }, error(0), out);
    const row = along("s", context.stride(c.to.node));
    return constantRows(c, l, errors, (sums) =>
      synapseGradients(c, l, { values }, { ...sums, terms: [row] }, out, false),
    );
  }
  if (c.from.node in l.net.inputs) return synapseGradients(c, l, { events: signal.events }, error(0), out);
  const [late, ahead] = context.hasSegments ? [delay, 0] : [0, delay];
  const { list, ends, listStride, endsStride } = activeNeurons(c.from.node, context, late);
  const from = { ...ends, terms: [along("s", endsStride), along("t", 1)] };
  const events = { list: { ...list, terms: [along("s", listStride)] }, from, to: shifted(from, 1) };
  return synapseGradients(c, l, { events }, error(ahead), out);
}
function requireParameters(c: Connection, l: Lowered): void {
  if (l.parameters.weights.has(c.name)) return;
  const what = c.storage ? "weights that are stored narrowly" : "synapses that are drawn again for each spike";
  throw new ModelError("not-differentiable", `connection ${c.name}`, `${what} cannot be trained; set trainable: false`);
}

/** Input spikes lie in one list in order of sample and step; behind the end of a sample there are none. */
function inputOuter(c: Connection, l: Lowered, errors: PortErrors): Node[] {
  const node = c.from.node;
  const input = [...l.sources.inputSpikes.values()].find((s) => s.node === node && s.delay === l.context.delayOf(c))!;
  const { samples } = l.context.options;
  const steps = l.context.stepsStaged;
  const rows = l.context.size(node);
  const active: ActiveRows = {
    name: input.name,
    rows,
    room: samples * l.context.stepsKept * rows,
    list: place(input.name),
    ends: place(input.ends, 0, along("chunk", samples * steps), ...withoutSteps(l.context.inStaged(1))),
    listStride: 0,
    endsStride: steps,
    bySample: true,
    steps: segmentLength(l.context),
  };
  return rowGradients(weightGradient(l, errors, c), active, deltaRows(c, l, errors, 0), l.context);
}

/** Spikes of a population, which its bits tell: lists of a chunk, a stretch of them a sample, from `delay` steps before on. */
function activeNeurons(node: string, c: Context, delay: number): ActiveRows {
  const { samples } = c.options;
  const [rows, past] = [c.size(node), pastBits(node, c)];
  const kept = past + c.stepsKept;
  return {
    name: `${node}.taped`,
    rows,
    room: samples * c.stepsKept * rows,
    list: place(c.buffer(`${node}.taped`, "u32", samples * kept * rows + LIST_SLACK, "work")),
    ends: place(c.buffer(`${node}.taped.end`, "i32", samples * (kept + 1), "work"), past - delay),
    listStride: kept * rows,
    endsStride: kept + 1,
    bySample: true,
    steps: c.stepsKept,
  };
}
function listSpikes(node: string, c: Context): Node[] {
  const { list, ends, listStride, endsStride, rows } = activeNeurons(node, c, 0);
  const past = pastBits(node, c);
  const bits = bitsPlace(node, c);
  const end = { ...ends, terms: [along("s", endsStride), along("after", 1)] };
  const unpacked = (ahead: number, t: string): Node => {
    const from = { ...shifted(ends, ahead), terms: [along("s", endsStride), along(t, 1)] };
    const row = { ...bits, terms: bits.terms.map((x) => (x.loop === "t" ? { ...x, loop: t } : x)) };
    return invoke(
      { kind: "unpackBits" },
      {
        bits: shifted(row, ahead * bits.terms[1]!.stride),
        list: { ...list, terms: [along("s", listStride)] },
        from,
        to: shifted(from, 1),
      },
      { n: rows },
    );
  };
  return overSamples(c, [
    ...(past > 0 ? [loop(BEFORE, past, [unpacked(-past, BEFORE)])] : []),
    ...overSteps(c, [unpacked(0, "t")]),
    // Behind the end of a sample every list is empty.
    loop(
      "after",
      c.restCount,
      [invoke({ kind: "perElement", step: copyStep("i32") }, { x: end, out: shifted(end, 1) }, { n: 1 })],
      {
        from: c.stepCount,
      },
    ),
  ]);
}
/** Errors are looked up some steps ahead, or spikes some steps back. */
const spikeOuter = (c: Connection, l: Lowered, errors: PortErrors, ahead: number, back: number): Node[] =>
  rowGradients(
    weightGradient(l, errors, c),
    activeNeurons(c.from.node, l.context, back),
    deltaRows(c, l, errors, ahead),
    l.context,
  );

/** Steps before a segment's first whose bits are kept. */
const pastBits = (node: string, c: Context): number => (c.hasSegments ? c.maxDelay(node, "spike") : 0);
/** One bit for each neuron and step. */
export function bitsPlace(node: string, c: Context): Place {
  const { buffer, row, rows, count } = bitRows(node, c);
  return place(buffer, count * row, along("s", rows * row), along("t", row));
}
export function bitRows(node: string, c: Context): Past {
  const words = Math.ceil(c.size(node) / 32);
  const count = pastBits(node, c);
  const rows = count + c.stepsKept;
  const buffer = c.buffer(`${node}.bits`, "u32", c.options.samples * rows * words, "tape");
  return { buffer, type: "u32", row: words, rows, count };
}

/** `Σ_t x[t - delay]ᵀ δ[t]`; for values that are constant over a sample `xᵀ Σ_t δ[t]`. */
function valueOuter(c: Connection, l: Lowered, errors: PortErrors, x: ValueSignal): Node[] {
  const row = x.row(l.context.delayOf(c));
  const delta = deltaRows(c, l, errors, 0);
  const product = (a: Place, b: Place, depth: Count): Node => outerProduct(c, l, errors, a, b, depth);
  if (x.constant)
    return constantRows(c, l, errors, (sums) => [product(without(row, "s"), sums, l.context.sampleCount)]);
  // Where one step is kept, errors of samples that have ended are 0 (`BackwardPass.segment`).
  if (l.context.hasSegments && l.context.stepsKept === 1) {
    const [aColumn, bStride] = [row, delta.ofSample].map((p) => p.terms.find((t) => t.loop === "s")!.stride);
    const all = { aColumn: aColumn!, bStride: bStride! };
    return [outerProduct(c, l, errors, without(row, "s", "t"), delta.first, l.context.sampleCount, all)];
  }
  // Rows behind the end of a sample hold what others left there; a sample of one step has none.
  if (l.context.options.steps === 1 && delta.contiguous && x.maxDelay === 0)
    return [product(without(row, "s", "t"), delta.first, chunkRows)];
  return overSamples(l.context, [product(without(row, "t"), delta.ofSample, l.context.stepCount)]);
}
function outerProduct(
  c: Connection,
  l: Lowered,
  errors: PortErrors,
  a: Place,
  b: Place,
  depth: Count,
  strides: { readonly aColumn?: number; readonly bStride?: number } = {},
): Node {
  const { width } = deltaRows(c, l, errors, 0);
  const { node, port } = c.from;
  const kernel = {
    kind: "product",
    type: l.context.type,
    width,
    bStride: width,
    outStride: width,
    aRow: 1,
    aColumn: l.sources.values.get(`${node}.${port}`)?.stride ?? l.context.stride(node),
    start: "out",
    ...strides,
  } as const;
  return invoke(kernel, { out: weightGradient(l, errors, c), a, b }, { rows: l.context.size(c.from.node), depth });
}

/** For inputs that are constant over a sample: errors are summed over its steps first. */
function constantRows(c: Connection, l: Lowered, errors: PortErrors, use: (sums: Place) => Node[]): Node[] {
  const { samples } = l.context.options;
  const { first, ofSample, width } = deltaRows(c, l, errors, 0);
  const sums = l.context.buffer(`${first.buffer}.sum`, l.context.type, samples * width, "work");
  const own = place(sums, 0, along("s", width));
  return [...overSamples(l.context, [sumOverSteps(l.context, own, ofSample, width, false)]), ...use(place(sums))];
}
/** Values from lists or from rows, whichever the batch has (`sim/lower/forms.ts`). */
function eitherOuter(c: Connection, l: Lowered, errors: PortErrors, x: ValueSignal): Node[] {
  const { node } = c.from;
  const lists = (rows: ErrorRows): Node[] =>
    inForm(
      l.context,
      node,
      "lists",
      rowGradients(weightGradient(l, errors, c), activeValues(node, l), rows, l.context),
    );
  if (!x.constant)
    return [...lists(deltaRows(c, l, errors, 0)), ...inForm(l.context, node, "rows", valueOuter(c, l, errors, x))];
  const { width } = deltaRows(c, l, errors, 0);
  const rows = (sums: Place): Node => outerProduct(c, l, errors, without(x.row(), "s"), sums, l.context.sampleCount);
  return constantRows(c, l, errors, (sums) => [
    ...lists({ first: sums, width, groupRows: 0 }),
    ...inForm(l.context, node, "rows", [rows(sums)]),
  ]);
}
function activeValues(node: string, l: Lowered): ActiveRows {
  const input = l.sources.sparseInputs.get(node)!;
  const { samples } = l.context.options;
  const [rows, lists] = [l.context.size(node), input.listsOfSample];
  const segment = withoutSteps(l.context.inStaged(1));
  return {
    name: input.name,
    rows,
    room: samples * (input.constant ? 1 : l.context.stepsKept) * rows,
    list: place(`${input.name}.list`),
    ends: place(input.ends, 0, along("chunk", samples * lists), ...(input.constant ? [] : segment)),
    values: place(`${input.name}.values`),
    listStride: 0,
    endsStride: input.constant ? 0 : lists,
    bySample: !input.constant,
    steps: input.constant ? l.context.sampleCount : segmentLength(l.context),
  };
}
/** Windows take the errors of a step each, those of constant values the sum over the steps of a sample. */
function windowed(c: WindowedConnection, l: Lowered, errors: PortErrors): Node[] {
  const signal = signalOf(c, l.context, l.sources);
  if (signal.kind !== "spikes" && signal.signal.constant) {
    const width = l.context.stride(c.to.node);
    return constantRows(c, l, errors, (sums) =>
      overSamples(l.context, windowGradient(c, { ...sums, terms: [along("s", width)] }, l)),
    );
  }
  const error = errors.delta(c.to.node, c.to.port, 0);
  return overSamples(l.context, overSteps(l.context, windowGradient(c, error, l)));
}

/** A channel's bias is heard at every position. */
function channelBias(c: WindowedConnection, l: Lowered, errors: PortErrors): Node[] {
  const { ofSample, width } = deltaRows(c, l, errors, 0);
  const { channels, positions } = biasOf(windowsIn(l.net, c));
  const { type } = l.context;
  const sum = place(l.context.buffer(`${c.name}.bias.sum`, type, width, "work"));
  const kernel = { kind: "foldRows", type, width: channels, stride: channels } as const;
  return overSamples(l.context, [
    sumOverSteps(l.context, sum, ofSample, width, false),
    invoke(kernel, { out: gradientPlace(l, errors, `${c.name}.bias`), a: sum }, { rows: positions }),
  ]);
}

function bias(c: Connection, l: Lowered, errors: PortErrors): Node[] {
  if (!c.bias) return [];
  if (isWindowed(c)) return channelBias(c, l, errors);
  const { ofSample, width } = deltaRows(c, l, errors, 0);
  return overSamples(l.context, [
    sumOverSteps(l.context, gradientPlace(l, errors, `${c.name}.bias`), ofSample, width, true),
  ]);
}
/** `out = (out +) Σ_t rows[t]`: a gather that names each step once. */
function sumOverSteps(c: Context, out: Place, rows: Place, width: number, init: boolean): Node {
  const each = c.constant(
    "each.step",
    Uint32Array.from({ length: c.stepsKept }, (_, t) => t),
    "u32",
  );
  return invoke(
    { kind: "gatherRows", type: c.type, width, stride: width, valued: false, init },
    { out, weights: rows, list: place(each), ...(init && { init: out }) },
    { from: 0, to: c.stepCount },
  );
}
