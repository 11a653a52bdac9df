/**
 * Numbers that have decayed to less than a normal number become zero. A processor is many times slower with them, and a decay
 * never gets out by itself: of the last places of a number, rounding gives back as many as it takes.
 */
import { abs, compare, constant, read, select } from "../../ir/expr.ts";
import { loop, type Node, type Place } from "../../ir/program.ts";
import type { Slot, Step } from "../../ir/step.ts";
import { type FloatType, isFloat } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import { SPIKE } from "../../model/slots.ts";
import { dynamicsOf } from "../../model/synapse.ts";
import { elementCall } from "./bodies.ts";
import { overSamples } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import { byPart } from "./parts.ts";
import { statePlace } from "./places.ts";
import { overSynapses } from "./synapses.ts";

/** Steps from one flush to the next: it costs as much as a step of what it looks at, and so much longer is a slow one at most. */
export const FLUSH_EVERY = 256;

/** The least normal number of a type. */
const NORMAL: Readonly<Record<FloatType, number>> = { f32: 2 ** -126, f64: 2 ** -1022 };

/** States of neurons, and variables of synapses that move by the clock. */
export function flushNodes(l: Lowered): Node[] {
  const { context: c } = l;
  const neurons = [...l.populations.values()].flatMap(({ node, states }) =>
    states
      .filter(({ name, buffer }) => name !== SPIKE && isFloat(c.buffers.get(buffer)!.type))
      .map(({ name }) =>
        byPart(elementCall(flush(c.type, "element"), { x: statePlace(node, name, c) }, c.size(node)), node, c),
      ),
  );
  const nodes = [...overSamples(c, neurons), ...l.net.connections.flatMap((x) => synapses(x, l))];
  return c.parts === 1 || nodes.length === 0 ? nodes : [loop("once", 1, nodes)];
}

function synapses(c: Connection, l: Lowered): Node[] {
  const tables = l.sources.synapses.get(c.name);
  const moving = c.synapse ? (dynamicsOf(c.synapse)?.clockDriven ?? []) : [];
  return moving
    .filter(({ name }) => tables?.own.includes(name))
    .map(({ name }) => {
      const x: Place = tables!.variable(name);
      const step = flush(l.context.type, "synapse");
      return overSynapses(c, { kind: "perSynapse", domain: "all", step }, { x }, l);
    });
}

/** What is nearer to zero than `least` becomes zero. */
export function flush(type: FloatType, space: Slot["space"], least = NORMAL[type]): Step {
  const x = read(type, "x");
  const nothing = compare("lt", abs(x), constant(type, least));
  return {
    name: "flush",
    slots: [{ name: "x", type, space }],
    stores: [{ slot: "x", mode: "set", value: select(nothing, constant(type, 0), x) }],
  };
}
