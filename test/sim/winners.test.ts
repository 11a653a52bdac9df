/** Competitions: who fires of those above threshold, worked out by hand, and against a loop over random populations. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { BACKENDS, run } from "./run.ts";

/** `drive` is what it starts with; every spike takes 1 off, and every crossing is counted. */
const contender = (more: { refractory?: string } = {}) =>
  neuron({
    name: "contender",
    equations: "v : 1\ncrossings : 1\nfires : 1",
    spike: "v > 1",
    reset: "v -= 1; fires += 1",
    events: { crossed: "v > 1" },
    onEvent: { crossed: "crossings += 1" },
    port: "v",
    ...more,
  });

const of = (v: readonly number[], winners: number | undefined, schedule: ScheduleName = "layered"): Network =>
  network({
    dt: "1 ms",
    schedule,
    populations: {
      p: population(v.length, contender(), { initial: { v }, ...(winners !== undefined && { winners }) }),
    },
  });
const rows = async (net: Network, steps: number): Promise<number[][]> => {
  const { spikes } = await run(net, steps);
  return Array.from({ length: steps }, (_, t) =>
    Array.from(spikes.p!.indices).filter((_i, k) => spikes.p!.steps[k] === t),
  );
};

describe.each<ScheduleName>(["layered", "brian", "nest", "loihi"])("under %s", (schedule) => {
  test("the one furthest above threshold fires, of equal ones the first; the others stay as they are", async () => {
    // 3.5 leads until it is at 2.5, where 2.5 stands too; each reset takes 1 off.
    expect(await rows(of([1.25, 2.5, 3.5, 0.5], 1, schedule), 6)).toEqual([[2], [1], [2], [1], [2], [0]]);
  });
  test("two win", async () => {
    expect(await rows(of([1.25, 2.5, 3.5, 0.5], 2, schedule), 4)).toEqual([[1, 2], [1, 2], [0, 2], []]);
  });
  test("enough room for all is no contest", async () => {
    const v = [1.25, 2.5, 3.5, 0.5, 4.75];
    expect(await rows(of(v, 5, schedule), 6)).toEqual(await rows(of(v, undefined, schedule), 6));
  });
  test("custom events happen to all who are above threshold, resets to those who fire", async () => {
    const { values } = await run(of([1.25, 2.5, 3.5, 0.5], 1, schedule), 2, {
      record: ["p.crossings", "p.fires", "p.v"],
    });
    expect([...values["p.crossings"]!]).toEqual([1, 1, 1, 0, 2, 2, 2, 0]);
    expect([...values["p.fires"]!]).toEqual([0, 0, 1, 0, 0, 1, 1, 0]);
    expect([...values["p.v"]!]).toEqual([1.25, 2.5, 2.5, 0.5, 1.25, 1.5, 2.5, 0.5]);
  });
  test("only those who fire are refractory", async () => {
    const net = network({
      dt: "1 ms",
      schedule,
      populations: {
        p: population(3, contender({ refractory: "3 ms" }), { initial: { v: [4.5, 3.5, 2.5] }, winners: 1 }),
      },
    });
    // Neuron 0 fires in step 0 and may again in step 3, with 3.5 against the 2.5 and 1.5 of the others, refractory too.
    expect(await rows(net, 6)).toEqual([[0], [1], [2], [0], [1], [2]]);
  });
});

test("spikes that leave go on to those who win alone", async () => {
  const net = network({
    dt: "1 ms",
    populations: {
      p: population(3, contender(), { initial: { v: [2.5, 3.5, 1.5] }, winners: 1 }),
      q: population(1, neuron({ name: "sum", equations: "x : 1", port: "x" })),
    },
    connections: [connect("p", "q", { weight: [1, 10, 100], delay: 1 })],
  });
  const { values } = await run(net, 4, { record: ["q.x"] });
  expect([...values["q.x"]!]).toEqual([0, 10, 11, 21]); // 1 fires, then 0 (equal, and earlier), then 1
});

test("spikes by value are of those who win", async () => {
  const { values } = await run(of([1.25, 2.5, 3.5], 1), 3, { record: ["p.fires"] });
  expect([...values["p.fires"]!.slice(-3)]).toEqual([0, 1, 2]);
});

