/**
 * Poisson counts of a mean that all neurons share are drawn by a kernel of their own (`drawCounts`), before the step that reads
 * them, many at a time, from words of their own (`base/draws.ts`). Counts of means that differ are drawn within the step.
 *
 * Nobody else asks for them. So all populations of an engine draw into the same memory, that of their part: it stays in the
 * cache, and pushes nothing else out.
 */
import { type Expr, read } from "../../ir/expr.ts";
import { along, COUNT_OPEN, type Invoke, invoke, type Place, place } from "../../ir/program.ts";
import { countLaw, DRAW_SLOTS } from "../../ir/random.ts";
import { simplify } from "../../ir/simplify.ts";
import { nodes, rewriteStep, type Slot } from "../../ir/step.ts";
import type { FloatType } from "../../ir/types.ts";
import type { Context } from "./context.ts";
import { PART, partWidth } from "./parts.ts";
import type { Kernel } from "./populations.ts";

/** The same kernel, of which counts are drawn apart. */
export function countsApart(kernel: Kernel, node: string, c: Context): Kernel {
  const plain = simplify(kernel.step);
  const names = new Map<Expr, string>();
  const args: Record<string, Place> = { ...kernel.args };
  const [slots, draws]: [Slot[], Invoke[]] = [[], []];
  for (const e of nodes(plain)) {
    const law = e.tag === "draw" && e.law === "poisson" ? countLaw(e) : undefined;
    if (e.tag !== "draw" || !law) continue;
    const name = `counts.${e.stream}.${slots.length}`;
    const type = e.type as FloatType;
    const out = countsPlace(node, slots.length, type, c);
    const of = Object.fromEntries(Object.keys(DRAW_SLOTS).map((slot) => [slot, kernel.args[slot]!]));
    names.set(e, name);
    slots.push({ name, type, space: "element" });
    args[name] = out;
    const places = { out, open: openPlace(c), ...of };
    for (let time = 0; time < law.times; time++)
      draws.push(
        invoke({ kind: "drawCounts", type, stream: e.stream, law, time }, places, { first: 0, n: c.size(node) }),
      );
  }
  if (draws.length === 0) return kernel;
  const step = rewriteStep(plain, (e) => (names.has(e) ? read(e.type, names.get(e)!) : e));
  return { ...kernel, step: { ...step, slots: [...step.slots, ...slots] }, args, draws };
}

/** Where a node's counts lie, so that those of the neurons of a part are in the memory of the part. */
function countsPlace(node: string, draw: number, type: FloatType, c: Context): Place {
  const widthOf = (n: string): number => partWidth(c.size(n), c.parts);
  const shared = c.options.mode === "stream";
  const width = shared ? Math.max(...Object.keys(c.net.populations).map(widthOf)) : widthOf(node);
  const name = shared ? `counts.${draw}` : `${node}.counts.${draw}`;
  const room = c.parts * width;
  const buffer = c.transient(name, type, c.options.samples * room);
  return place(
    buffer,
    0,
    along("s", room),
    ...(c.parts > 1 && width > widthOf(node) ? [along(PART, width - widthOf(node))] : []),
  );
}
/** What a part's draws note for themselves. */
function openPlace(c: Context): Place {
  const buffer = c.transient("counts.open", "u32", c.options.samples * c.parts * COUNT_OPEN);
  return place(buffer, 0, along("s", c.parts * COUNT_OPEN), ...(c.parts > 1 ? [along(PART, COUNT_OPEN)] : []));
}
