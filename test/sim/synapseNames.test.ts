/** Names that Brian gives every synapse: `N_incoming`, `N_outgoing`, `lastupdate`. Figures are those of Brian 2.5.1. */
import { describe, expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { dense, pairs, probability } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import { BACKENDS, message } from "./run.ts";

const cell = neuron({ name: "cell", equations: "v : 1", port: "v" });
const joined = (sources: number, spec: Partial<SynapseSpec>, options: ConnectOptions, targets = 3): Network =>
  network({
    dt: "1 ms",
    schedule: "brian",
    inputs: { x: inputNode(sources) },
    populations: { p: population(targets, cell) },
    connections: [connect("x", "p", { name: "s", ...options, synapse: synapse({ name: "s", ...spec }) })],
  });
const events = { steps: [1, 1, 3, 7, 9, 12], indices: [0, 1, 0, 1, 2, 0] };
interface Found {
  readonly v: number[];
  readonly s: Record<string, number[]>;
}
/** What a run of 15 steps gives, the same on both backends, in pieces and in parts. */
async function found(net: Network): Promise<Found> {
  const some = (from: number, to: number) => {
    const at = events.steps.flatMap((s, k) =>
      s >= from && s < to && events.indices[k]! < net.inputs.x!.size ? [k] : [],
    );
    return { steps: at.map((k) => events.steps[k]! - from), indices: at.map((k) => events.indices[k]!) };
  };
  const one = async (k: number, cuts: readonly number[], options: EngineOptions = {}): Promise<Found> => {
    using engine = await createEngine(net, BACKENDS[k]!, { type: "f64", ...options });
    let from = 0;
    for (const count of cuts) {
      engine.run(count, { x: some(from, from + count) });
      from += count;
    }
    const views = Object.entries(engine.synapses("s")).map(([name, x]) => [name, Array.from(x)] as const);
    return { v: Array.from(engine.state("p.v").subarray(0, net.populations.p!.size)), s: Object.fromEntries(views) };
  };
  const all = [await one(0, [15]), await one(1, [15]), await one(1, [2, 6, 7]), await one(1, [15], { parts: 2 })];
  for (const x of all) expect(x).toEqual(all[0]);
  return all[0]!;
}
const near = (found: ArrayLike<number>, expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((x, k) => expect(found[k]! / (x || 1)).toBeCloseTo(x ? 1 : 0, 13));
};

test("event-driven code by hand: short-term plasticity as Brian's documentation has it, `lastupdate` declared", async () => {
  const equations = `x : 1
    u : 1
    w : 1
    lastupdate : second`;
  const onPre = `u=U+(u-U)*exp(-(t-lastupdate)/tauf)
    x=1+(x-1)*exp(-(t-lastupdate)/taud)
    v_post+=w*u*x
    x*=(1-u)
    u+=U*(1-u)
    lastupdate = t`;
  const parameters = { U: 0.4, tauf: "5 ms", taud: "8 ms" };
  const spec = { equations, onPre, parameters, variables: { x: 1, u: 0.4 } };
  const weight = [1, 3, 5, 2, 4, 6];
  const { v, s } = await found(joined(2, spec, { connectivity: dense, weight }));
  near(v, [2.7046788629175595, 6.547937285656557, 10.391195708395555]);
  near(s.x!, [...Array(3).fill(0.42107159893444757), ...Array(3).fill(0.4280037273555332)]);
  near(s.lastupdate!, [0.012, 0.012, 0.012, 0.007, 0.007, 0.007]);
});

describe("with event-driven equations", () => {
  const spec = {
    equations: `du/dt = -u/(6*ms) : 1 (event-driven)
      gap : second`,
    onPre: `gap = t - lastupdate
      v_post += u + 100*N_incoming + 1000*N_outgoing
      u += 1`,
  };
  const connectivity = pairs([0, 0, 1, 2], [1, 2, 2, 2]);
  test("the time since the synapse's last event, and how many synapses its ends have", async () => {
    const { v, s } = await found(joined(3, spec, { connectivity, weight: 1 }));
    near(v, [0, 6301.099541216802, 10801.467420657973]);
    near(s.gap!, [0.009, 0.009, 0.006, 0.009]);
    near(s.u!, [1.3830099062281236, 1.3830099062281236, 1.3678794411714423, 1]);
  });
  test("where delays differ: of all synapses of the connection", async () => {
    const { v, s } = await found(joined(3, spec, { connectivity, weight: 1, delay: [0, 2, 0, 1] }));
    near(v, [0, 6301.099541216802, 10801.467420657973]); // all arrive, as long after one another
    near(s.gap!, [0.009, 0.009, 0.006, 0.01]);
  });
  test("where traces could be one number a source: each synapse notes its last event all the same", async () => {
    const onPre = "gap = t - lastupdate; u += 1";
    const { s } = await found(joined(3, { ...spec, onPre }, { connectivity, weight: 1 }));
    near(s.gap!, [0.009, 0.009, 0.006, 0.009]);
    near(s.u!, [1.3830099062281236, 1.3830099062281236, 1.3678794411714423, 1]); // of the last event
  });
  test("it cannot be declared beside them", () => {
    const both = () => synapse({ name: "s", equations: `${spec.equations}\nlastupdate : second` });
    expect(message(both)).toContain("'lastupdate' is built in where an equation is (event-driven): leave its line out");
  });
  test("without them there is none", async () => {
    const net = joined(3, { onPre: "v += (t - lastupdate)/ms" }, { weight: 1 });
    await expect(createEngine(net, BACKENDS[1]!)).rejects.toThrow("unknown name 'lastupdate'");
  });
});

test("weights by the number of synapses: each target gets 1 of each spike, however many it has", async () => {
  for (const connectivity of [dense, probability(0.4)]) {
    const net = joined(200, { onPre: "v += 1.0/N_incoming" }, { connectivity, weight: 1 }, 60);
    using engine = await createEngine(net, BACKENDS[1]!, { type: "f64", seed: 3 });
    engine.run(3, { x: { steps: Array(200).fill(1), indices: Array.from({ length: 200 }, (_, k) => k) } });
    for (const v of engine.state("p.v").subarray(0, 60)) expect(v).toBeCloseTo(1, 13);
  }
});
