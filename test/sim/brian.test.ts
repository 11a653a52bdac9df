/** Tests of Brian 2 (brian2/tests, by name), with the numbers that they state. */
import { expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import { dense as allToAll, oneToOne, pairs } from "../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import { BACKENDS } from "./run.ts";

const dt = "0.1 ms";
async function ran<T>(net: ReturnType<typeof network>, steps: number, look: (e: Engine) => T, inputs = {}): Promise<T> {
  const all = await Promise.all(
    BACKENDS.map(async (backend) => {
      using e = await createEngine(net, backend, { type: "f64" });
      e.run(steps, inputs);
      return look(e);
    }),
  );
  expect(all[1]).toEqual(all[0]);
  return all[0]!;
}
const range = (n: number, f = (k: number): number => k): number[] => Array.from({ length: n }, (_, k) => f(k));
const state = (e: Engine, name: string, n: number): number[] => [...e.state(name).subarray(0, n)];

test("test_synapses.py, test_pre_before_post: post overrides what pre has set", async () => {
  const g = neuron({ name: "g", equations: "x : 1\ny : 1", spike: "True" });
  const net = network({
    dt,
    schedule: "brian",
    populations: { G: population(1, g) },
    connections: [
      connect("G", "G", { synapse: synapse({ name: "S", equations: "", onPre: "x=1; y=1", onPost: "x=2" }) }),
    ],
  });
  expect(await ran(net, 1, (e) => [e.state("G.x")[0], e.state("G.y")[0]])).toEqual([2, 1]);
});

test("test_synapses.py, test_pre_post_simple: one on each spike", async () => {
  const net = network({
    dt,
    schedule: "brian",
    inputs: { one: inputNode(1) },
    populations: {
      two: population(1, neuron({ name: "two", equations: "v : 1", spike: "t >= 2*ms and t < 2*ms + dt" })),
    },
    connections: [
      connect("one", "two", {
        synapse: synapse({ name: "S", equations: "a : 1\nb : 1", onPre: "a += 1", onPost: "b += 2" }),
      }),
    ],
  });
  const values = (steps: number) =>
    ran(net, steps, (e) => [e.synapses("one>two").a![0], e.synapses("one>two").b![0]], {
      one: { steps: [10], indices: [0] },
    });
  const all = [await values(11), await values(12), await values(20), await values(22)];
  expect(all).toEqual([
    [1, 0],
    [1, 0],
    [1, 0],
    [1, 2],
  ]);
});

test("test_synapses.py, test_summed_variable: v of the target is the sum of both weights", async () => {
  const source = neuron({ name: "source", equations: "v : volt", spike: "v > 1*volt", reset: "v = 0*volt" });
  const target = neuron({ name: "target", equations: "v : volt (input)\nseen[t+1] = v : volt" });
  const s = synapse({ name: "S", equations: "w : volt\nx : volt\nv_post = 2*x : volt (summed)", onPre: "x += w" });
  const net = network({
    dt,
    schedule: "brian",
    populations: { source: population(2, source, { initial: { v: 1.1 } }), target: population(2, target) },
    connections: [
      connect("source", "target", {
        connectivity: pairs([0, 0, 1, 1], [0, 0, 1, 1]),
        weight: [0, 0.5, 1, 1.5],
        synapse: s,
      }),
    ],
  });
  expect(await ran(net, 10, (e) => state(e, "target.seen", 2))).toEqual([1, 5]);
});

test("test_synapses.py, test_vectorisation: ten synapses of a source add up at it", async () => {
  const source = neuron({ name: "source", equations: "v : 1", spike: "v > 1" });
  const target = neuron({ name: "target", equations: "x : 1\ny : 1" });
  const s = synapse({
    name: "syn",
    equations: "w_syn : 1",
    variables: { w_syn: 1 },
    onPre: "v_pre += w_syn\nx_post = y_post",
  });
  const net = network({
    dt,
    schedule: "brian",
    populations: {
      a: population(10, source, { initial: { v: range(10, (k) => (k < 5 ? 2 : 0)) } }),
      b: population(10, target, { initial: { y: range(10) } }),
    },
    connections: [connect("a", "b", { synapse: s })],
  });
  const [v, x] = await ran(net, 1, (e) => [state(e, "a.v", 10), state(e, "b.x", 10)]);
  expect(v).toEqual(range(10, (k) => (k < 5 ? 12 : 0)));
  expect(x).toEqual(range(10));
});

test("test_synapses.py, test_external_variables and test_subexpression_references", async () => {
  const g = neuron({ name: "g", equations: "v : 1\nv2 = 2*v : 1\nu : 1\nx : 1", spike: "t < dt" });
  const s = synapse({
    name: "S",
    equations: "a = v2_post + 1 : 1\nb = v2_pre + 1 : 1",
    parameters: { amplitude: 2, w_var: 1 },
    onPre: "u = a; x_pre = b; x += amplitude*w_var*0",
  });
  const net = network({
    dt,
    schedule: "brian",
    populations: { G: population(10, g, { initial: { v: range(10) } }) },
    connections: [
      connect("G", "G", {
        connectivity: pairs(
          range(10),
          range(10, (k) => 9 - k),
        ),
        synapse: s,
      }),
    ],
  });
  const [u, x] = await ran(net, 1, (e) => [state(e, "G.u", 10), state(e, "G.x", 10)]);
  expect(u).toEqual(range(10, (k) => 2 * k + 1));
  expect(x).toEqual(range(10, (k) => 2 * k + 1));
});

test("test_neurongroup.py, test_custom_events", async () => {
  const g = neuron({
    name: "g",
    equations: "event_time1 : second\nevent_time2 : second",
    events: { event1: "t>=i*ms and t<i*ms+dt", event2: "t>=(i+1)*ms and t<(i+1)*ms+dt" },
    onEvent: { event1: "event_time1 = t", event2: "event_time2 = t" },
  });
  const net = network({ dt, schedule: "brian", populations: { G: population(2, g) } });
  const times = await ran(net, 21, (e) => [...state(e, "G.event_time1", 2), ...state(e, "G.event_time2", 2)]);
  [0, 1, 1, 2].forEach((ms, k) => expect(times[k]).toBeCloseTo(ms * 1e-3, 12));
});

test("test_neurongroup.py, test_linked_variable_indexed: an inverted version of the other", async () => {
  const net = network({
    dt,
    schedule: "brian",
    populations: {
      other: population(10, neuron({ name: "other", equations: "x : 1" }), {
        initial: { x: range(10, (k) => k * 0.1) },
      }),
      G: population(10, neuron({ name: "g", equations: "y : 1 (linked)\nseen[t+1] = y : 1" }), {
        linked: { y: { variable: "other.x", index: range(10, (k) => 9 - k) } },
      }),
    },
    connections: [connect("other", "G", { connectivity: oneToOne, output: "x", port: "seen", weight: 0 })],
  });
  expect(await ran(net, 1, (e) => state(e, "G.seen", 10))).toEqual(range(10, (k) => (9 - k) * 0.1));
});

test("test_neurongroup.py, test_semantics_floor_division: whole numbers are divided downwards", async () => {
  const g = neuron({
    name: "g",
    equations: "a : integer\nx[t+1] = fvalue//98 : 1\nivalue : integer\nfvalue : 1",
    events: { always: "True" },
    onEvent: { always: "a = ivalue//98" },
  });
  const floats = range(300, (k) => -100 + (200 * k) / 299);
  const net = network({
    dt,
    schedule: "brian",
    populations: { G: population(300, g, { initial: { ivalue: range(300, (k) => k - 150), fvalue: floats } }) },
  });
  const [a, x] = await ran(net, 1, (e) => [state(e, "G.a", 300), state(e, "G.x", 300)]);
  expect(a).toEqual(range(300, (k) => Math.floor((k - 150) / 98)));
  expect(x).toEqual(floats.map((v) => Math.floor(v / 98)));
});

test("examples/synapses/nonlinear.py: what a spike changes in a synapse, the clock finds in the next step", async () => {
  const input = neuron({
    name: "input",
    equations: "dv/dt = 1/(10*ms) : 1",
    spike: "v > 1",
    reset: "v = 0",
    method: "euler",
  });
  const target = neuron({ name: "target", equations: "dv/dt = (g-v)/(10*ms) : 1\ng : 1", method: "exact" });
  const nmda = synapse({
    name: "nmda",
    equations: `
      dg_syn/dt = -a*g_syn+b*x*(1-g_syn) : 1 (clock-driven)
      g_post = g_syn : 1 (summed)
      dx/dt=-c*x : 1 (clock-driven)
      w : 1 # synaptic weight`,
    onPre: "x += w",
    method: "euler",
    parameters: { a: "1/(10*ms)", b: "1/(10*ms)", c: "1/(10*ms)" },
  });
  const net = network({
    dt,
    schedule: "brian",
    populations: { input: population(2, input, { initial: { v: [0, 0.5] } }), target: population(1, target) },
    connections: [connect("input", "target", { synapse: nmda, connectivity: allToAll, weight: [1, 10] })],
  });
  const found = await ran(net, 10_000, (e) => [e.state("target.v")[0]!, ...e.synapses("input>target").x!.slice(0, 2)]);
  // Brian 2.5.1; a plain loop in its order (sums, equations, thresholds, synapses) gives the same sixteen digits.
  [1.4058396575353507, 1.57736753, 9.543169258].forEach((x, k) => expect(found[k]).toBeCloseTo(x, 8));
});
