/** Full connections that put off what spikes of targets do (`sim/lower/lateColumns.ts`), against the same as a list of pairs. */
import { expect, test } from "vitest";
import { threadedWasm } from "../../src/backend/wasm/wasm.ts";
import { invocations } from "../../src/ir/program.ts";
import { connect } from "../../src/model/connection.ts";
import { type Connectivity, pairs, probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import { poissonSource } from "../../src/sim/spikeSource.ts";

// More than 2 MiB of weights: with fewer, columns are near anyway.
const [SOURCES, TARGETS] = [700, 761];
const output = neuron({
  name: "output",
  equations: `
    dv/dt = (ge - v)/(10*ms) : 1
    dge/dt = -ge/(5*ms) : 1`,
  spike: "v > 1",
  reset: "v = 0",
  port: "ge",
  method: "euler",
});
const STDP: Omit<SynapseSpec, "name"> = {
  equations: `
    w : 1
    dApre/dt = -Apre/(20*ms) : 1 (event-driven)
    dApost/dt = -Apost/(20*ms) : 1 (event-driven)`,
  onPre: "ge += w; Apre += 0.01; w = clip(w + Apost, 0, 0.2)",
  onPost: "Apost += -0.012; w = clip(w + Apre, 0, 0.2)",
};

const COUNT = { length: SOURCES * TARGETS };
const PAIRS = pairs(
  Array.from(COUNT, (_, k) => Math.floor(k / TARGETS)),
  Array.from(COUNT, (_, k) => k % TARGETS),
);
/** @param more targets that nothing reaches, so that not every pair has a synapse */
const made = (connectivity: Connectivity, { spec = STDP, more = 0 } = {}): Network =>
  network({
    dt: "0.1 ms",
    schedule: "brian",
    inputs: { in: inputNode(SOURCES) },
    populations: { out: population(TARGETS + more, output, { initial: { v: uniform(0, 1) } }) },
    connections: [
      connect("in", "out", {
        ...{ name: "plastic", connectivity, weight: uniform(0, 0.2), port: "ge" },
        synapse: synapse({ name: "stdp", ...spec }),
      }),
    ],
  });
const putsOff = ({ program }: Engine): boolean =>
  program.regions.some((r) => [...invocations(r.body)].some(({ call }) => call.kernel.kind === "lateColumns"));

/** Blocks of all lengths, among them one of a step, and runs that end within one. */
const RUNS = [1, 130, 64, 7];
interface Seen {
  readonly late: boolean;
  /** Steps and neurons, run by run. */
  readonly spikes: readonly (readonly number[])[];
  readonly weights: ArrayLike<number>;
}
async function seen(net: Network, threads: number): Promise<Seen> {
  using backend = threadedWasm(threads);
  using engine = await createEngine(net, backend, { seed: 3, type: "f32", sources: { in: poissonSource(40) } });
  const runs = RUNS.map((steps) => engine.run(steps));
  const spikes = runs.map(({ spikes: { out } }) => [...out!.steps, ...out!.indices]);
  return {
    ...{ late: putsOff(engine), spikes },
    weights: Float32Array.from(engine.synapses("plastic").w!),
  };
}

test("weights and spikes are those of a list of pairs, which puts nothing off, on one thread and on two", async () => {
  const expected = await seen(made(PAIRS, { more: 1 }), 1);
  expect(expected.late).toBe(false);
  expect(expected.spikes.flat().length).toBeGreaterThan(2 * TARGETS);
  for (const threads of [1, 2]) {
    const full = await seen(made(probability(1)), threads);
    expect(full).toEqual({ ...expected, late: true });
  }
});

test("what looks at its target, or comes before another pathway, is not put off", async () => {
  for (const onPost of ["Apost += -0.012; w = clip(w + Apre*v_post, 0, 0.2)", "w = clip(w + Apre + 0*Apost, 0, 0.2)"]) {
    const { late } = await seen(made(probability(1), { spec: { ...STDP, onPost } }), 1);
    expect(late, onPost).toBe(false);
  }
});
