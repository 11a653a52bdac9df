/** Two populations that inputs make fire, the synapses between them, and what an engine leaves on both backends. */
import { expect } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import { BACKENDS } from "./run.ts";

export const dt = 1e-4;
/** Fires in the step after a weight of 1 arrives; collects what arrives elsewhere. */
export const relay = neuron({
  name: "relay",
  equations: "v : 1\nge : 1\nx : 1\nn : integer\nflag : boolean\nhalf = ge/2 : 1",
  spike: "v > 0.5",
  reset: "v = 0",
  port: "v",
});
/** Source `a` and target `b`, each driven one to one by an input of its own. */
export function driven(
  options: ConnectOptions,
  { schedule = "brian" as ScheduleName, size = 1, step = dt } = {},
): Network {
  return network({
    dt: step,
    schedule,
    inputs: { toA: inputNode(size), toB: inputNode(size) },
    populations: { a: population(size, relay), b: population(size, relay) },
    connections: [
      connect("toA", "a", { connectivity: oneToOne, weight: 1 }),
      connect("toB", "b", { connectivity: oneToOne, weight: 1 }),
      connect("a", "b", { connectivity: oneToOne, weight: 0.5, port: "ge", ...options }),
    ],
  });
}
/** Inputs that make `a` and `b` fire in these steps. */
export const firing = (a: readonly number[], b: readonly number[]): Inputs => ({
  toA: { steps: a.map((k) => k - 1), indices: a.map(() => 0) },
  toB: { steps: b.map((k) => k - 1), indices: b.map(() => 0) },
});
/** What an engine leaves, the same on both backends. */
export async function outcome<T>(
  net: Network,
  steps: number,
  inputs: Inputs,
  look: (e: Engine) => T,
  options: EngineOptions = {},
): Promise<T> {
  const seen = await Promise.all(
    BACKENDS.map(async (backend) => {
      using e = await createEngine(net, backend, { type: "f64", ...options });
      e.run(steps, inputs);
      return look(e);
    }),
  );
  expect(seen[1]).toEqual(seen[0]);
  return seen[0]!;
}
export const variables = (net: Network, steps: number, inputs: Inputs, ...names: string[]): Promise<number[]> =>
  outcome(net, steps, inputs, (e) => names.map((x) => e.synapses("a>b.ge")[x]![0]!));

/** Brian's tutorial, part 2 ("More complex synapse models: STDP"). */
export const traces = (kind: "event-driven" | "clock-driven") => `
  w : 1
  dapre/dt = -apre/taupre : 1 (${kind})
  dapost/dt = -apost/taupost : 1 (${kind})`;
export const stdp = (kind: "event-driven" | "clock-driven" = "event-driven") =>
  synapse({
    name: "stdp",
    equations: traces(kind),
    parameters: { taupre: "20 ms", taupost: "15 ms", Apre: 0.01, Apost: -0.0105, wmax: 1 },
    onPre: "ge += w\napre += Apre\nw = clip(w + apost, 0, wmax)",
    onPost: "apost += Apost\nw = clip(w + apre, 0, wmax)",
  });

export const release = synapse({
  name: "release",
  equations: "u : 1",
  parameters: { p: 0.3 },
  onPre: "u = rand(); ge += w*int(u < p)",
});
