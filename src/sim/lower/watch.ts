/**
 * Whether every state of every neuron is still a number, found out after a block of steps: a sum of `x - x`, which is zero unless
 * one is infinite or not a number. Each part looks at its own neurons, which are in its cache.
 */
import { add, type Expr, read, sub } from "../../ir/expr.ts";
import { along, loop, type Node, type Place, place } from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import { type FloatType, isFloat } from "../../ir/types.ts";
import { elementCall } from "./bodies.ts";
import type { Context } from "./context.ts";
import { overSamples } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import { byPart, PART } from "./parts.ts";
import { statePlace } from "./places.ts";
import type { PopulationKernels } from "./populations.ts";

/** Sums of the populations of each trial, for each part on cache lines of its own. */
export const WATCH = "watch";
/** No variable has a name like that. */
const SUM = "watch.sum";
/** Numbers of a cache line at most. */
const LINE = 16;

export function watchNodes({ context: c, populations }: Lowered): Node[] {
  const watched = [...populations.values()].map((p) => ({ node: p.node, names: floatsOf(p, c) }));
  const some = watched.filter(({ names }) => names.length > 0);
  if (some.length === 0) return [];
  const apart = LINE * Math.ceil((c.options.samples * some.length) / LINE);
  c.buffer(WATCH, c.type, c.parts * apart, "output");
  const sumOf = (k: number): Place =>
    place(WATCH, k, along("s", some.length), ...(c.parts > 1 ? [along(PART, apart)] : []));
  const calls = some.map(({ node, names }, k) => {
    const states = names.map((name) => [name, statePlace(node, name, c)] as const);
    const step = watchStep(names, c.type);
    return byPart(elementCall(step, { ...Object.fromEntries(states), [SUM]: sumOf(k) }, c.size(node)), node, c);
  });
  const nodes = overSamples(c, calls);
  return c.parts === 1 ? nodes : [loop("once", 1, nodes)];
}

const floatsOf = ({ states }: PopulationKernels, c: Context): string[] =>
  states.filter(({ buffer }) => isFloat(c.buffers.get(buffer)!.type)).map(({ name }) => name);

/** `watch.sum += (x - x) + …` */
export function watchStep(names: readonly string[], type: FloatType): Step {
  const nothing = names.map((name): Expr => sub(read(type, name), read(type, name)));
  return {
    name: WATCH,
    slots: [...names.map((name) => ({ name, type, space: "element" }) as const), { name: SUM, type, space: "uniform" }],
    stores: [{ slot: SUM, mode: "sum", value: nothing.reduce(add) }],
  };
}
