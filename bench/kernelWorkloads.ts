import { countStep, flops } from "../src/ir/count.ts";
import { abs, add, compare, f32, max, mul, read, select, sub } from "../src/ir/expr.ts";
import { along, type Buffer, invoke, type Kernel, loop, type Place, padded, place } from "../src/ir/program.ts";
import type { Slot, Step, Store } from "../src/ir/step.ts";
import {
  type Axis,
  nearLength,
  outerOrderLength,
  reachCount,
  reachLength,
  reachTable,
  sourceCount,
  targetCount,
  type Windows,
  weightRows,
} from "../src/ir/windows.ts";
import { deliver } from "./deliveryWorkload.ts";
import { type Build, buffer, floats, fromTo, lists, load, ofList, ROUND, uniform } from "./workloadParts.ts";

/** `expected` of `rows` rows of `width` floats are added to a start. */
const gather =
  (rows: number, width: number, expected: number): Build =>
  async (s) => {
    const stride = padded(width);
    const { list, ends } = lists(rows, expected);
    const kernel: Kernel = { kind: "gatherRows", type: "f32", width: stride, stride, valued: false, init: true };
    const args = {
      out: place("out", 0, along("r", stride)),
      weights: place("weights"),
      list: place("list"),
      init: place("init"),
    };
    const { executable, calls } = await load(s, {
      name: "gather",
      buffers: [
        buffer("weights", "f32", rows * stride),
        buffer("list", "u32", list.length),
        buffer("ends", "i32", ends.length),
        buffer("init", "f32", stride),
        buffer("out", "f32", ROUND * stride),
      ],
      body: [invoke(kernel, args, fromTo)],
      inputs: { list, ends, weights: floats(rows * stride) },
    });
    const work = (calls / ROUND) * ofList(ends) * width;
    const metric = `row gather ${rows}x${width}, ${expected} rows@1`;
    return { metric, unit: "Gadd/s", work, limit: s.limits.loadAdd, executable };
  };

/** `out[j] (+)= a · weights[j]` for `expected` of `rows` rows. */
const dots =
  (rows: number, width: number, expected: number, accumulate: boolean): Build =>
  async (s) => {
    const { list, ends } = lists(rows, expected);
    const kernel: Kernel = {
      kind: "rowDots",
      type: "f32",
      parts: [{ width, stride: width }],
      listed: true,
      accumulate,
    };
    const args = {
      out: place("out"),
      weights: place("weights"),
      list: place("list"),
      a: place("a", 0, along("r", width)),
    };
    const { executable, calls } = await load(s, {
      name: "dots",
      buffers: [
        buffer("weights", "f32", rows * width),
        buffer("list", "u32", list.length),
        buffer("ends", "i32", ends.length),
        buffer("a", "f32", ROUND * width),
        buffer("out", "f32", rows),
      ],
      body: [invoke(kernel, args, fromTo)],
      inputs: { list, ends, weights: floats(rows * width), a: floats(ROUND * width, 3) },
    });
    const work = (calls / ROUND) * ofList(ends) * width * 2;
    const metric = `row dots ${rows}x${width}, ${expected} rows@1`;
    return { metric, unit: "GFLOP/s", work, limit: s.limits.mulAdd, executable };
  };

/** `out = a · weights[j]` for every row: a surrogate without compact support. */
const allDots =
  (rows: number, width: number): Build =>
  async (s) => {
    const kernel: Kernel = {
      kind: "rowDots",
      type: "f32",
      parts: [{ width, stride: width }],
      listed: false,
      accumulate: false,
    };
    const { executable, calls } = await load(s, {
      name: "dots",
      buffers: [buffer("weights", "f32", rows * width), buffer("a", "f32", ROUND * width), buffer("out", "f32", rows)],
      body: [
        invoke(kernel, { out: place("out"), weights: place("weights"), a: place("a", 0, along("r", width)) }, { rows }),
      ],
      inputs: { weights: floats(rows * width), a: floats(ROUND * width, 3) },
    });
    const metric = `row dots ${rows}x${width}, all rows@1`;
    return { metric, unit: "GFLOP/s", work: 2 * rows * width * calls, limit: s.limits.mulAdd, executable };
  };

