/** Poisson counts that a kernel of their own draws are those that a step would draw, and those of the host. */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { poisson, streamOf } from "../../src/base/random.ts";
import { invocations } from "../../src/ir/program.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";

const model = neuron({
  name: "counter",
  equations: "x : 1\ny : 1",
  parameters: { rate: "1300 Hz" },
  spike: "x + y > 8",
  reset: "",
  after: "x = poisson(rate*dt)\ny = poisson(rate*dt) + poisson(0.2)",
});
const SIZE = 301;
const net = (rate?: Float64Array): Network =>
  network({
    dt: "1 ms",
    populations: { p: population(SIZE, model, { ...(rate && { parameters: { rate } }) }) },
  });
const drawsApart = ({ program }: Engine): number =>
  program.regions.flatMap((r) => [...invocations(r.body)]).filter(({ call }) => call.kernel.kind === "drawCounts")
    .length;
const record = ["p.x", "p.y"];

test.each(["f32", "f64"] as const)("%s: as in a step, where each neuron has a mean of its own", async (type) => {
  const options = { seed: 5, samples: 3, firstSample: 7, firstStep: 2 ** 32 - 9, type, record };
  using apart = await createEngine(net(), wasm, options);
  using within = await createEngine(net(new Float64Array(SIZE).fill(1300)), wasm, options);
  using defined = await createEngine(net(), interpret, options);
  expect([drawsApart(apart), drawsApart(within)]).toEqual([3, 1]);
  const run = apart.run(40);
  expect(within.run(40)).toEqual(run);
  expect(defined.run(40)).toEqual(run);
});
test("the host's numbers", async () => {
  const [seed, firstStep] = [5, 900];
  using engine = await createEngine(net(), wasm, { seed, firstStep, type: "f64", record });
  const x = engine.run(20).values["p.x"]!;
  const streams = [0, 1, 2].map((k) => (streamOf("p") + k) >>> 0);
  const of = (stream: number, step: number, element: number): number => poisson({ seed, stream, step, element }, 1.3);
  const stream = streams.find((s) =>
    Array.from({ length: 50 }, (_, k) => k).every((k) => of(s, firstStep, k) === x[k]),
  );
  expect(stream).toBeDefined();
  const stride = x.length / 20;
  for (let t = 0; t < 20; t++)
    for (let k = 0; k < SIZE; k++) expect(x[t * stride + k]).toBe(of(stream!, firstStep + t, k));
});
test("in parts and on threads", async () => {
  using one = await createEngine(net(), wasm, { seed: 2, record });
  const run = one.run(100);
  expect(run.spikes.p!.steps.length).toBeGreaterThan(10);
  using two = threadedWasm(2);
  for (const parts of [2, 3]) {
    using engine = await createEngine(net(), two, { seed: 2, record, parts });
    expect(engine.run(100)).toEqual(run);
  }
});
