/** Numbers of each step, where draws or equations in `t` ask for them. */
import type { Elements, Executable } from "../backend/backend.ts";
import { checkClock } from "./longRuns.ts";
import type { Lowered } from "./lower/lower.ts";
import { STEP_TABLES } from "./lower/places.ts";
import { fillTimed } from "./lower/timed.ts";

/**
 * Fills the tables of `count` steps from step `start` on.
 * @throws {RunError} where numbers no longer tell steps apart
 */
export function fillStepTables(x: Executable, lowered: Lowered, start: number, count: number): void {
  const { buffers, net } = lowered.context;
  checkClock(lowered, start + count);
  const rows = lowered.context.rows(0);
  const mask = rows - 1; // rings are as long as a power of two
  const ring = (name: string): Elements | undefined => (buffers.has(name) ? x.array(name) : undefined);
  const [low, high, time] = [STEP_TABLES.stepLow, STEP_TABLES.stepHigh, STEP_TABLES.t].map(ring);
  const number = ring(STEP_TABLES.t_in_timesteps);
  const first = start % rows;
  for (let k = 0; low && k < count; k++) low[(first + k) & mask] = start + k; // an array of u32 takes it mod 2^32
  for (let k = 0; high && k < count; k++) high[(first + k) & mask] = Math.floor((start + k) / 2 ** 32);
  for (let k = 0; time && k < count; k++) time[(first + k) & mask] = (start + k) * net.dt;
  for (let k = 0; number && k < count; k++) number[(first + k) & mask] = start + k;
  fillTimed(lowered.context, (name) => x.array(name), start, count);
}
