/** What scales the weights that arrive at each target so that they add up to one number for all: between samples. */
import { listNames, ModelError, requirePositive } from "../../base/errors.ts";
import { compare, constant, div, mul, read, select } from "../../ir/expr.ts";
import { loop, type Node, type Place, place } from "../../ir/program.ts";
import type { Slot, Step } from "../../ir/step.ts";
import type { FloatType } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import { elementCall } from "./bodies.ts";
import type { Lowered } from "./lower.ts";
import { byPart } from "./parts.ts";
import { overSynapses } from "./synapses.ts";

/** What the weights of each target are to add up to, by connection. */
export type Totals = Readonly<Record<string, number>>;

/** @throws {ModelError} `unknown-name` for a connection whose synapses have no weights of their own; `out-of-range` */
export function normaliseNodes(totals: Totals, l: Lowered): Node[] {
  const nodes = Object.entries(totals).flatMap(([name, total]) => {
    const path = `engine.normalise.${name}`;
    requirePositive(path, total);
    const own = [...l.sources.synapses].filter(([, t]) => t.weights === "synapse");
    const parts = l.net.connections.filter((c) => own.some(([part, t]) => part === c.name && t.of === name));
    if (parts.length > 0) return scaled(name, total, parts, l);
    const known = listNames(new Set(own.map(([, t]) => t.of)));
    throw new ModelError(
      "unknown-name",
      path,
      `no connection whose synapses have weights of their own; known: ${known}`,
    );
  });
  // Parts of populations share buffers, as in a loop over time; rounds of an outermost loop would have copies (`ir/parallel.ts`).
  return l.context.parts === 1 ? nodes : [loop("once", 1, nodes)];
}

/** @param parts the connection, or what it was taken apart into by delay */
function scaled(name: string, total: number, parts: readonly Connection[], l: Lowered): Node[] {
  const { context: c, sources } = l;
  const { node } = parts[0]!.to;
  const sum = place(c.buffer(`${name}.total`, c.type, c.stride(node), "work"));
  const each = (step: Step): Node[] =>
    parts.map((x) => {
      const places: Record<string, Place> = { w: sources.synapses.get(x.name)!.variable("w"), sum };
      return overSynapses(x, { kind: "perSynapse", domain: "all", step }, places, l);
    });
  const neurons = (step: Step): Node => byPart(elementCall(step, { sum }, c.size(node)), node, c);
  return [neurons(clear(c.type)), ...each(addUp(c.type)), neurons(factor(c.type, total)), ...each(scale(c.type))];
}

const slots = (type: FloatType, space: "post" | "element"): Slot[] => [
  ...(space === "post" ? [{ name: "w", type, space: "synapse" } as const] : []),
  { name: "sum", type, space },
];
const clear = (type: FloatType): Step => ({
  name: "normalise.clear",
  slots: slots(type, "element"),
  stores: [{ slot: "sum", mode: "set", value: constant(type, 0) }],
});
const addUp = (type: FloatType): Step => ({
  name: "normalise.sum",
  slots: slots(type, "post"),
  stores: [{ slot: "sum", mode: "add", value: read(type, "w") }],
});
/** The sum becomes the factor; where there is nothing to scale, 1. */
const factor = (type: FloatType, total: number): Step => {
  const sum = read(type, "sum");
  const some = compare("gt", sum, constant(type, 0));
  const value = select(some, div(constant(type, total), sum), constant(type, 1));
  return { name: "normalise.factor", slots: slots(type, "element"), stores: [{ slot: "sum", mode: "set", value }] };
};
const scale = (type: FloatType): Step => ({
  name: "normalise.scale",
  slots: slots(type, "post"),
  stores: [{ slot: "w", mode: "set", value: mul(read(type, "w"), read(type, "sum")) }],
});
