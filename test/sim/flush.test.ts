/** What has decayed to less than a normal number becomes zero, at steps that are multiples of 256 whatever the runs. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { inDegree } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { network, population } from "../../src/model/network.ts";
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
  spike: "x > 1000",
  reset: "x = 0",
});
const silent = network({
  name: "silent",
  dt: "1 ms",
  populations: { a: population(70, halving, { initial: { x: uniform(-2, 2), rest: -0.5, n: 3 } }) },
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

const made = (net: typeof silent, options: EngineOptions = {}, backend = wasm): Promise<Engine> =>
  createEngine(net, backend, { seed: 3, ...options });
const LEAST = { f32: 2 ** -126, f64: 2 ** -1022 } as const;
/** Steps to zero: of numbers from 1 to 2 the least normal one is reached by as many halvings as its exponent says. */
const REST = { f32: 256, f64: 1024 } as const;

describe.each(["f32", "f64"] as const)("%s", (type) => {
  test("a decay ends in zero, and until then no place of it is touched", async () => {
    using engine = await made(silent, { type });
    const start = Float64Array.from(engine.state("a.x"));
    for (let step = FLUSH_EVERY; step <= REST[type] + FLUSH_EVERY; step += FLUSH_EVERY) {
      engine.run(FLUSH_EVERY);
      const halved = start.map((x) => x / 2 ** step);
      expect(Array.from(engine.state("a.x"))).toEqual(Array.from(halved, (x) => (Math.abs(x) < LEAST[type] ? 0 : x)));
    }
    expect(engine.state("a.x").every((x: number) => x === 0)).toBe(true);
    expect(
      engine
        .state("a.rest")
        .subarray(0, 70)
        .every((x: number) => x === -0.5),
    ).toBe(true);
    expect(
      engine
        .state("a.n")
        .subarray(0, 70)
        .every((x: number) => x === 3),
    ).toBe(true);
  });
});

test("between flushes numbers below the least normal one stay", async () => {
  using engine = await made(silent);
  engine.run(135);
  expect(engine.state("a.x").some((x: number) => x !== 0 && Math.abs(x) < LEAST.f32)).toBe(true);
});

describe.each([
  ["interpreter", interpret, {}],
  ["three threads", THREADS, { parts: 3 }],
  ["blocks of 100", wasm, { block: 100 }],
  ["blocks of 1,000", wasm, { block: 1000 }],
] as const)("%s", (_, backend, options) => {
  test("the same bits as blocks of 64 on one thread", async () => {
    for (const [net, seen] of [
      [silent, (e: Engine) => [e.state("a.x")]],
      [joined, (e: Engine) => [e.state("a.g"), e.synapses("a>a").u!]],
    ] as const) {
      using one = await made(net);
      using other = await made(net, options, backend);
      for (const steps of [7, 130, 250, 1, 500]) {
        one.run(steps);
        for (let k = 0; k < steps; k += 50) other.run(Math.min(50, steps - k));
        expect(seen(other).map((x) => Array.from(x))).toEqual(seen(one).map((x) => Array.from(x)));
      }
    }
  });
});

test("variables of synapses that move by the clock come to rest too", async () => {
  using engine = await made(joined);
  engine.run(185);
  const u = () => engine.synapses("a>a").u!;
  expect(u().some((x: number) => x !== 0 && Math.abs(x) < LEAST.f32)).toBe(true);
  engine.run(FLUSH_EVERY - 185);
  expect(u().every((x: number) => x === 0)).toBe(true);
});
