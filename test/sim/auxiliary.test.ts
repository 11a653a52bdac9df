/** Names that statements make for those behind them (Brian's auxiliary variables): `r = u*x; x -= r; y += r`. */
import { describe, expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronSpec } from "../../src/model/neuronModel.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { BACKENDS } from "./run.ts";

const message = (f: () => unknown): string => {
  try {
    f();
  } catch (e) {
    return (e as Error).message.split("\n")[0]!;
  }
  return "accepted";
};
const define = (more: Partial<NeuronSpec>) =>
  neuron({ name: "n", equations: "x : 1\ny : 1\nb : boolean\nv : volt", spike: "x >= 0", ...more });
async function ended(more: Partial<NeuronSpec>, steps: number, names: readonly string[], initial = {}) {
  const net = network({ dt: 1, schedule: "brian", populations: { p: population(1, define(more), { initial }) } });
  const all = await Promise.all(
    BACKENDS.map(async (backend) => {
      using e = await createEngine(net, backend, { type: "f64", seed: 5 });
      e.run(steps);
      return names.map((name) => e.state(`p.${name}`)[0]!);
    }),
  );
  expect(all[1]).toEqual(all[0]);
  return all[0]!;
}

describe("of neurons", () => {
  test("hold what was, whatever changes behind them: two variables change places", async () => {
    const swap = { reset: "old = x; x = y; y = old" };
    expect(await ended(swap, 3, ["x", "y"], { x: 1, y: 2 })).toEqual([2, 1]);
  });
  test("may change themselves, be conditions, read each other and draw", async () => {
    const reset = "more = 2*x + 1; more *= 3; big = more > 8; b = big; r = rand(); y = more + int(big); x = r - r + 1";
    expect(await ended({ reset }, 1, ["x", "y", "b"], { x: 1 })).toEqual([1, 10, 1]);
  });
  test("are their own in reset, after and on events, with a type each", async () => {
    const texts = {
      reset: "it = x > 5; b = it",
      after: "it = x*volt; v = it",
      events: { ev: "x == 3" },
      onEvent: { ev: "it = x; y = it + 1" },
    };
    expect(await ended(texts, 1, ["b", "v", "y"], { x: 3 })).toEqual([0, 3, 4]);
  });
  test.each([
    ["typo = 1; x = y", "n.reset: line 1: a statement changes state variables, and 'typo' is none; known: b, v, x, y"],
    ["new += 1; x = new", "n.reset: line 1: a statement changes state variables, and 'new' is none"],
    ["x = late; late = 1", "n.reset: line 1: unknown name 'late'"],
    ["mV = 1; x = mV", "n.reset: line 1: 'mV' is a unit; choose another name"],
    ["i = 1; x = i", "n.reset: line 1: a statement changes state variables, and 'i' is none"],
    ["z = v; x = z", "n.reset: line 1: 'x' needs dimension 1, but 'z' has dimension volt"],
    ["z = x; z = v; x = z", "n.reset: line 1: 'z' needs dimension 1, but 'v' has dimension volt"],
  ])("%j", (reset, expected) => {
    expect(message(() => define({ reset }))).toContain(expected);
  });
  test("have no place in the exact engine, which says so", () => {
    const m = neuron({ name: "m", equations: "dv/dt = -v/second : 1", spike: "v > 1", reset: "a = v; v = a - 1" });
    expect(message(() => createExactEngine(network({ dt: 1, populations: { p: population(1, m) } })))).toContain(
      "m.reset.a: is a name that statements make for themselves: write it out",
    );
  });
});

describe("of synapses", () => {
  const target = neuron({ name: "target", equations: "dg/dt = -g/(5*ms) : siemens" });
  const made = (
    onPre: string,
    equations = "du/dt = -Omega_f*u : 1 (event-driven)\ndx/dt = Omega_d*(1 - x) : 1 (event-driven)",
  ) =>
    network({
      dt: "0.1 ms",
      schedule: "brian",
      inputs: { a: inputNode(1) },
      populations: { b: population(1, target) },
      connections: [
        connect("a", "b", {
          name: "s",
          connectivity: oneToOne,
          weight: 1,
          port: "g",
          synapse: synapse({
            name: "stp",
            equations,
            variables: { x: 1 },
            parameters: { U_0: 0.6, Omega_d: "2.0/second", Omega_f: "3.33/second", w_e: "0.05 nS" },
            onPre,
          }),
        }),
      ],
    });
  test("depression and facilitation as Brian's Stimberg_et_al_2018 writes them, against a plain loop", async () => {
    const net = made("u += U_0 * (1 - u)\nr_S = u * x\nx -= r_S\ng_post += w_e*r_S");
    const steps = [10, 110, 150, 400];
    // Closed forms between spikes.
    let [u, x, g, last] = [0, 1, 0, 0];
    for (const k of steps) {
      const t = (k - last) * 1e-4;
      [u, x, g] = [u * Math.exp(-3.33 * t), 1 - (1 - x) * Math.exp(-2 * t), g * Math.exp(-t / 5e-3)];
      u += 0.6 * (1 - u);
      const released = u * x;
      x -= released;
      g += 0.05e-9 * released;
      last = k;
    }
    for (const backend of BACKENDS) {
      using e = await createEngine(net, backend, { type: "f64" });
      e.run(401, { a: { steps, indices: [0, 0, 0, 0] } });
      expect(e.synapses("s").u![0]).toBeCloseTo(u, 13);
      expect(e.synapses("s").x![0]).toBeCloseTo(x, 13);
      expect(e.state("b.g")[0]! / 1e-9).toBeCloseTo(g / 1e-9, 13);
    }
  });
  const fault = async (onPre: string): Promise<string> => {
    try {
      using _ = await createEngine(made(onPre), BACKENDS[0]!);
    } catch (e) {
      return (e as Error).message.split("\n")[0]!;
    }
    return "accepted";
  };
  test.each([
    ["g_post += w_e; typo = 1", "synapse stp.pre: line 1: 'typo' is not a variable here; known: Omega_d, "],
    ["r_post = 1; g_post += r_post*siemens", "synapse stp.pre: line 1: 'r_post' is not a variable here"],
    ["r = u; g_post += r", "synapse stp.pre: line 1: '+' needs one dimension on both sides, but 'g_post'"],
    ["r = u*volt; r = u; g_post += r*siemens/volt", "synapse stp.pre: line 1: 'r' needs dimension volt, but"],
    ["nS = u; g_post += nS*siemens", "synapse stp.pre: line 1: 'nS' is "],
    ["r = nothing; g_post += r*siemens", "synapse stp.pre: line 1: unknown name 'nothing'"],
    ["r = u; r *= 2; big = r > 1; g_post += int(big)*w_e", "accepted"],
  ])("%j", async (onPre, expected) => {
    expect(await fault(onPre)).toContain(expected);
  });
});
