/** Gradients of weights and biases from the errors at the ports they feed: only rows of active inputs are touched. */
import { ModelError } from "../base/errors.ts";
import { along, type Count, invoke, type Node, type Place, place } from "../ir/program.ts";
import type { Connection } from "../model/connection.ts";
import { addStep } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSamples, overSteps, signalOf } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { ValueSignal } from "../sim/lower/signals.ts";
import type { BackwardPass } from "./backward.ts";

export const GRADIENTS = "gradients";
/** Samples of a chunk times the most steps of a sample. */
export const CHUNK_ROWS = "chunk.rows";

/** Adds the gradients of one chunk to the buffer `gradients`, which is laid out as `parameters`. */
export function weightGradients(l: Lowered, backward: BackwardPass): Node[] {
  l.context.buffer(GRADIENTS, l.context.type, l.parameters.length, "work");
  l.context.buffer(CHUNK_ROWS, "i32", l.context.chunks, "argument");
  return l.net.connections
    .filter((c) => c.trainable)
    .flatMap((c) => [...weights(c, l, backward), ...bias(c, l, backward)]);
}

const gradientPlace = (l: Lowered, name: string): Place => place(GRADIENTS, l.parameters.blocks.get(name)!.offset);
const chunkRows: Count = place(CHUNK_ROWS, 0, along("chunk", 1));

/** Rows of the error from step `ahead` on, without the sample and step terms: where sample 0 starts, and rows a sample. */
interface Rows {
  readonly first: Place;
  readonly ofSample: Place;
  readonly contiguous: boolean;
}
function deltaRows(c: Connection, l: Lowered, backward: BackwardPass, ahead: number): Rows {
  const row = backward.delta(c.to.node, c.to.port, ahead);
  const stride = row.terms.find((t) => t.loop === "s")!.stride;
  const step = row.terms.find((t) => t.loop === "t")!.stride;
  return {
    first: without(row, "s", "t"),
    ofSample: without(row, "t"),
    contiguous: stride === l.context.options.steps * step,
  };
}
const without = (p: Place, ...loops: string[]): Place => ({
  ...p,
  terms: p.terms.filter((t) => !loops.includes(t.loop)),
});

/**
 * What arrives in step t left `delay` steps before. Of a population's spikes only those of the sample's steps are kept, so
 * their errors are looked up `delay` steps ahead; values, and what the host gives, are read as late as they arrive.
 */
function weights(c: Connection, l: Lowered, backward: BackwardPass): Node[] {
  if (c.connectivity.kind !== "dense" || c.synapse)
    throw new ModelError(
      "not-differentiable",
      `connection ${c.name}`,
      "only dense connections can be trained; set trainable: false",
    );
  const signal = signalOf(c, l.context, l.sources);
  if (signal.kind === "sparse") return constantRows(c, l, backward, (sums) => sparseOuter(c, l, sums));
  if (signal.kind === "values") return valueOuter(c, l, backward, signal.signal);
  if (c.from.node in l.net.inputs) return inputOuter(c, l, deltaRows(c, l, backward, 0));
  return spikeOuter(c, l, deltaRows(c, l, backward, l.context.delayOf(c)));
}

const outerKernel = (c: Connection, l: Lowered, valued: boolean) => {
  const width = l.context.stride(c.to.node);
  return { kind: "outerRows", type: l.context.type, width, stride: width, deltaStride: width, valued } as const;
};

/** Input spikes lie in one list in order of sample and step; behind the end of a sample there are none. */
function inputOuter(c: Connection, l: Lowered, delta: Rows): Node[] {
  const input = [...l.sources.inputSpikes.values()].find(
    (s) => s.node === c.from.node && s.delay === l.context.delayOf(c),
  )!;
  const { samples, steps } = l.context.options;
  const kernel = outerKernel(c, l, false);
  const args = { out: gradientPlace(l, `${c.name}.weight`), list: place(input.name) };
  const chunk = along("chunk", samples * steps);
  if (delta.contiguous)
    return [invoke(kernel, { ...args, ends: place(input.ends, 0, chunk), delta: delta.first }, { steps: chunkRows })];
  return overSamples(l.context, [
    invoke(
      kernel,
      { ...args, ends: place(input.ends, 0, chunk, along("s", steps)), delta: delta.ofSample },
      { steps: l.context.stepCount },
    ),
  ]);
}

