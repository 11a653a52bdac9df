/** Tables of synapses that no cache holds: visits are noted and put off (`backend/wasm/noted.ts`). */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { events } from "./events.ts";

const MS = 1e-3;

test("sums of several large tables are added in one order, however many visits are put off", async () => {
  const sum = neuron({ name: "sum", equations: "v[t+1] = v : 1", spike: "v > 1e6", reset: "v = 0", port: "v" });
  const [few, many] = [700, 900];
  const shape = { connectivity: probability(0.8), delay: uniform(1 * MS, 30 * MS), port: "v" };
  const net = network({
    dt: MS,
    schedule: "nest",
    inputs: { few: inputNode(few), many: inputNode(many) },
    populations: { b: population(400, sum) },
    connections: [
      connect("few", "b", { ...shape, weight: uniform(0, 1) }),
      connect("many", "b", { ...shape, weight: 1 / 3 }),
    ],
  });
  // Of one table visits are still put off when those of the other have become too many, and in some parts they have not.
  const inputs = { few: events(90, 40, few), many: events(900, 40, many) };
  const values = async (backend: typeof wasm, parts: number) => {
    using engine = await createEngine(net, backend, { seed: 3, parts, record: ["b.v"] });
    return engine.run(40, inputs).values["b.v"]!;
  };
  const want = await values(interpret, 1);
  for (const parts of [1, 2, 5]) expect(await values(wasm, parts)).toEqual(want);
  expect(Math.max(...want)).toBeGreaterThan(20);
});

test("a snapshot goes on with any number of parts, where visits are put off and counts drawn apart, too", async () => {
  const [sources, steps] = [1500, 20];
  const cell = neuron({
    name: "noisy",
    equations: "v[t+1] = v : 1",
    spike: "v > 60",
    reset: "v = 0",
    after: "v += poisson(0.5)",
    port: "v",
  });
  const shape = { connectivity: probability(0.9), weight: 1 / 4, delay: uniform(1 * MS, 30 * MS) };
  const net = network({
    dt: MS,
    schedule: "nest",
    inputs: { x: inputNode(sources) },
    populations: { b: population(403, cell) },
    connections: [connect("x", "b", { ...shape, weight: uniform(0, 1) }), connect("b", "b", shape)],
  });
  const { steps: at, indices } = events(900, 2 * steps, sources);
  const within = (from: number) => {
    const own = at.flatMap((t, k) => (t >= from && t < from + steps ? [k] : []));
    return { x: { steps: own.map((k) => at[k]! - from), indices: own.map((k) => indices[k]!) } };
  };
  for (const [before, after] of [
    [2, 1],
    [1, 3],
  ] as const) {
    using first = await createEngine(net, wasm, { seed: 3, parts: before });
    using second = await createEngine(net, wasm, { seed: 3, parts: after });
    first.run(steps, within(0));
    second.restore(first.snapshot());
    const want = first.run(steps, within(steps));
    expect(second.run(steps, within(steps))).toEqual(want);
    expect(want.spikes.b!.steps.length).toBeGreaterThan(100);
  }
});
