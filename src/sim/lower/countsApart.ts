/**
 * Poisson counts of a mean that all neurons share are drawn by a kernel of their own (`drawCounts`), before the step that reads
 * them, many at a time, from words of their own (`base/draws.ts`). Counts of means that differ are drawn within the step.
 */
import { type Expr, read } from "../../ir/expr.ts";
import { along, type Invoke, invoke, type Place, place, RANGE } from "../../ir/program.ts";
import { countBounds, DRAW_SLOTS } from "../../ir/random.ts";
import { simplify } from "../../ir/simplify.ts";
import { nodes, rewriteStep, type Slot } from "../../ir/step.ts";
import type { FloatType } from "../../ir/types.ts";
import type { Context } from "./context.ts";
import type { Kernel } from "./populations.ts";

/** The same kernel, of which counts are drawn apart. */
export function countsApart(kernel: Kernel, node: string, c: Context): Kernel {
  const plain = simplify(kernel.step);
  const names = new Map<Expr, string>();
  const args: Record<string, Place> = { ...kernel.args };
  const [slots, draws]: [Slot[], Invoke[]] = [[], []];
  for (const e of nodes(plain)) {
    const bounds = e.tag === "draw" && e.law === "poisson" ? countBounds(e) : undefined;
    if (e.tag !== "draw" || !bounds) continue;
    const name = `counts.${e.stream}.${draws.length}`;
    const type = e.type as FloatType;
    const stride = RANGE * Math.ceil(c.size(node) / RANGE);
    const buffer = c.buffer(`${node}.${name}`, type, c.options.samples * stride, "work");
    const out = place(buffer, 0, along("s", stride));
    const of = Object.fromEntries(Object.keys(DRAW_SLOTS).map((slot) => [slot, kernel.args[slot]!]));
    const law = { kind: "drawCounts", type, stream: e.stream, bounds } as const;
    names.set(e, name);
    slots.push({ name, type, space: "element" });
    args[name] = out;
    draws.push(invoke(law, { out, ...of }, { first: 0, n: c.size(node) }));
  }
  if (draws.length === 0) return kernel;
  const step = rewriteStep(plain, (e) => (names.has(e) ? read(e.type, names.get(e)!) : e));
  return { ...kernel, step: { ...step, slots: [...step.slots, ...slots] }, args, draws };
}
