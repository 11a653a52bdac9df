/** Gradients of weights and biases from the errors at the ports they feed: only rows of active inputs are touched. */
import { ModelError } from "../base/errors.ts";
import { along, type Count, invoke, loop, type Node, type Place, place, shifted, type Term } from "../ir/program.ts";
import { type Connection, hasMatrix } from "../model/connection.ts";
import { copyStep } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSamples, overSteps, signalOf } from "../sim/lower/contributions.ts";
import { inForm } from "../sim/lower/forms.ts";
import { BEFORE } from "../sim/lower/initial.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { TAPS } from "../sim/lower/parameters.ts";
import { type Past, segmentLength } from "../sim/lower/segments.ts";
import type { ValueSignal } from "../sim/lower/signals.ts";
import type { BackwardPass } from "./backward.ts";
import { type ActiveRows, type ErrorRows, rowGradients } from "./rowGradients.ts";
import { synapseGradients } from "./synapseGradients.ts";
import { requirePlain } from "./through.ts";

export const GRADIENTS = "gradients";
/** Samples of a chunk times the most steps of a sample. */
export const CHUNK_ROWS = "chunk.rows";
/** Elements after the lists of a chunk. */
const LIST_SLACK = 4;

/** Adds the gradients of one chunk to the buffer `gradients`, which is laid out as `parameters`. */
export function weightGradients(l: Lowered, backward: BackwardPass): Node[] {
  l.context.buffer(GRADIENTS, l.context.type, l.parameters.length, "work");
  if (l.learned.length > 0) l.context.buffer(TAP_GRADIENTS, l.context.type, l.parameters.tapsLength, "work");
  l.context.buffer(CHUNK_ROWS, "i32", l.context.chunks, "argument");
  const trained = l.net.connections.filter((c) => c.trainable);
  const spiking = trained.filter((c) => signalOf(c, l.context, l.sources).kind === "spikes");
  const listed = new Set(spiking.map((c) => c.from.node).filter((node) => !(node in l.net.inputs)));
  return [
    ...[...listed].flatMap((node) => listSpikes(node, l.context)),
    ...trained.flatMap((c) => [...weights(c, l, backward), ...bias(c, l, backward)]),
  ];
}

/** Of weights that follow from others (`delayGradients.ts`) the gradients lie apart, as the weights do. */
export const TAP_GRADIENTS = "taps.gradient";
function weightGradient(l: Lowered, { name }: Connection): Place {
  const at = l.parameters.weights.get(name)!.place;
  return { ...at, buffer: at.buffer === TAPS ? TAP_GRADIENTS : GRADIENTS };
}
const chunkRows: Count = place(CHUNK_ROWS, 0, along("chunk", 1));

