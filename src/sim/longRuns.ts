/** What runs of more than 2^31 steps need, so that numbers of 32 bits do not mislead them. */
import type { Executable } from "../backend/backend.ts";
import { RunError } from "../base/errors.ts";
import type { Lowered } from "./lower/lower.ts";
import { STEP_TABLES } from "./lower/places.ts";
import { LAST_UPDATE } from "./lower/synapses.ts";
import { LAST_EVENT } from "./lower/traces.ts";

/** Steps after which synapses are looked through again: long before their step of the last event has gone round. */
export const SWEEP = 2 ** 30;
/** An event as many steps ago counts as one 2^31 steps ago. */
const LONG_AGO = 2 ** 31;

/**
 * Synapses know the step of their last event by its low 32 bits. Those that nothing has happened to for so long that it would
 * soon seem a short while are set to 2^31 steps ago: what decays has long been at rest by then.
 */
export function forgetLongAgo(x: Executable, l: Lowered, step: number): void {
  for (const buffer of lastEvents(l)) {
    const last = x.array(buffer);
    for (let k = 0; k < last.length; k++)
      if (((step - last[k]!) % 2 ** 32) >>> 0 > LONG_AGO) last[k] = (step - LONG_AGO) % 2 ** 32;
  }
}

/** Buffers with steps of last events: of each synapse, or of each neuron for all of its synapses. */
export const lastEvents = ({ sources, context }: Pick<Lowered, "sources" | "context">): string[] =>
  [...sources.synapses.keys()].flatMap((name) =>
    [LAST_UPDATE, ...Object.values(LAST_EVENT)]
      .map((last) => `${name}.${last}`)
      .filter((buffer) => context.buffers.has(buffer)),
  );

/**
 * Equations see the time, and the number of the step, in the numbers that they are computed in.
 * @param end the step after those that are to be run
 * @throws {RunError} `out-of-range` where steps would no longer differ
 */
export function checkClock({ context: { buffers, net, type } }: Lowered, end: number): void {
  if (buffers.has(STEP_TABLES.t_in_timesteps) && end > 2 ** 31)
    throw new RunError(
      "out-of-range",
      `${net.name}.t_in_timesteps`,
      `step ${2 ** 31 - 1} is the last whose number equations can have: it is a whole number of 32 bits`,
    );
  if (type !== "f32" || !buffers.has(STEP_TABLES.t)) return;
  const last = (end - 1) * net.dt;
  if (spacingOf(last) > net.dt)
    throw new RunError(
      "out-of-range",
      `${net.name}.t`,
      `equations ask for the time, and at ${last} s numbers of 32 bits no longer tell steps of ${net.dt} s apart: use type: 'f64'`,
    );
}

/** From a number of 32 bits near `x` to the next. */
const spacingOf = (x: number): number => 2 ** (Math.floor(Math.log2(Math.max(x, 2 ** -126))) - 23);
