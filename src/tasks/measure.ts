/**
 * Timing that can be trusted on a shared machine: each candidate is warmed up, then all take turns, so that a slow
 * moment of the machine falls on all of them alike; the median of many turns is what is compared.
 */

export type Run = () => unknown;

export interface MeasureOptions {
  /** Turns of each candidate. */
  readonly repeats?: number;
  /** s of calls before the first turn: V8 compiles a hot function twice. */
  readonly warmUp?: number;
  /** s a turn lasts at least; calls are repeated within it, because the clock has a grain. */
  readonly turn?: number;
}

/** s that `calls` calls take, one after the other; a promise is waited for. */
async function timed(run: Run, calls: number): Promise<number> {
  const start = performance.now();
  for (let k = 0; k < calls; k++) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  return (performance.now() - start) / 1000;
}

/** Calls that fill a turn, found while warming up. */
async function callsPerTurn(run: Run, warmUp: number, turn: number): Promise<number> {
  let calls = 1;
  for (let spent = 0; ; ) {
    const seconds = await timed(run, calls);
    spent += seconds;
    if (seconds < turn) calls = Math.ceil(calls * Math.min(4, (1.2 * turn) / Math.max(seconds, 1e-6)));
    else if (spent >= warmUp) return calls;
  }
}

/**
 * Times candidates in turns.
 *
 * @param candidates what to call, by name; each must do the same work at each call
 * @returns s a call of each turn, by name, shape [repeats]
 */
export async function measure<Name extends string>(
  candidates: Readonly<Record<Name, Run>>,
  { repeats = 21, warmUp = 0.2, turn = 0.02 }: MeasureOptions = {},
): Promise<Record<Name, number[]>> {
  const names = Object.keys(candidates) as Name[];
  const calls = new Map<Name, number>();
  for (const name of names) calls.set(name, await callsPerTurn(candidates[name], warmUp, turn));
  const seconds = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let turnIndex = 0; turnIndex < repeats; turnIndex++) {
    // Another one first each time: whoever follows a big candidate finds its own data out of the cache.
    for (let k = 0; k < names.length; k++) {
      const name = names[(k + turnIndex) % names.length]!;
      const count = calls.get(name)!;
      seconds[name].push((await timed(candidates[name], count)) / count);
    }
  }
  return seconds;
}

/** What many turns come to, in the unit of the values. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

/** Median, extremes and number of values. The median of an even number is the mean of the middle two. */
export function summary(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error("no values to summarise");
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const median = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  return { median, min: sorted[0]!, max: sorted[n - 1]!, n };
}