test("as a loop that sorts says, on any number of threads", async () => {
  using two = threadedWasm(2);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 70, maxLength: 150 }),
      fc.integer({ min: 1, max: 9 }),
      async (quarters, winners) => {
        const v = quarters.map((q) => q / 4);
        const expected: number[][] = [];
        const now = [...v];
        for (let t = 0; t < 4; t++) {
          const fired = now
            .map((x, i) => ({ x, i }))
            .filter(({ x }) => x > 1)
            .sort((a, b) => b.x - a.x || a.i - b.i)
            .slice(0, winners)
            .map(({ i }) => i)
            .sort((a, b) => a - b);
          for (const i of fired) now[i]! -= 1;
          expected.push(fired);
        }
        for (const [backend, parts] of [
          [wasm, 1],
          [two, 2],
        ] as const) {
          using engine = await createEngine(of(v, winners), backend, { parts });
          const { p } = engine.run(4).spikes;
          expect(expected.map((_, t) => Array.from(p!.indices).filter((_i, k) => p!.steps[k] === t))).toEqual(expected);
        }
      },
    ),
    { numRuns: 15 },
  );
});

test("trials side by side have contests of their own", async () => {
  const net = network({
    dt: "1 ms",
    inputs: { in: inputNode(2) },
    populations: { p: population(2, contender(), { winners: 1 }) },
    connections: [connect("in", "p", { weight: [3, 2, 2, 3] })],
  });
  for (const backend of BACKENDS) {
    using engine = await createEngine(net, backend, { samples: 2 });
    const { p } = engine.run(1, { in: { steps: [0, 0], indices: [0, 1], samples: [0, 1] } }).spikes;
    expect([[...p!.samples], [...p!.indices]]).toEqual([
      [0, 1],
      [0, 1],
    ]);
  }
});

describe("in learning", () => {
  const net = network({
    dt: "1 ms",
    steps: 6,
    inputs: { in: inputNode(3) },
    populations: {
      p: population(4, contender({ refractory: "2 ms" }), { winners: 1 }),
      out: population(2, leakyIntegrator()),
    },
    connections: [
      connect("in", "p", { weight: Array.from({ length: 12 }, (_, k) => 0.5 + ((k * 5) % 7) / 4) }),
      connect("p", "out", { weight: [1, 0, 0, 1, 1, 0, 0, 1] }),
    ],
    output: "out",
  });
  const list = Uint32Array.from({ length: 36 }, (_, k) => k % 3);
  const ends = Uint32Array.from({ length: 13 }, (_, k) => 3 * k);
  test("an evaluator sees the winners that an engine sees", async () => {
    const parameters = initialParameters(net, 0);
    const loss = crossEntropy();
    using evaluator = await createEvaluator(net, wasm, { loss, parameters, batch: 2 });
    const input = { kind: "events", list, ends } as const;
    const labels = Int32Array.of(0, 1);
    const found = evaluator.evaluate({ count: 2, input, labels, numbers: Uint32Array.of(0, 1) });
    using engine = await createEngine(net, wasm, { samples: 2, parameters, record: ["out.v"] });
    const { values, spikes } = engine.run(6, { in: { list, ends } });
    const v = values["out.v"]!; // [samples][steps][classes]
    const answer = (s: number, c: number) =>
      [0, 1, 2, 3, 4, 5].reduce((sum, t) => sum + v[(s * 6 + t) * 2 + c]!, 0) / 6;
    const loss0 = [0, 1].map((s) => Math.log(1 + Math.exp(answer(s, 1 - s) - answer(s, s))));
    expect(found.loss).toBeCloseTo((loss0[0]! + loss0[1]!) / 2, 5);
    expect(spikes.p!.steps.length).toBeGreaterThan(8);
    expect(found.activity.p).toEqual({});
  });
  test("gradients do not go through a competition", () =>
    expect(
      createTrainer(net, wasm, { algorithm: bptt(triangle(1)), loss: crossEntropy(), optimiser: adam(1e-3), batch: 2 }),
    ).rejects.toThrow("p.winners: a competition has no derivative"));
});

describe("what cannot be", () => {
  const model = neuron({ name: "odd", equations: "v : 1", spike: "v > 1 or v < -1", reset: "v = 0" });
  test("a condition that does not say how far", () =>
    expect(() => population(3, model, { winners: 1 })).toThrow(
      "population of odd.winners: who wins is told by how far it is above threshold: 'spike' must be 'a > b' or 'a < b'",
    ));
  test("none to win", () => expect(() => population(3, contender(), { winners: 0 })).toThrow("winners"));
  test("the exact engine", () =>
    expect(() => createExactEngine(of([1], 1))).toThrow("p.winners: a competition is decided step by step"));
});
