/** What has decayed to less than a normal number becomes zero, at steps that are multiples of 256 whatever the runs. */
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { inDegree } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import { FLUSH_EVERY } from "../../src/sim/lower/flush.ts";

const THREADS = threadedWasm(3);
afterAll(() => THREADS.dispose());

/** Half a step: exact in binary, so that what is left after each step is known without rounding. */
const halving = neuron({
  name: "halving",
  equations: "x[t+1] = x/2 : 1\nrest[t+1] = rest : 1\nn[t+1] = n : integer",
  spike: "rest > 0",
  reset: "x = 0",
});
const silent = (start: ArrayLike<number>) =>
  network({
    name: "silent",
    dt: "1 ms",
    populations: {
      a: population(start.length, halving, { initial: { x: { kind: "values", values: start }, rest: -0.5, n: 3 } }),
    },
  });
const slow = neuron({
  name: "slow",
  equations: "dg/dt = -g/(5*ms) : 1",
  spike: "g > 1000",
  reset: "g = 0",
  port: "g",
});
const clocked = synapse({ name: "clocked", equations: "du/dt = -u/(2*ms) : 1 (clock-driven)", variables: { u: 1 } });
const joined = network({
  name: "joined",
  dt: "1 ms",
  populations: { a: population(40, slow, { initial: { g: uniform(0, 1) } }) },
  connections: [connect("a", "a", { connectivity: inDegree(3), weight: 0, delay: "1 ms", synapse: clocked })],
});

const made = (net: Network, options: EngineOptions = {}, backend: Backend = wasm): Promise<Engine> =>
  createEngine(net, backend, { seed: 3, ...options });
/** Of each type the least normal number, as a power of two. */
const LEAST = { f32: -126, f64: -1022 } as const;

describe.each(["f32", "f64"] as const)("%s", (type) => {
  /** Of 250 halvings. The last is a normal number, the one before it the least of them, the others are not. */
  const powers = [250 + LEAST[type] - 20, 250 + LEAST[type] - 2, 250 + LEAST[type] - 1, 250 + LEAST[type], 124];
  const start = powers.map((p, k) => (k % 2 === 0 ? 1 : -1) * 1.5 * 2 ** p);

  test("what is below the least normal number becomes zero in a step that is a multiple of 256, and no place of another is touched", async () => {
    using engine = await made(silent(start), { type, firstStep: FLUSH_EVERY - 250 });
    const halved = (steps: number): number[] => start.map((x) => x / 2 ** steps);
    const x = (): number[] => Array.from(engine.state("a.x").subarray(0, start.length));
    engine.run(249);
    expect(x()).toEqual(halved(249));
    engine.run(1);
    expect(x()).toEqual(halved(250).map((v) => (Math.abs(v) < 2 ** LEAST[type] ? 0 : v)));
    expect(x().map((v) => v === 0)).toEqual([true, true, true, false, false]);
    expect(engine.state("a.rest")[0]).toBe(-0.5);
    expect(engine.state("a.n")[0]).toBe(3);
  });
});

describe.each([
  ["interpreter", interpret, {}],
  ["three threads", THREADS, { parts: 3 }],
  ["blocks of 100", wasm, { block: 100 }],
  ["blocks of 1,000", wasm, { block: 1000 }],
] as const)("%s", (_, backend, options) => {
  test("the same bits as blocks of 64 on one thread", async () => {
    const seen = (e: Engine): number[] => [...e.state("a.g"), ...e.synapses("a>a").u!];
    using one = await made(joined);
    using other = await made(joined, options, backend);
    for (const steps of [7, 130, 250, 1, 500]) {
      one.run(steps);
      for (let k = 0; k < steps; k += 50) other.run(Math.min(50, steps - k));
      expect(seen(other)).toEqual(seen(one));
    }
    expect(seen(one).every((x) => x === 0)).toBe(true);
  });
});

test("variables of synapses that move by the clock come to rest too", async () => {
  using engine = await made(joined);
  engine.run(185);
  const u = () => engine.synapses("a>a").u!;
  expect(u().some((x: number) => x !== 0 && Math.abs(x) < 2 ** LEAST.f32)).toBe(true);
  engine.run(FLUSH_EVERY - 185);
  expect(u().every((x: number) => x === 0)).toBe(true);
});
