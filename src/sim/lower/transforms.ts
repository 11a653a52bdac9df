/** Transforms as kernels. */

import { expand } from "../../ir/expand.ts";
import { add, call, constant, div, type Expr, mul, read, sqrt, sub } from "../../ir/expr.ts";
import { along, invoke, loop, type Node, type Place, padded, place, shifted } from "../../ir/program.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Slot, Step, StoreMode } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";
import { reachTable, type Windows } from "../../ir/windows.ts";
import { type Transform, windowsOfPool } from "../../model/transform.ts";
import { copyStep } from "./bodies.ts";
import type { Context } from "./context.ts";
import { overSteps } from "./contributions.ts";
import type { Lowered } from "./lower.ts";

type Parts = Pick<Lowered, "context" | "sources">;
type Make<K extends Transform["kind"]> = (name: string, t: Extract<Transform, { kind: K }>, l: Parts) => Node[];

const MAKE: { readonly [K in Transform["kind"]]: Make<K> } = { concat, softmax, maxPool, batchNorm };

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

/** Where each maximum of a step was, which errors go back to; only where they may. */
export function maximaPlace(name: string, c: Context): Place | undefined {
  if (c.options.mode === "stream") return undefined;
  const stride = padded(c.size(name), "u32");
  const sample = c.stepsKept * stride;
  const buffer = c.buffer(`${name}.index`, "u32", c.options.samples * sample, "tape");
  return place(buffer, 0, along("s", sample), along("t", stride));
}
export const reachPlace = (side: "source" | "target", w: Windows, name: string, c: Context): Place =>
  place(c.constant(`${name}.reach.${side}`, reachTable(side, w), "i32"));

function maxPool(name: string, t: Extract<Transform, { kind: "maxPool" }>, l: Parts): Node[] {
  const { context: c } = l;
  const [x, out] = [rowOf(l, t.of[0]!.node, t.of[0]!.port), rowOf(l, name, "value")];
  const windows = windowsOfPool(name, t, c.net);
  const index = maximaPlace(name, c);
  const kernel = { kind: "maxPool", type: c.type, windows, indexed: index !== undefined } as const;
  const reach = reachPlace("target", windows, name, c);
  return [
    invoke({ kind: "zero", type: c.type }, { out }, { n: c.stride(name) }),
    invoke(kernel, { out, a: x, reach, ...(index && { index }) }),
  ];
}

/** A step from named slots, `u` uniform and `e` element ones. */
export function stepOf(name: string, type: Type, slots: string, store: string, mode: StoreMode, value: Expr): Step {
  const list = slots
    .split(" ")
    .map((s): Slot => ({ name: s.slice(2), type, space: s.startsWith("u:") ? "uniform" : "element" }));
  return simplify(expand({ name, slots: list, stores: [{ slot: store, mode, value }] }));
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

/** Mean and variance over all samples and steps at hand, then the normalised rows. */
function batchNorm(name: string, t: Extract<Transform, { kind: "batchNorm" }>, l: Parts): Node[] {
  const { context: c } = l;
  const { type } = c;
  const [x, out] = [rowOf(l, t.of[0]!.node, t.of[0]!.port), rowOf(l, name, "value")];
  const r = (slot: string): Expr => read(type, slot);
  const [mean, variance] = ["mean", "variance"].map((part) =>
    place(c.buffer(`${name}.${part}`, type, c.stride(name), "work")),
  ) as [Place, Place];
  const count = place(c.buffer(`${name}.count`, type, 1, "work"));
  const run = (s: Step, args: Record<string, Place>, n = t.size): Node =>
    invoke({ kind: "perElement", step: s }, args, { n });
  // One after the other: all samples share one sum.
  const everywhere = (...nodes: Node[]): Node[] => [loop("s", c.sampleCount, overSteps(c, nodes))];
  const clear = (out: Place): Node => invoke({ kind: "zero", type }, { out }, { n: t.size });
  const centred = sub(r("x"), r("mean"));
  const divide = (into: Place): Node =>
    run(stepOf(`${name}.divide`, type, "e:sum u:count", "sum", "set", div(r("sum"), r("count"))), { sum: into, count });
  return [
    clear(mean),
    clear(variance),
    invoke({ kind: "zero", type }, { out: count }, { n: 1 }),
    ...everywhere(
      run(stepOf(`${name}.count`, type, "e:count", "count", "add", constant(type, 1)), { count }, 1),
      run(stepOf(`${name}.sum`, type, "e:x e:mean", "mean", "add", r("x")), { x, mean }),
    ),
    divide(mean),
    ...everywhere(
      run(stepOf(`${name}.square`, type, "e:x e:mean e:variance", "variance", "add", mul(centred, centred)), {
        x,
        mean,
        variance,
      }),
    ),
    divide(variance),
    ...everywhere(
      run(
        stepOf(
          `${name}.normalise`,
          type,
          "e:x e:mean e:variance e:out",
          "out",
          "set",
          div(centred, sqrt(add(r("variance"), constant(type, t.epsilon)))),
        ),
        { x, mean, variance, out },
      ),
    ),
  ];
}
