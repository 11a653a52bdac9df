import { wasm } from "../src/backend/wasm/wasm.ts";
import { type ConnectOptions, connect } from "../src/model/connection.ts";
import { outDegree, probability } from "../src/model/connectivity.ts";
import { normal, truncatedNormal, uniform } from "../src/model/initializer.ts";
import { type Network, network, population } from "../src/model/network.ts";
import { neuron } from "../src/model/neuron.ts";
import { createEngine } from "../src/sim/engine.ts";
import { type Bench, type Result, summary } from "./measure.ts";

/** Driven by noise, so that a network fires whatever its synapses bring: some twelve times a second. */
const cell = neuron({
  name: "cell",
  equations: "dv/dt = (0.9 - v)/(20*ms) + 0.18*xi/sqrt(20*ms) : 1",
  spike: "v > 1",
  reset: "v = 0",
  port: "v",
});
const [EXCITATORY, INHIBITORY, P] = [4000, 1000, 0.1];
const one = { e: 1e-3, i: -4e-3 };
const spread = { e: normal(1e-3, 1e-4), i: normal(-4e-3, 4e-4) };
const some = probability(P);
interface Case extends Pick<ConnectOptions, "delay" | "connectivity"> {
  readonly weight: Readonly<Record<"e" | "i", ConnectOptions["weight"]>>;
}
const CASES: Readonly<Record<string, Case>> = {
  "one weight, one delay": { connectivity: some, weight: one, delay: "1.5 ms" },
  "weights uniform, one delay": {
    ...{ connectivity: some, weight: { e: uniform(5e-4, 15e-4), i: uniform(-6e-3, -2e-3) }, delay: "1.5 ms" },
  },
  "weights normal, one delay": { connectivity: some, weight: spread, delay: "1.5 ms" },
  "one weight, out-degree without multapses": {
    ...{ connectivity: outDegree(400, { multapses: false }), weight: one, delay: "1.5 ms" },
  },
  "one weight, delays up to 3 ms": { connectivity: some, weight: one, delay: uniform(1e-4, 3e-3) },
  "weights normal, delays up to 3 ms": { connectivity: some, weight: spread, delay: uniform(1e-4, 3e-3) },
  "weights normal, delays of 1.5 ± 0.75 ms": {
    ...{ connectivity: some, weight: spread, delay: truncatedNormal(1.5e-3, 0.75e-3, { low: 1e-4 }) },
  },
};
function netOf(joined: Case | undefined, procedural: boolean): Network {
  const from = (node: "e" | "i") =>
    joined ? [connect(node, ["e", "i"], { ...joined, weight: joined.weight[node]!, port: "v", procedural })] : [];
  return network({
    dt: "0.1 ms",
    populations: { e: population(EXCITATORY, cell), i: population(INHIBITORY, cell) },
    connections: [...from("e"), ...from("i")],
  });
}

const [STEPS, TURNS] = [300, 9];
/** Nanoseconds a synapse of a spike, beyond what a step of the neurons takes: the same spikes in turns, stored and drawn again. */
async function measured(name: string, c: Case): Promise<Result[]> {
  using none = await createEngine(netOf(undefined, false), wasm, { seed: 1 });
  using stored = await createEngine(netOf(c, false), wasm, { seed: 1 });
  using drawn = await createEngine(netOf(c, true), wasm, { seed: 1 });
  const ns: Record<"stored" | "drawn", number[]> = { stored: [], drawn: [] };
  for (let turn = -1; turn < TURNS; turn++) {
    const [neurons, own, again] = [none, stored, drawn].map((engine) => {
      const start = performance.now();
      const { spikes } = engine.run(STEPS);
      return { seconds: (performance.now() - start) / 1000, spikes: spikes.e!.steps.length + spikes.i!.steps.length };
    }) as [Record<"seconds" | "spikes", number>, Record<"seconds" | "spikes", number>, Record<"seconds", number>];
    const synapses = own.spikes * P * (EXCITATORY + INHIBITORY);
    if (turn < 0) continue;
    ns.stored.push(((own.seconds - neurons.seconds) * 1e9) / synapses);
    ns.drawn.push(((again.seconds - neurons.seconds) * 1e9) / synapses);
  }
  if (stored.digest !== drawn.digest) throw new Error(`${name}: other spikes than those of stored synapses`);
  return (["stored", "drawn"] as const).map((how) => ({
    ...{ metric: `${name}, ${how}@1`, unit: "ns", ...summary(ns[how]) },
  }));
}

export const bench: Bench = {
  name: "procedural",
  about: "a synapse of a spike, stored and drawn again, in a network of 5,000 neurons with one pair in ten joined",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const [name, c] of Object.entries(CASES)) {
      log(name);
      results.push(...(await measured(name, c)));
    }
    return results;
  },
};
