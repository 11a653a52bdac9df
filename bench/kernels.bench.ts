/**
 * The four kernels that everything rests on, each in a program of its own and beside the limit that this machine sets:
 * a row gather and a compaction are bound by loads (one 16-byte load an addition), a product by multiply and add.
 */
import type { Executable } from "../src/backend/backend.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { flops } from "../src/ir/count.ts";
import { expand } from "../src/ir/expand.ts";
import { compare, f32, read } from "../src/ir/expr.ts";
import { type Buffer, invoke, type Kernel, loop, type Node, type Place, padded, place } from "../src/ir/program.ts";
import { simplify } from "../src/ir/simplify.ts";
import type { Step } from "../src/ir/step.ts";
import { lif } from "../src/model/neuron/lif.ts";
import { neuronStep } from "../src/model/step.ts";
import { machineLimits } from "./machine.ts";
import { type Bench, measure, rate } from "./measure.ts";

interface Workload {
  readonly metric: string;
  readonly unit: string;
  /** Units of work in one run. */
  readonly work: number;
  readonly limit: number;
  readonly executable: Executable;
}

const buffer = (name: string, type: Buffer["type"], length: number): Buffer => ({ name, type, length, role: "work" });

async function load(name: string, buffers: readonly Buffer[], call: Node, times: number): Promise<Executable> {
  return wasm.load({ name, buffers, regions: [{ name: "run", body: [loop("r", times, [call])] }] });
}

/** `events` of `rows` rows of `width` floats are summed. */
async function gather(rows: number, width: number, events: number, limit: number): Promise<Workload> {
  const [stride, times] = [padded(width), 400];
  const kernel: Kernel = { kind: "gatherRows", type: "f32", width: stride, stride, valued: false, init: false };
  const args = { out: place("out"), weights: place("weights"), list: place("list") };
  const buffers = [
    buffer("weights", "f32", rows * stride),
    buffer("list", "u32", events),
    buffer("out", "f32", stride),
  ];
  const x = await load("gather", buffers, invoke(kernel, args, { from: 0, to: events }), times);
  x.array("list").set(Uint32Array.from({ length: events }, (_, k) => (k * 7919) % rows));
  return {
    metric: `row gather ${rows}x${width}, ${events} rows@1`,
    unit: "Gadd/s",
    work: events * width * times,
    limit,
    executable: x,
  };
}

async function denseProduct(rows: number, depth: number, width: number, limit: number): Promise<Workload> {
  const times = 4;
  const kernel: Kernel = {
    kind: "product",
    type: "f32",
    width,
    bStride: width,
    outStride: width,
    aRow: depth,
    aColumn: 1,
    start: "zero",
  };
  const buffers = [
    buffer("a", "f32", rows * depth),
    buffer("b", "f32", depth * width),
    buffer("out", "f32", rows * width),
  ];
  const x = await load(
    "product",
    buffers,
    invoke(kernel, { out: place("out"), a: place("a"), b: place("b") }, { rows, depth }),
    times,
  );
  return {
    metric: `dense product ${rows}x${depth}x${width}@1`,
    unit: "GFLOP/s",
    work: 2 * rows * depth * width * times,
    limit,
    executable: x,
  };
}

/** The LIF step with its spikes compacted into a list, as the engine runs it. */
async function neuronUpdate(n: number, limits: { mulAdd: number; loadAdd: number }): Promise<Workload> {
  const part = neuronStep(lif({ reset: "subtract" }), {
    type: "f32",
    dt: 1e-3,
    connected: new Set(["v"]),
    constants: new Map([
      ["tau", 0.02],
      ["vTh", 1],
    ]),
    phases: ["update", "receive", "threshold", "reset"],
  });
  const step: Step = simplify(
    expand({
      ...part.step,
      slots: [...part.step.slots, { name: "spikes", type: "u32", space: "uniform" }],
      stores: [...part.step.stores, { slot: "spikes", mode: "append", value: part.spike! }],
    }),
  );
  const times = 2000;
  const args: Record<string, Place> = {
    v: place("v"),
    "in.v": place("in.v"),
    spikes: place("spikes"),
    "spikes.from": place("ends"),
    "spikes.to": place("ends", 1),
  };
  const buffers = [
    buffer("v", "f32", n),
    buffer("in.v", "f32", n),
    buffer("spikes", "u32", n + 4),
    buffer("ends", "i32", 2),
  ];
  const x = await load("neuron", buffers, invoke({ kind: "perElement", step }, args, { n }), times);
  x.array("in.v").set(Float32Array.from({ length: n }, (_, k) => (0.1 * ((k * 37) % 11)) / 11)); // some 5 % fire in a step
  const bytes = 12; // v and its input read, v written
  const perSecond = 1 / Math.max(flops(step) / limits.mulAdd, bytes / 4 / limits.loadAdd);
  return {
    metric: `LIF step and compaction, n=${n}@1`,
    unit: "Gneuron/s",
    work: n * times,
    limit: perSecond,
    executable: x,
  };
}

/** Compaction alone: one load and one list a vector. */
async function compaction(n: number, limit: number): Promise<Workload> {
  const step: Step = {
    name: "compact",
    slots: [
      { name: "x", type: "f32", space: "element" },
      { name: "list", type: "u32", space: "uniform" },
    ],
    stores: [{ slot: "list", mode: "append", value: compare("gt", read("f32", "x"), f32(0)) }],
  };
  const times = 2000;
  const args = { x: place("x"), list: place("list"), "list.from": place("ends"), "list.to": place("ends", 1) };
  const buffers = [buffer("x", "f32", n), buffer("list", "u32", n + 4), buffer("ends", "i32", 2)];
  const x = await load("compaction", buffers, invoke({ kind: "perElement", step }, args, { n }), times);
  x.array("x").set(Float32Array.from({ length: n }, (_, k) => ((k * 7919) % 100 < 5 ? 1 : -1)));
  return { metric: `compaction at 5 %, n=${n}@1`, unit: "Gelement/s", work: n * times, limit, executable: x };
}

export const bench: Bench = {
  name: "kernels",
  about: "row gather, neuron step, dense product and compaction, beside the limits of this machine",
  run: async () => {
    const limits = await machineLimits();
    const workloads = [
      await gather(784, 800, 100, limits.loadAdd),
      await gather(256, 276, 24, limits.loadAdd),
      await denseProduct(128, 784, 800, limits.mulAdd),
      await neuronUpdate(1024, limits),
      await compaction(1024, limits.loadAdd),
    ];
    const seconds = await measure(Object.fromEntries(workloads.map((w) => [w.metric, () => w.executable.run("run")])));
    return workloads.map((w) => rate(w.metric, w.unit, w.work / 1e9, seconds[w.metric]!, { limit: w.limit }));
  },
};
