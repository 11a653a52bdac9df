/**
 * Numbers that have decayed to less than a normal number become zero. A processor is many times slower with them, and a decay
 * never gets out by itself: of the last places of a number, rounding gives back as many as it takes.
 */
import { abs, compare, constant, read, select } from "../../ir/expr.ts";
import { along, loop, type Node, type Place, place, type Term } from "../../ir/program.ts";
import type { Slot, Step } from "../../ir/step.ts";
import { type FloatType, isFloat } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import { SPIKE } from "../../model/slots.ts";
import { dynamicsOf } from "../../model/synapse.ts";
import { elementCall } from "./bodies.ts";
import { type Context, SEGMENT } from "./context.ts";
import { overSamples } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import { byPart } from "./parts.ts";
import { statePlace } from "./places.ts";
import type { PopulationKernels } from "./populations.ts";
import { overSynapses } from "./synapses.ts";

/** Of an engine: steps from one flush to the next. It costs as much as a step of what it looks at, and so much longer is a slow one at most. */
export const FLUSH_EVERY = 256;

/**
 * In training and evaluation, where all steps of a sample run inside the backend: steps from one look to the next. So many
 * steps are slow at most while something decays, and looking costs a sixteenth of a pass over what is looked at. Samples of
 * few steps are left alone: to become denormal within them a number would have to halve in every step.
 */
const EVERY = 16;
const FEW_STEPS = 128;
/** There less is nothing: so far above the least normal number that products with weights, and with errors, are normal. */
const NOTHING: Readonly<Record<FloatType, number>> = { f32: 2 ** -100, f64: 2 ** -990 };

/** The least normal number of a type. */
const NORMAL: Readonly<Record<FloatType, number>> = { f32: 2 ** -126, f64: 2 ** -1022 };

/** States of neurons, and variables of synapses that move by the clock: of an engine, between runs. */
export function flushNodes(l: Lowered): Node[] {
  const { context: c } = l;
  const step = flush(c.type, "element", NORMAL[c.type]);
  const neurons = [...l.populations.values()].flatMap((p) =>
    statesOf(p, c).map((x) => byPart(elementCall(step, { x }, c.size(p.node)), p.node, c)),
  );
  const nodes = [...overSamples(c, neurons), ...l.net.connections.flatMap((x) => synapses(x, l))];
  return c.parts === 1 || nodes.length === 0 ? nodes : [loop("once", 1, nodes)];
}

const statesOf = ({ node, states }: PopulationKernels, c: Context): Place[] =>
  states
    .filter(({ name, buffer }) => name !== SPIKE && isFloat(c.buffers.get(buffer)!.type))
    .map(({ name }) => statePlace(node, name, c));

/**
 * The last thing in a step of a sample: states of these populations, when it is time. That goes by the sample's own steps, so
 * that segments of time and threads change no bit; errors go back as if nothing had happened.
 */
export function flushStates(nodes: readonly string[], l: Pick<Lowered, "context" | "populations">): Node[] {
  const { context: c, populations } = l;
  if (c.options.mode === "stream" || c.options.steps <= FEW_STEPS) return []; // an engine does it between runs
  const places = nodes.flatMap((node) => statesOf(populations.get(node)!, c).map((x) => ({ node, x })));
  const ofSegment = c.hasSegments ? [along(SEGMENT, c.stepsKept % EVERY, { modulo: EVERY })] : [];
  return nowAndThen(places, { name: "flush.states", last: EVERY - 1, at: [...ofSegment, OF_STEP] }, c);
}
/** The same for errors on their way back, by the steps of the segment at hand. */
export function flushErrors(places: readonly NodePlace[], c: Context): Node[] {
  if (c.stepsKept <= FEW_STEPS) return [];
  return nowAndThen(places, { name: "flush.errors", last: 0, at: [OF_STEP] }, c);
}
const OF_STEP = along("t", 1, { modulo: EVERY });
/** A number of each neuron of a node. */
interface NodePlace {
  readonly node: string;
  readonly x: Place;
}
/** In steps that leave this remainder; `at` sums up to the step at hand, but for whole rounds. */
interface When {
  readonly name: string;
  readonly last: number;
  readonly at: readonly Term[];
}
/** The table has no entry for each step: it would grow with them. */
function nowAndThen(places: readonly NodePlace[], { name, last, at }: When, c: Context): Node[] {
  if (places.length === 0) return [];
  const entries = 1 + at.reduce((sum, { stride }) => sum + (EVERY - 1) * stride, 0);
  const due = Int32Array.from({ length: entries }, (_, k) => Number(k % EVERY === last));
  const calls = places.map(({ node, x }) => elementCall(TO_NOTHING[c.type], { x }, c.size(node)));
  return [loop("flush", place(c.constant(name, due, "i32"), 0, ...at), calls)];
}

function synapses(c: Connection, l: Lowered): Node[] {
  const tables = l.sources.synapses.get(c.name);
  const moving = c.synapse ? (dynamicsOf(c.synapse)?.clockDriven ?? []) : [];
  return moving
    .filter(({ name }) => tables?.own.includes(name))
    .map(({ name }) => {
      const x: Place = tables!.variable(name);
      const step = flush(l.context.type, "synapse", NORMAL[l.context.type]);
      return overSynapses(c, { kind: "perSynapse", domain: "all", step }, { x }, l);
    });
}

/** What is nearer to zero than `least` becomes zero. */
function flush(type: FloatType, space: Slot["space"], least: number): Step {
  const x = read(type, "x");
  const nothing = compare("lt", abs(x), constant(type, least));
  return {
    name: "flush",
    slots: [{ name: "x", type, space }],
    stores: [{ slot: "x", mode: "set", value: select(nothing, constant(type, 0), x) }],
  };
}

/** One step for all, so that backends compile it once. */
const TO_NOTHING: Readonly<Record<FloatType, Step>> = {
  f32: flush("f32", "element", NOTHING.f32),
  f64: flush("f64", "element", NOTHING.f64),
};