/** Rows of the error from step `ahead` on, without the sample and step terms: where sample 0 starts, and rows a sample. */
interface Rows extends ErrorRows {
  readonly ofSample: Place;
  readonly contiguous: boolean;
}
function deltaRows(c: Connection, l: Lowered, backward: BackwardPass, ahead: number): Rows {
  const row = backward.delta(c.to.node, c.to.port, ahead);
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
function weights(c: Connection, l: Lowered, backward: BackwardPass): Node[] {
  if (!hasMatrix(c)) return ofSynapses(c, l, backward);
  const signal = signalOf(c, l.context, l.sources);
  if (signal.kind === "either") return eitherOuter(c, l, backward, signal.signal);
  if (signal.kind === "values") return valueOuter(c, l, backward, signal.signal);
  if (c.from.node in l.net.inputs) return inputOuter(c, l, deltaRows(c, l, backward, 0));
  const delay = l.context.delayOf(c);
  if (l.context.hasSegments) return spikeOuter(c, l, deltaRows(c, l, backward, 0), delay);
  return spikeOuter(c, l, deltaRows(c, l, backward, delay), 0);
}

/** The same of a sparse connection. */
function ofSynapses(c: Connection, l: Lowered, backward: BackwardPass): Node[] {
  requirePlain(c);
  requireParameters(c, l);
  const { context } = l;
  const [signal, delay, out] = [signalOf(c, context, l.sources), context.delayOf(c), weightGradient(l, c)];
  const error = (ahead: number): Place => backward.delta(c.to.node, c.to.port, ahead);
  if (signal.kind === "either") throw new Error(`connection ${c.name}: lists of values through sparse synapses`);
  if (signal.kind === "values") {
    const values = signal.signal.row(delay);
    if (!signal.signal.constant) return synapseGradients(c, l, { values }, error(0), out);
    const row = along("s", context.stride(c.to.node));
    return constantRows(c, l, backward, (sums) =>
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
function inputOuter(c: Connection, l: Lowered, delta: Rows): Node[] {
  const node = c.from.node;
  const input = [...l.sources.inputSpikes.values()].find((s) => s.node === node && s.delay === l.context.delayOf(c))!;
  const { samples, steps } = l.context.options;
  const rows = l.context.size(node);
  const active: ActiveRows = {
    name: input.name,
    rows,
    room: samples * l.context.stepsKept * rows,
    list: place(input.name),
    ends: place(input.ends, 0, along("chunk", samples * steps), ...withoutSteps(l.context.inSample(1))),
    listStride: 0,
    endsStride: steps,
    bySample: true,
    steps: segmentLength(l.context),
  };
  return rowGradients(weightGradient(l, c), active, delta, l.context);
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
const spikeOuter = (c: Connection, l: Lowered, delta: Rows, delay: number): Node[] =>
  rowGradients(weightGradient(l, c), activeNeurons(c.from.node, l.context, delay), delta, l.context);

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
function valueOuter(c: Connection, l: Lowered, backward: BackwardPass, x: ValueSignal): Node[] {
  const row = x.row(l.context.delayOf(c));
  const delta = deltaRows(c, l, backward, 0);
  const product = (a: Place, b: Place, depth: Count): Node => outerProduct(c, l, a, b, depth);
  if (x.constant)
    return constantRows(c, l, backward, (sums) => [product(without(row, "s"), sums, l.context.sampleCount)]);
  // Rows behind the end of a sample hold what others left there; a sample of one step has none.
  if (l.context.options.steps === 1 && delta.contiguous && x.maxDelay === 0)
    return [product(without(row, "s", "t"), delta.first, chunkRows)];
  return overSamples(l.context, [product(without(row, "t"), delta.ofSample, l.context.stepCount)]);
}
function outerProduct(c: Connection, l: Lowered, a: Place, b: Place, depth: Count): Node {
  const width = l.context.stride(c.to.node);
  const kernel = {
    kind: "product",
    type: l.context.type,
    width,
    bStride: width,
    outStride: width,
    aRow: 1,
    aColumn: l.context.stride(c.from.node),
    start: "out",
  } as const;
  return invoke(kernel, { out: weightGradient(l, c), a, b }, { rows: l.context.size(c.from.node), depth });
}

/** For inputs that are constant over a sample: errors are summed over its steps first. */
function constantRows(c: Connection, l: Lowered, backward: BackwardPass, use: (sums: Place) => Node[]): Node[] {
  const { samples } = l.context.options;
  const { ofSample, width } = deltaRows(c, l, backward, 0);
  const sums = l.context.buffer(`${c.to.node}.delta.${c.to.port}.sum`, l.context.type, samples * width, "work");
  const own = place(sums, 0, along("s", width));
  return [...overSamples(l.context, [sumOverSteps(l.context, own, ofSample, width, false)]), ...use(place(sums))];
}
/** Values from lists or from rows, whichever the batch has (`sim/lower/forms.ts`). */
function eitherOuter(c: Connection, l: Lowered, backward: BackwardPass, x: ValueSignal): Node[] {
  const { node } = c.from;
  const lists = (errors: ErrorRows): Node[] =>
    inForm(l.context, node, "lists", rowGradients(weightGradient(l, c), activeValues(node, l), errors, l.context));
  if (!x.constant)
    return [...lists(deltaRows(c, l, backward, 0)), ...inForm(l.context, node, "rows", valueOuter(c, l, backward, x))];
  const width = l.context.stride(c.to.node);
  const rows = (sums: Place): Node => outerProduct(c, l, without(x.row(), "s"), sums, l.context.sampleCount);
  return constantRows(c, l, backward, (sums) => [
    ...lists({ first: sums, width, groupRows: 0 }),
    ...inForm(l.context, node, "rows", [rows(sums)]),
  ]);
}
function activeValues(node: string, l: Lowered): ActiveRows {
  const input = l.sources.sparseInputs.get(node)!;
  const { samples } = l.context.options;
  const [rows, lists] = [l.context.size(node), input.listsOfSample];
  const segment = withoutSteps(l.context.inSample(1));
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
function bias(c: Connection, l: Lowered, backward: BackwardPass): Node[] {
  if (!c.bias) return [];
  const { ofSample, width } = deltaRows(c, l, backward, 0);
  return overSamples(l.context, [
    sumOverSteps(l.context, place(GRADIENTS, l.parameters.blocks.get(`${c.name}.bias`)!.offset), ofSample, width, true),
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
