/** Ticks as times, each the number nearest to it: step 3 of 0.1 ms is at 0.3 ms, and not at 0.30000000000000004. */

/** @param tick length of a tick in the unit that times are wanted in */
export function timesOf(tick: number): (ticks: number) => number {
  const perUnit = Math.round(1 / tick);
  const isInverse = perUnit >= 1 && Math.abs(perUnit * tick - 1) < 1e-12;
  return isInverse ? (ticks) => ticks / perUnit : (ticks) => ticks * tick;
}
