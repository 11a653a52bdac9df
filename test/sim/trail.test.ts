/** Trails of runs against runs and against one another; spikes by their times. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { decodeTrail, encodeTrail } from "../../src/io/trail.ts";
import { connect } from "../../src/model/connection.ts";
import { inDegree } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { network, population } from "../../src/model/network.ts";
import { cubaLif } from "../../src/model/neuron/cubaLif.ts";
import { ClockedSide } from "../../src/sim/divergence/side.ts";
import { firstSpikeApart } from "../../src/sim/divergence/times.ts";
import { liveWalker, recordTrail, type Trail, trailWalker, walkApart } from "../../src/sim/divergence/trail.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { Hook } from "../../src/sim/hooks.ts";
import { mutate } from "../data/mutate.ts";

const STEPS = 120;
const net = network({
  dt: "1 ms",
  populations: {
    a: population(12, cubaLif({ refractory: "2 ms" }), { initial: { v: uniform(0, 3), i: uniform(0, 6) } }),
    b: population(7, cubaLif(), { initial: { i: uniform(0, 1) } }),
  },
  connections: [
    connect("a", "b", { connectivity: inDegree(3), weight: 0.9, delay: 1 }),
    connect("a", "a", { connectivity: inDegree(3), weight: 0.7, delay: 2 }),
  ],
});
async function sideOf(hooks: readonly Hook[] = [], type: "f32" | "f64" = "f32") {
  return new ClockedSide(await createEngine(net, wasm, { type, seed: 3 }), { hooks });
}
async function trailOf(hooks: readonly Hook[] = [], every = 1): Promise<Trail> {
  return recordTrail(await sideOf(hooks), { steps: STEPS, every, version: "0", settings: { seed: 3 } });
}
const change = (step: number, name: string, k: number): Hook => ({
  from: step,
  every: 1000,
  run: (view) => void (view.state(name)[k]! += 0.5),
});

describe("a trail and a run", () => {
  test("that are equal", async () => {
    const found = walkApart(trailWalker(await trailOf()), liveWalker(await sideOf()), { steps: STEPS });
    expect([found.parting, found.spike, found.steps]).toEqual([undefined, undefined, STEPS]);
    expect(found.spikes.a).toBe(found.spikes.b);
    expect(found.spikes.a).toBeGreaterThan(10);
  });

  test.each([0, 17, 64, 119])("that part in step %i: neuron, values, the steps before", async (step) => {
    const hooks = [change(step, "b.i", 4)];
    for (const [a, b] of [
      [trailWalker(await trailOf()), liveWalker(await sideOf(hooks))],
      [liveWalker(await sideOf()), trailWalker(await trailOf(hooks))],
      [trailWalker(await trailOf()), trailWalker(await trailOf(hooks))],
    ] as const) {
      const { parting, steps } = walkApart(a, b, { steps: STEPS, context: 2 });
      expect(parting).toMatchObject({ step, population: "b", neuron: 4, variable: "v", others: ["b.i"] });
      expect(parting!.before.map((x) => x.step)).toEqual([step - 2, step - 1].filter((s) => s >= -1));
      expect(parting!.a!.value).toBeLessThan(parting!.b!.value);
      expect(steps).toBe(STEPS);
    }
  });

  test("of which values were kept now and then: digests know the step, the next row the neuron", async () => {
    const sparse = await trailOf([], 10);
    const { parting } = walkApart(trailWalker(sparse), liveWalker(await sideOf([change(43, "b.i", 4)])), {
      steps: STEPS,
    });
    expect(parting).toMatchObject({ step: 43, population: "b" });
    expect([parting!.neuron, parting!.a, parting!.before]).toEqual([undefined, undefined, []]);
    // Rows are of moments 0, 10, 20 …: the first after step 43 is that after step 49.
    expect(parting!.seen).toMatchObject({ step: 49, neuron: 4 });
    const exact = walkApart(trailWalker(sparse), liveWalker(await sideOf([change(49, "b.i", 4)])), { steps: STEPS });
    expect(exact.parting).toMatchObject({ step: 49, population: "b", neuron: 4 });
  });

  test("the first spike that differs, after the states have", async () => {
    const { parting, spike } = walkApart(
      trailWalker(await trailOf()),
      liveWalker(await sideOf([change(5, "a.i", 0)])),
      {
        steps: STEPS,
      },
    );
    expect(parting!.step).toBe(5);
    const [here, there] = [await sideOf(), await sideOf([change(5, "a.i", 0)])];
    const trains = [here.advance(STEPS), there.advance(STEPS)].map(({ spikes }) =>
      Object.entries(spikes).flatMap(([node, { steps, indices }]) =>
        Array.from(steps, (s, k) => `${String(s).padStart(4, "0")} ${node} ${indices[k]}`),
      ),
    );
    const [own, other] = trains.map((x) => new Set(x));
    const lone = [...trains[0]!.filter((x) => !other!.has(x)), ...trains[1]!.filter((x) => !own!.has(x))].sort();
    expect(
      `${String(Math.round((spike!.a ?? spike!.b!) / 1e-3)).padStart(4, "0")} ${spike!.population} ${spike!.neuron}`,
    ).toBe(lone[0]);
    const before = trains[0]!.filter((x) => x < lone[0]! && x.endsWith(` ${spike!.population} ${spike!.neuron}`));
    expect(spike!.number).toBe(before.length);
  });

  test("that cannot be told apart by digests say so", async () => {
    const trail = await trailOf();
    const f64 = liveWalker(await sideOf([], "f64"));
    expect(() => walkApart(trailWalker(trail), f64, { steps: 1 })).toThrow("'v' of 'a' is f64");
    const live = liveWalker(await sideOf());
    expect(() => walkApart(trailWalker(trail), live, { steps: 1, tolerance: 1e-3 })).toThrow("compare two runs");
    expect(() => walkApart(trailWalker({ ...trail, dt: 1 }), live, { steps: 1 })).toThrow(
      "steps of 1 s against steps of 0.001 s",
    );
  });
  test("larger than is kept", async () => {
    const side = await sideOf();
    const all = { steps: 2 ** 24, version: "0", settings: {} };
    expect(() => recordTrail(side, { ...all, every: 1 })).toThrow(/every \d+ steps or more/);
  });
});

describe("a trail as a file", () => {
  test("is read as it was written", async () => {
    for (const every of [1, 7]) {
      const trail = await trailOf([], every);
      expect(await decodeTrail(await encodeTrail(trail))).toEqual(trail);
    }
  });
  test("damaged is refused", async () => {
    const bytes = await encodeTrail(await trailOf([], 60));
    const { truncated, flipped } = await mutate(bytes, (damaged) => decodeTrail(damaged, "x.trail"), {
      count: 200,
      where: /^x\.trail/,
    });
    expect([truncated, flipped]).toEqual([
      { read: 0, refused: 200 },
      { read: 0, refused: 200 },
    ]);
  });
});

describe("spikes by their times", () => {
  const spikes = (...list: [number, number][]) => ({
    p: { times: list.map(([t]) => t), indices: list.map(([, k]) => k) },
  });
  test("the k-th of a neuron is that of the other side, within a tolerance", () => {
    const a = spikes([0.1, 0], [0.2, 1], [0.3, 0], [0.5, 1]);
    expect(firstSpikeApart(a, spikes([0.101, 0], [0.199, 1], [0.3, 0], [0.5, 1]), 0.0011, 1)).toBeUndefined();
    expect(firstSpikeApart(a, spikes([0.101, 0], [0.199, 1], [0.3, 0], [0.5, 1]), 0.0005, 1)).toEqual({
      ...{ population: "p", neuron: 0, a: 0.1, b: 0.101, number: 0 },
    });
    expect(firstSpikeApart(a, spikes([0.1, 0], [0.2, 1], [0.5, 1]), 0.01, 1)).toEqual({
      ...{ population: "p", neuron: 0, a: 0.3, number: 1 },
    });
    expect(firstSpikeApart(spikes(), spikes([0.4, 2]), 0.01, 1)).toEqual({
      population: "p",
      neuron: 2,
      b: 0.4,
      number: 0,
    });
  });
  test("what comes at the very end may have its counterpart beyond", () => {
    expect(firstSpikeApart(spikes([0.995, 0]), spikes(), 0.01, 1)).toBeUndefined();
    expect(firstSpikeApart(spikes([0.98, 0]), spikes(), 0.01, 1)).toMatchObject({ a: 0.98 });
  });
});