/** Gradients of `rows` rows over `ROUND` steps, `expected` rows a step. */
const outer =
  (rows: number, width: number, expected: number): Build =>
  async (s) => {
    const { list, ends } = lists(rows, expected);
    const stride = padded(width);
    const kernel: Kernel = {
      kind: "outerRows",
      type: "f32",
      width: stride,
      stride,
      deltaStride: stride,
      valued: false,
    };
    const args = { out: place("out"), list: place("list"), ends: place("ends"), delta: place("delta") };
    const { executable, calls } = await load(s, {
      name: "outer",
      buffers: [
        buffer("out", "f32", rows * stride),
        buffer("list", "u32", list.length),
        buffer("ends", "i32", ends.length),
        buffer("delta", "f32", ROUND * stride),
      ],
      body: [invoke(kernel, args, { steps: ROUND })],
      times: 1,
      inputs: { list, ends, delta: floats(ROUND * stride).map((x) => 1e-6 * x) },
    });
    const metric = `outer rows ${rows}x${width}, ${ROUND} steps of ${expected}@1`;
    return { metric, unit: "Gadd/s", work: calls * ofList(ends) * width, limit: s.limits.loadAdd, executable };
  };

/** The same gradients by way of lists of steps, one a row: the sort is part of it. */
const outerSorted =
  (rows: number, width: number, expected: number): Build =>
  async (s) => {
    const groups = 4;
    const { list, ends } = lists(rows, expected, groups * ROUND);
    const stride = padded(width);
    const sort: Kernel = {
      kind: "transposeLists",
      type: "f32",
      rows,
      listStride: 0,
      endsStride: ROUND,
      numberStride: ROUND + 1,
      valued: false,
    };
    const sum: Kernel = { kind: "gatherRows", type: "f32", width: stride, stride, valued: false, init: true };
    const out = place("out", 0, along("row", stride));
    const order = { starts: place("starts"), order: place("order") };
    const row = invoke(
      sum,
      { out, init: out, weights: place("delta"), list: place("order") },
      { from: place("starts", 0, along("row", 1)), to: place("starts", 1, along("row", 1)) },
    );
    const { executable, calls } = await load(s, {
      name: "outer",
      buffers: [
        buffer("out", "f32", rows * stride),
        buffer("list", "u32", list.length),
        buffer("ends", "i32", ends.length),
        buffer("delta", "f32", groups * (ROUND + 1) * stride),
        buffer("starts", "i32", rows + 1),
        buffer("order", "u32", list.length),
      ],
      body: [
        invoke(sort, { list: place("list"), ends: place("ends"), ...order }, { groups, steps: ROUND }),
        loop("row", rows, [row]),
      ],
      times: 1,
      inputs: { list, ends, delta: floats(groups * (ROUND + 1) * stride).map((x) => 1e-6 * x) },
    });
    const metric = `outer rows ${rows}x${width} sorted, ${groups}x${ROUND} steps of ${expected}@1`;
    return { metric, unit: "Gadd/s", work: calls * ofList(ends) * width, limit: s.limits.loadAdd, executable };
  };

interface Shape {
  readonly rows: number;
  readonly depth: number;
  readonly width: number;
}
/** A matrix product; `transposed` is `out += aᵀ b`, the gradient of dense weights. */
const product =
  ({ rows, depth, width }: Shape, transposed = false): Build =>
  async (s) => {
    const kernel: Kernel = {
      kind: "product",
      type: "f32",
      width,
      bStride: width,
      outStride: width,
      aRow: transposed ? 1 : depth,
      aColumn: transposed ? rows : 1,
      start: transposed ? "out" : "zero",
    };
    const { executable, calls } = await load(s, {
      name: "product",
      buffers: [
        buffer("a", "f32", rows * depth),
        buffer("b", "f32", depth * width),
        buffer("out", "f32", rows * width),
      ],
      body: [invoke(kernel, { out: place("out"), a: place("a"), b: place("b") }, { rows, depth })],
      times: 1,
      inputs: { a: floats(rows * depth), b: floats(depth * width).map((x) => 1e-3 * x) },
    });
    const metric = `dense product ${rows}x${depth}x${width}${transposed ? " into a gradient" : ""}@1`;
    // One row is a stream of b: a load for each addition.
    const limit = rows > 1 ? s.limits.mulAdd : 2 * s.limits.loadAdd;
    return { metric, unit: "GFLOP/s", work: 2 * rows * depth * width * calls, limit, executable };
  };

const element = (name: string): Slot => ({ name, type: "f32", space: "element" });
const into = (name: string): Slot => ({ name, type: "u32", space: "uniform" });
const f = (name: string) => read("f32", name);
const zero = f32(0);
const leak = f32(0.951);

