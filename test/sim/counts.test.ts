/** Poisson counts that a kernel of their own draws: those of the host, of the definition, and of the law. */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { poissonLaw } from "../../src/base/countLaw.ts";
import { countsOf, streamOf } from "../../src/base/random.ts";
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

test.each(["f32", "f64"] as const)(
  "%s: as the definition has them; each neuron's own mean is drawn within the step",
  async (type) => {
    const options = { seed: 5, samples: 3, firstSample: 7, firstStep: 2 ** 32 - 9, type, record };
    using apart = await createEngine(net(), wasm, options);
    using within = await createEngine(net(new Float64Array(SIZE).fill(1300)), wasm, options);
    using defined = await createEngine(net(), interpret, options);
    expect([drawsApart(apart), drawsApart(within)]).toEqual([3, 1]);
    const run = apart.run(40);
    expect(defined.run(40)).toEqual(run);
    // The same law from other words: 3 x 40 x 301 counts of mean 1.3, whose mean is off by 0.006 (one standard deviation).
    const means = [run, within.run(40)].map(({ values }) => {
      const x = values["p.x"]!;
      return x.reduce((sum, n) => sum + n, 0) / (3 * 40 * SIZE);
    });
    for (const mean of means) expect(Math.abs(mean - 1.3)).toBeLessThan(5 * Math.sqrt(1.3 / (3 * 40 * SIZE)));
  },
);
test("the host's numbers", async () => {
  const [seed, firstStep] = [5, 900];
  using engine = await createEngine(net(), wasm, { seed, firstStep, type: "f64", record });
  const x = engine.run(20).values["p.x"]!;
  const streams = [0, 1, 2].map((k) => (streamOf("p") + k) >>> 0);
  const of = (stream: number, step: number): number[] =>
    Array.from(countsOf({ seed, stream, step }, poissonLaw(1.3), 0, 0, SIZE));
  const stride = x.length / 20;
  const found = (t: number): number[] => Array.from(x.subarray(t * stride, t * stride + SIZE));
  const stream = streams.find((s) => of(s, firstStep).join() === found(0).join());
  expect(stream).toBeDefined();
  for (let t = 0; t < 20; t++) expect(found(t)).toEqual(of(stream!, firstStep + t));
});
test("in parts and on threads", async () => {
  using one = await createEngine(net(), wasm, { seed: 2, record });
  const run = one.run(100);
  expect(run.spikes.p!.steps.length).toBeGreaterThan(10);
  using two = threadedWasm(2);
  // Of eight, three have no neurons.
  for (const parts of [2, 3, 8]) {
    using engine = await createEngine(net(), two, { seed: 2, record, parts });
    expect(engine.run(100)).toEqual(run);
  }
});
