/** Transforms as kernels. */

import { call, compare, constant, div, type Expr, mul, read, sub } from "../../ir/expr.ts";
import { type Invoke, invoke, type Node, type Place, place, shifted } from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import { type BatchNorm, type Transform, windowsOfPool } from "../../model/transform.ts";
import { addStep, copyStep, elementCall } from "./bodies.ts";
import type { Lowered } from "./lower.ts";
import { meetingNode } from "./meetings.ts";
import { NormKernels } from "./norms.ts";
import { PART } from "./parts.ts";
import { StepNorm } from "./stepNorms.ts";
import { stepOf } from "./stepOf.ts";
import { maximaCall } from "./windows.ts";

type Parts = Pick<Lowered, "context" | "sources" | "parameters">;
type Make<K extends Transform["kind"]> = (name: string, t: Extract<Transform, { kind: K }>, l: Parts) => Node[];

const MAKE: { readonly [K in Transform["kind"]]: Make<K> } = {
  concat,
  softmax,
  maxPool,
  sum,
  spikeJoin,
  batchNorm,
};

export const transformNodes = (name: string, t: Transform, l: Parts): Node[] =>
  (MAKE[t.kind] as Make<Transform["kind"]>)(name, t as never, l);

const rowOf = (l: Parts, node: string, port: string): Place => l.sources.values.get(`${node}.${port}`)!.row();

function concat(name: string, t: Transform, l: Parts): Node[] {
  const out = rowOf(l, name, "value");
  let offset = 0;
  return t.of.map(({ node, port }) => {
    const n = l.context.size(node);
    const copy = invoke(
      { kind: "perElement", step: copyStep(l.context.type) },
      { x: rowOf(l, node, port), out: shifted(out, offset) },
      { n },
    );
    offset += n;
    return copy;
  });
}

/** Lists who gives 1, for those who listen as to neurons. */
export function tellNode(name: string, { context: c, sources }: Parts): Invoke {
  const step: Step = {
    name: `${name}.tell`,
    slots: [
      { name: "x", type: c.type, space: "element" },
      { name: "spikes", type: "u32", space: "uniform" },
    ],
    stores: [{ slot: "spikes", mode: "append", value: compare("gt", read(c.type, "x"), constant(c.type, 0)) }],
  };
  const { list, from, to } = sources.spikes.get(name)!.events(0, PART);
  const start = typeof from === "number" ? place("zero") : from;
  const args = { x: sources.values.get(`${name}.value`)!.row(), spikes: list, "spikes.from": start, "spikes.to": to };
  return elementCall(step, args, c.size(name));
}

function maxPool(name: string, t: Extract<Transform, { kind: "maxPool" }>, l: Parts): Node[] {
  const { context: c } = l;
  const [x, out] = [rowOf(l, t.of[0]!.node, t.of[0]!.port), rowOf(l, name, "value")];
  return [
    invoke({ kind: "zero", type: c.type }, { out }, { n: c.stride(name) }),
    maximaCall({ name, windows: windowsOfPool(name, t, c.net), constant: false }, x, out, c),
  ];
}

/** exp(x - max) / Σ exp(x - max) */
function softmax(name: string, t: Transform, l: Parts): Node[] {
  const { context: c } = l;
  const { type } = c;
  const [x, out] = [rowOf(l, t.of[0]!.node, t.of[0]!.port), rowOf(l, name, "value")];
  const r = (slot: string): Expr => read(type, slot);
  const [max, sum] = ["max", "sum"].map((part) => place(c.buffer(`${name}.${part}`, type, 1, "work"))) as [
    Place,
    Place,
  ];
  const run = (s: Step, args: Record<string, Place>, n = t.size): Node =>
    invoke({ kind: "perElement", step: s }, args, { n });
  const set = (value: number): Step => stepOf(`${name}.start`, type, "e:out", "out", "set", constant(type, value));
  return [
    run(set(Number.NEGATIVE_INFINITY), { out: max }, 1),
    run(stepOf(`${name}.max`, type, "e:x u:max", "max", "max", r("x")), { x, max }),
    run(stepOf(`${name}.exp`, type, "e:x u:max e:out", "out", "set", call("exp", sub(r("x"), r("max")))), {
      x,
      max,
      out,
    }),
    run(set(0), { out: sum }, 1),
    run(stepOf(`${name}.sum`, type, "e:x u:sum", "sum", "sum", r("x")), { x: out, sum }),
    run(stepOf(`${name}.divide`, type, "e:out u:sum", "out", "set", div(r("out"), r("sum"))), { out, sum }),
  ];
}

/** Added up in the order named; what connections bring lies in the row already (`contributions.ts`). */
function sum(name: string, t: Transform, l: Parts): Node[] {
  const { context: c } = l;
  const out = rowOf(l, name, "value");
  const brought = c.net.connections.some((x) => x.to.node === name);
  return t.of.map(({ node, port }, k) =>
    elementCall(k === 0 && !brought ? copyStep(c.type) : addStep(c.type), { x: rowOf(l, node, port), out }, t.size),
  );
}

function batchNorm(name: string, t: BatchNorm, l: Parts): Node[] {
  if (!l.context.meetsInStep(name)) return new NormKernels(name, t, l).normalise();
  const norm = new StepNorm(name, t, l);
  return [meetingNode(norm.statistics()), ...norm.normalise()];
}

/** Of spikes as 0 and 1: both, or the shortcut without the branch. */
function spikeJoin(name: string, t: Extract<Transform, { kind: "spikeJoin" }>, l: Parts): Node[] {
  const { type } = l.context;
  const [branch, shortcut] = t.of.map((e) => rowOf(l, e.node, e.port)) as [Place, Place];
  const a = read(type, "branch");
  const factor = t.how === "and" ? a : sub(constant(type, 1), a);
  const value = mul(factor, read(type, "shortcut"));
  const join = stepOf(`${name}.${t.how}`, type, "e:branch e:shortcut e:out", "out", "set", value);
  return [elementCall(join, { branch, shortcut, out: rowOf(l, name, "value") }, t.size)];
}
