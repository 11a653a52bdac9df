import { describe, expect, test } from "vitest";
import { Pace } from "../../src/backend/wasm/pace.ts";

interface Machine {
  /** ms of a round. */
  readonly together: number;
  readonly alone: number;
  /** Whether threads park. */
  readonly parks: boolean;
}
/** Milliseconds that blocks of 64 rounds take, and how many of them one thread did alone. */
function run(pace: Pace, blocks: number, { together, alone, parks }: Machine): { time: number; alone: number } {
  let [time, solo] = [0, 0];
  for (let k = 0; k < blocks; k++) {
    const one = pace.alone;
    const ms = 64 * (one ? alone : together);
    pace.note(ms, 64, parks && !one);
    time += ms;
    solo += Number(one);
  }
  return { time, alone: solo };
}
const QUIET: Machine = { together: 0.01, alone: 0.018, parks: false };
const BUSY: Machine = { together: 0.06, alone: 0.02, parks: true };

describe("threads that meet in every step", () => {
  test("nothing is tried where nobody parks", () => {
    expect(run(new Pace(), 20_000, QUIET).alone).toBe(0);
  });
  test("one goes alone where that is faster, and tries again the less often the longer", () => {
    const pace = new Pace();
    run(pace, 200, BUSY);
    const { time } = run(pace, 20_000, BUSY);
    // One phase of 65 together: 20 ms of alone are as many rounds as 60 ms of these.
    expect(time / (20_000 * 64 * BUSY.alone)).toBeLessThan(1.08);
  });
  test("they go together again when the others have time", () => {
    const pace = new Pace();
    run(pace, 20_000, BUSY);
    run(pace, 2000, QUIET);
    expect(run(pace, 2000, QUIET).alone).toBe(0);
  });
  test("they stay together where that is faster though they park", () => {
    const pace = new Pace();
    run(pace, 200, { ...QUIET, parks: true });
    const { time } = run(pace, 20_000, { ...QUIET, parks: true });
    expect(time / (20_000 * 64 * QUIET.together)).toBeLessThan(1.03);
  });
  test("calls without rounds count for nothing", () => {
    const pace = new Pace();
    for (let k = 0; k < 1000; k++) pace.note(1, 0, true);
    expect(pace.alone).toBe(false);
  });
});
