/** Where the slots of a population's step lie. */
import { along, type Place, place } from "../../ir/program.ts";
import { DRAW_SLOTS } from "../../ir/random.ts";
import { readsOf, type Step } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";
import { STEP_NUMBER, TIME } from "../../model/slots.ts";
import { type Context, KEY } from "./context.ts";
import type { PortSum } from "./contributions.ts";
import { PART } from "./parts.ts";
import type { Sources } from "./sources.ts";
import { timedPlace } from "./timed.ts";

interface Surroundings {
  readonly context: Context;
  readonly sources: Sources;
  readonly sums: ReadonlyMap<string, PortSum>;
}

/** @param known slots that already have a place */
export function placesOf(
  node: string,
  step: Step,
  known: ReadonlySet<string>,
  { context: c, sources, sums }: Surroundings,
): Record<string, Place> {
  const out: Record<string, Place> = {};
  const used = new Set([...readsOf(step), ...step.stores.map((s) => s.slot)]);
  for (const { name, type } of step.slots.filter((s) => used.has(s.name) && !known.has(s.name))) {
    if (name.startsWith("in.")) out[name] = sums.get(name.slice(3))!.place;
    else if (name === "bits")
      continue; // the caller knows where
    else if (name === "spikes" || name.startsWith("events.")) Object.assign(out, listPlaces(node, name, sources));
    else if (name === "out.spike" && !sources.values.has(`${node}.spike`))
      continue; // only for its derivative
    else if (name.startsWith("out.")) out[name] = sources.values.get(`${node}.${name.slice(4)}`)!.row();
    else out[name] = timedPlace(node, name, c) ?? runPlace(name, c) ?? statePlace(node, name, c, type);
  }
  return out;
}

/** Of the list of spikes, or of a custom event (`events.name`). */
function listPlaces(node: string, slot: string, sources: Sources): Record<string, Place> {
  const { list, from, to } = sources.spikes
    .get(slot === "spikes" ? node : `${node}.${slot.slice("events.".length)}`)!
    .events(0, PART);
  return { [slot]: list, [`${slot}.from`]: typeof from === "number" ? place("zero") : from, [`${slot}.to`]: to };
}

/** One value a neuron and sample, from step to step. */
export function statePlace(node: string, name: string, c: Context, type: Type = c.type): Place {
  const stride = c.stride(node);
  return place(c.buffer(`${node}.${name}`, type, c.options.samples * stride, "state"), 0, along("s", stride));
}

/** Numbers of each step of a run, which the host fills: its index in two words and as a whole number, and its time in seconds. */
export const STEP_TABLES = {
  stepLow: "step.low",
  stepHigh: "step.high",
  [STEP_NUMBER]: "step.number",
  [TIME]: "step.time",
} as const;
const tableType = (name: string, c: Context): Type => (name === TIME ? c.type : name === STEP_NUMBER ? "i32" : "u32");

/** Time, and what keys a draw: seed, sample and step. */
export function runPlace(name: string, c: Context): Place | undefined {
  const { samples, mode } = c.options;
  const table = (STEP_TABLES as Readonly<Record<string, string>>)[name];
  if (table) {
    const rows = mode === "stream" ? c.rows(0) : c.stepsStaged;
    const terms = mode === "stream" ? [along("t", 1, { modulo: rows })] : c.inStaged(1);
    return place(c.buffer(table, tableType(name, c), rows, "argument"), 0, ...terms);
  }
  if (name === DRAW_SLOTS.seed.name) return place("key", KEY.seed);
  if (name !== DRAW_SLOTS.sample.name) return undefined;
  const chunk = mode === "samples" ? [along("chunk", samples)] : [];
  return place(c.buffer("sample.number", "u32", c.chunks * samples, "argument"), 0, ...chunk, along("s", 1));
}