/** A LIF neuron that subtracts its threshold, as the forward pass of training runs it. */
function lifStep(kept: boolean): Step {
  const v = add(mul(f("v"), leak), f("in"));
  const over = sub(v, f32(1));
  const spike = compare("gt", over, zero);
  const stores: Store[] = [
    { slot: "v", mode: "set", value: select(spike, over, v) },
    { slot: "list", mode: "append", value: spike },
  ];
  if (kept) stores.push({ slot: "bits", mode: "bits", value: spike }, { slot: "tape", mode: "set", value: over });
  const slots = [element("v"), element("in"), into("list"), ...(kept ? [into("bits"), element("tape")] : [])];
  return { name: "lif", slots, stores };
}
/** Its adjoint with a triangle for the derivative of the spike. */
function adjointStep(): Step {
  const [tape, d, spike] = [f("tape"), f("d"), f("out")];
  const fired = compare("gt", tape, zero);
  const height = max(sub(f32(1), abs(tape)), zero);
  const sum = add(select(fired, zero, d), add(mul(spike, height), select(fired, d, zero)));
  return {
    name: "adjoint",
    slots: [element("d"), element("out"), element("delta"), element("tape")],
    stores: [
      { slot: "d", mode: "set", value: mul(sum, leak) },
      { slot: "delta", mode: "set", value: sum },
    ],
  };
}
function supportStep(): Step {
  const height = max(sub(f32(1), abs(f("tape"))), zero);
  return {
    name: "support",
    slots: [element("tape"), into("list")],
    stores: [{ slot: "list", mode: "append", value: compare("ne", height, zero) }],
  };
}
const sumStep: Step = {
  name: "sum",
  slots: [element("x"), element("d")],
  stores: [{ slot: "d", mode: "add", value: f("x") }],
};
const compactStep: Step = {
  name: "compact",
  slots: [element("x"), into("list")],
  stores: [{ slot: "list", mode: "append", value: compare("gt", f("x"), zero) }],
};

/** What is the same in every call; the other element slots have a row for each. */
const RESIDENT: ReadonlySet<string> = new Set(["v", "d"]);

/** A body over `n` elements. Its limit: operations at the rate of multiply and add, loads at the rate of load and add. */
const elements =
  (title: string, step: Step, n: number, inputs: Readonly<Record<string, (n: number) => Float32Array>>): Build =>
  async (s) => {
    const words = Math.ceil(n / 32);
    const places: Record<string, Place> = {};
    const buffers: Buffer[] = [buffer("ends", "i32", 2)];
    for (const slot of step.slots) {
      const row = slot.space === "element" ? padded(n) : slot.name === "bits" ? words : n + 4;
      const resident = RESIDENT.has(slot.name);
      buffers.push(buffer(slot.name, slot.type, resident ? row : ROUND * row));
      places[slot.name] = resident ? place(slot.name) : place(slot.name, 0, along("r", row));
    }
    if (step.stores.some((x) => x.mode === "append")) {
      places["list.from"] = place("ends");
      places["list.to"] = place("ends", 1);
    }
    const length = (name: string): number => buffers.find((b) => b.name === name)!.length;
    const { executable, calls } = await load(s, {
      name: step.name,
      buffers,
      body: [invoke({ kind: "perElement", step }, places, { n })],
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, make]) => [name, make(length(name))])),
    });
    const { read } = countStep(step);
    const limit = 1 / Math.max(flops(step) / s.limits.mulAdd, read.element / 4 / s.limits.loadAdd);
    return { metric: `${title}, n=${n}@1`, unit: "Gelement/s", work: n * calls, limit, executable };
  };

/** Some 9 % of the neurons fire in a step. */
const drive = (n: number): Float32Array => floats(n).map((x) => 0.14 + 0.4 * x);
const tape = (n: number): Float32Array => floats(n).map((x) => 3 * x);
const errors = (n: number): Float32Array => floats(n);

/** The bits of `n` neurons, 9 % set, to a list; so many that no branch predictor learns them. */
const unpack =
  (n: number): Build =>
  async (s) => {
    const [words, rows] = [Math.ceil(n / 32), 40 * ROUND];
    const next = uniform(n);
    const bits = Uint32Array.from({ length: rows * words }, () => {
      let word = 0;
      for (let k = 0; k < 32; k++) if (next() < 0.09) word |= 1 << k;
      return word;
    });
    const args = {
      bits: place("bits", 0, along("r", words)),
      list: place("list"),
      from: place("ends"),
      to: place("ends", 1),
    };
    const { executable, calls } = await load(s, {
      name: "unpack",
      buffers: [buffer("bits", "u32", bits.length), buffer("list", "u32", n + 4), buffer("ends", "i32", 2)],
      body: [invoke({ kind: "unpackBits" }, args, { n })],
      times: rows,
      inputs: { bits },
    });
    const metric = `bits to a list at 9 %, n=${n}@1`;
    return { metric, unit: "Gbit/s", work: n * calls, limit: s.limits.loadAdd, executable };
  };