/** Spikes of a population: their bits become one list a sample. */
function spikeOuter(c: Connection, l: Lowered, delta: Rows): Node[] {
  const node = c.from.node;
  const { steps } = l.context.options;
  const n = l.context.size(node);
  const list = place(l.context.buffer(`${node}.taped`, "u32", steps * n + 4, "work"));
  const ends = l.context.buffer(`${node}.taped.end`, "i32", steps + 1, "work");
  return overSamples(l.context, [
    ...overSteps(l.context, [
      invoke(
        { kind: "unpackBits" },
        {
          bits: bitsPlace(node, l.context),
          list,
          from: place(ends, 0, along("t", 1)),
          to: place(ends, 1, along("t", 1)),
        },
        { n },
      ),
    ]),
    invoke(
      outerKernel(c, l, false),
      { out: gradientPlace(l, `${c.name}.weight`), list, ends: place(ends), delta: delta.ofSample },
      { steps: l.context.stepCount },
    ),
  ]);
}
/** One bit for each neuron and step. */
export function bitsPlace(node: string, c: Context): Place {
  const { samples, steps } = c.options;
  const words = Math.ceil(c.size(node) / 32);
  return place(
    c.buffer(`${node}.bits`, "u32", samples * steps * words, "tape"),
    0,
    along("s", steps * words),
    along("t", words),
  );
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
  return invoke(
    kernel,
    { out: gradientPlace(l, `${c.name}.weight`), a, b },
    { rows: l.context.size(c.from.node), depth },
  );
}

/** For inputs that are constant over a sample: errors are summed over its steps first. */
function constantRows(c: Connection, l: Lowered, backward: BackwardPass, use: (sums: Place) => Node[]): Node[] {
  const { samples } = l.context.options;
  const stride = l.context.stride(c.to.node);
  const sums = l.context.buffer(`${c.to.node}.delta.${c.to.port}.sum`, l.context.type, samples * stride, "work");
  const own = place(sums, 0, along("s", stride));
  const { type } = l.context;
  return [
    ...overSamples(l.context, [
      invoke({ kind: "zero", type }, { out: own }, { n: stride }),
      ...overSteps(l.context, [
        invoke(
          { kind: "perElement", step: addStep(type) },
          { x: backward.delta(c.to.node, c.to.port, 0), out: own },
          { n: stride },
        ),
      ]),
    ]),
    ...use(place(sums)),
  ];
}
function sparseOuter(c: Connection, l: Lowered, sums: Place): Node[] {
  const name = l.sources.sparseInputs.get(c.from.node)!.name;
  const ends = place(`${name}.end`, 0, along("chunk", l.context.options.samples));
  const args = {
    out: gradientPlace(l, `${c.name}.weight`),
    list: place(`${name}.list`),
    values: place(`${name}.values`),
    ends,
    delta: sums,
  };
  return [invoke(outerKernel(c, l, true), args, { steps: l.context.sampleCount })];
}
function bias(c: Connection, l: Lowered, backward: BackwardPass): Node[] {
  if (!c.bias) return [];
  const { type } = l.context;
  const out = gradientPlace(l, `${c.name}.bias`);
  const add = invoke(
    { kind: "perElement", step: addStep(type) },
    { x: backward.delta(c.to.node, c.to.port, 0), out },
    { n: l.context.stride(c.to.node) },
  );
  return overSamples(l.context, overSteps(l.context, [add]));
}
