import { describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { BACKENDS, numbers } from "../run.ts";
import { largest, outlineOf } from "./tools.ts";

describe("pair STDP with delays", () => {
  const [tauPre, tauPost, up, down] = [0.02, 0.03, 0.01, -0.012];
  const parameters = { taupre: "20 ms", taupost: "30 ms", up, down };
  /** Traces that decay in every step, before anything happens in it (Song, Miller and Abbott 2000). */
  const withTraces = synapse({
    name: "stdp",
    variables: { apre: 0, apost: 0 },
    parameters,
    pathways: [
      { trigger: "step", body: "apre = apre*exp(-dt/taupre); apost = apost*exp(-dt/taupost)" },
      { trigger: "pre", body: "v_post += w; apre += up; w += apost" },
      { trigger: "post", body: "apost += down; w += apre" },
    ],
  });
  /** The same traces as variables of the neurons, which all their synapses share. */
  const shared = synapse({
    name: "shared",
    parameters,
    pathways: [
      { trigger: "pre", body: "v_post += w; w += down*b_post*exp(-dt/taupost)" },
      { trigger: "post", body: "w += up*a_pre" },
    ],
  });
  const cell = neuron({
    name: "traced",
    equations: "v : 1\nda/dt = -a/taupre : 1\ndb/dt = -b/taupost : 1",
    parameters: { taupre: "20 ms", taupost: "30 ms" },
    spike: "v > 1",
    reset: "v = 0; a += 1; b += 1",
  });
  const W = 0.01; // too little to make anything fire
  /** Cell k of `pre` and of `post` fires when its input does; synapse k joins them. */
  const pairsOf = (n: number, delay: number, model: typeof shared): Network =>
    network({
      name: "stdp",
      dt: "1 ms",
      inputs: { x: inputNode(n), y: inputNode(n) },
      populations: { pre: population(n, cell), post: population(n, cell) },
      connections: [
        connect("x", "pre", { connectivity: oneToOne, weight: 2 }),
        connect("y", "post", { connectivity: oneToOne, weight: 2 }),
        connect("pre", "post", { name: "s", connectivity: oneToOne, weight: W, delay, synapse: model }),
      ],
    });
  type Trains = readonly (readonly number[])[];
  const events = (trains: Trains) => {
    const all = trains.flatMap((times, k) => times.map((t) => [t, k] as const));
    return { steps: all.map(([t]) => t), indices: all.map(([, k]) => k) };
  };
  const weights = async (net: Network, steps: number, x: Trains, y: Trains): Promise<number[]> => {
    const on = async (backend: Backend): Promise<number[]> => {
      using engine = await createEngine(net, backend, { type: "f64" });
      const r = engine.run(steps, { x: events(x), y: events(y) });
      expect([r.spikes.pre!.steps.length, r.spikes.post!.steps.length]).toEqual([x.flat().length, y.flat().length]);
      return [...engine.synapses("s").w!];
    };
    const [defined, fast] = await Promise.all(BACKENDS.map(on));
    expect(fast).toEqual(defined);
    return fast!;
  };
  /** Every pair counts: a spike before by `up`, a spike after by `down`, by the time between arrival and spike. */
  const closedForm = (x: readonly number[], y: readonly number[], delay: number): number => {
    let w = W;
    for (const pre of x)
      for (const post of y) {
        const lag = post - (pre + delay);
        w += lag >= 0 ? up * Math.exp((-lag * 1e-3) / tauPre) : down * Math.exp((lag * 1e-3) / tauPost);
      }
    return w;
  };

  const LAGS = [-40, -11, -3, -2, -1, 0, 1, 2, 3, 11, 40];
  test.each([0, 1, 7])("delay %i: the weight change of a pair, by its lag", async (delay) => {
    const x = LAGS.map(() => [50]);
    const y = LAGS.map((lag) => [50 + delay + lag]);
    const expected = LAGS.map((_, k) => closedForm(x[k]!, y[k]!, delay));
    for (const model of [withTraces, shared])
      expect(largest(await weights(pairsOf(LAGS.length, delay, model), 120, x, y), expected)).toBeLessThan(1e-15);
  });
  test("trains of spikes: the sum over all pairs", async () => {
    const next = numbers(11);
    const train = () =>
      [...new Set(Array.from({ length: 15 }, () => Math.floor((next() + 0.5) * 300)))].sort((a, b) => a - b);
    const [x, y] = [Array.from({ length: 5 }, train), Array.from({ length: 5 }, train)];
    const arrived = x.map((times) => times.filter((t) => t + 4 < 300));
    const expected = arrived.map((times, k) => closedForm(times, y[k]!, 4));
    for (const model of [withTraces, shared])
      expect(largest(await weights(pairsOf(5, 4, model), 300, x, y), expected)).toBeLessThan(1e-14);
  });
  test("the program", async () => expect(await outlineOf(pairsOf(2, 7, withTraces))).toMatchSnapshot());
});