const clear =
  (n: number): Build =>
  async (s) => {
    const { executable, calls } = await load(s, {
      name: "zero",
      buffers: [buffer("out", "f32", ROUND * n)],
      body: [invoke({ kind: "zero", type: "f32" }, { out: place("out", 0, along("r", n)) }, { n })],
    });
    return { metric: `zero, n=${n}@1`, unit: "Gelement/s", work: n * calls, limit: s.limits.loadAdd, executable };
  };

/** The second convolution of `train-conv`. */
const SIDE: Axis = { source: 12, target: 8, kernel: 5, stride: 1, padding: 0, dilation: 1 };
const SECOND: Windows = { rows: SIDE, columns: SIDE, sources: 12, targets: 64, groups: 1 };
/** Spikes of `expected` sources through windows, or the gradient of the weights that they use. */
const throughWindows =
  (kind: "scatterWindows" | "outerWindows", expected: number): Build =>
  async (s) => {
    const w = SECOND;
    const { list, ends } = lists(sourceCount(w), expected);
    const [weights, targets] = [weightRows(w) * w.targets, targetCount(w)];
    const shape = { type: "f32", windows: w, stride: w.targets, listed: true, valued: false } as const;
    const kernel: Kernel = { kind, ...shape };
    const at = place("targets", 0, along("r", targets));
    const args = {
      ...(kind === "scatterWindows"
        ? { out: at, weights: place("weights") }
        : { out: place("weights"), a: at, order: place("order"), near: place("near") }),
      list: place("list"),
      reach: place("reach"),
    };
    const { executable, calls } = await load(s, {
      name: kind,
      buffers: [
        buffer("weights", "f32", weights),
        buffer("targets", "f32", ROUND * targets),
        buffer("list", "u32", list.length),
        buffer("ends", "i32", ends.length),
        buffer("order", "u32", outerOrderLength(shape)),
        buffer("near", "f32", nearLength(w, "f32")),
        buffer("reach", "i32", reachLength("source", w)),
      ],
      body: [invoke(kernel, args, fromTo)],
      inputs: { list, ends, weights: floats(weights), reach: reachTable("source", w) },
    });
    const reached = list.reduce((sum, i) => sum + reachCount(w, i), 0) * w.targets;
    const metric = `${kind} 12x12x12 by 5x5 to 64, ${expected} events@1`;
    return { metric, unit: "Gadd/s", work: (calls / ROUND) * reached, limit: s.limits.loadAdd, executable };
  };

export const WORKLOADS: readonly Build[] = [
  throughWindows("scatterWindows", 93),
  throughWindows("outerWindows", 93),
  gather(700, 256, 14),
  gather(256, 256, 23),
  gather(256, 20, 23),
  gather(784, 1000, 78),
  gather(1000, 12, 60),
  dots(256, 256, 40, false),
  dots(256, 256, 85, false),
  dots(256, 20, 85, true),
  dots(1000, 12, 150, false),
  allDots(256, 256),
  allDots(256, 20),
  allDots(1000, 12),
  outer(700, 256, 14),
  outer(256, 256, 23),
  outer(256, 64, 23),
  outer(256, 20, 23),
  outer(784, 1000, 78),
  outerSorted(700, 256, 14),
  outerSorted(256, 256, 23),
  outerSorted(256, 64, 23),
  outerSorted(256, 20, 23),
  outerSorted(784, 1000, 78),
  ...[256, 1000].flatMap((n) => [
    elements("LIF step with list", lifStep(false), n, { in: drive }),
    elements("LIF step with list, bits and tape", lifStep(true), n, { in: drive }),
    elements("adjoint of a LIF step", adjointStep(), n, { tape, out: errors }),
    elements("support list", supportStep(), n, { tape }),
    elements("row added to a row", sumStep, n, { x: errors }),
    elements("compaction at 5 %", compactStep, n, { x: (m) => floats(m).map((x) => x - 0.45) }),
  ]),
  unpack(256),
  unpack(1000),
  clear(20),
  clear(256),
  clear(1000),
  deliver("i8", "near"),
  deliver("i8", "far"),
  deliver("f32", "near"),
  deliver("f32", "far"),
  product({ rows: 128, depth: 784, width: 800 }),
  product({ rows: 1, depth: 784, width: 1000 }),
  product({ rows: 784, depth: 4, width: 1000 }, true),
  product({ rows: 1, depth: 36, width: 36 }),
];
