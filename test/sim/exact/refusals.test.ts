import { describe, expect, test } from "vitest";
import { ModelError } from "../../../src/base/errors.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network } from "../../../src/model/network.ts";
import { alif } from "../../../src/model/neuron/alif.ts";
import { cubaLif } from "../../../src/model/neuron/cubaLif.ts";
import { gruCell } from "../../../src/model/neuron/gru.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { poissonSource } from "../../../src/sim/spikeSource.ts";
import { one } from "./networks.ts";

const spikesAt = (...times: number[]) => ({ stim: { times, indices: times.map(() => 0) } });

describe("refusals say what, where and what is allowed", () => {
  const model = (equations: string, more = {}) =>
    neuron({ name: "m", equations, spike: "v > 1", reset: "v = 0", ...more });
  const refused =
    (m: ReturnType<typeof neuron>): (() => unknown) =>
    () =>
      createExactEngine(network({ dt: "1 ms", populations: { n: one(m) } }));
  test.each([
    ["quadratic", model("dv/dt = v*v/(10*ms) : 1"), /m\.dv\/dt: is not linear; exact spike times need linear/],
    ["a conductance", model("dv/dt = -g*v/(10*ms) : 1\ndg/dt = -g/(5*ms) : 1"), /m\.dv\/dt: is not linear/],
    [
      "a loop",
      model("dv/dt = -(v + w)/(10*ms) : 1\ndw/dt = (v - w)/(99*ms) : 1"),
      /m\.equations: a loop: v sees w sees v/,
    ],
    ["the clock", cubaLif({ integration: "euler" }), /cuba-lif\.v: depends on dt, and there are no steps/],
    ["time", model("dv/dt = (sin(t*Hz) - v)/(10*ms) : 1"), /m\.v: depends on t/],
    ["noise", model("dv/dt = -v/(10*ms) + xi*Hz**0.5 : 1"), /m\.dv\/dt: .* random/],
    ["a step", model("v[t+1] = 0.9*v : 1"), /m\.v\[t\+1\]: counts steps/],
    ["gates", gruCell(), /gru/],
    [
      "a condition",
      model("dv/dt = -v/(10*ms) : 1", { spike: "v > 1 and v < 2" }),
      /m\.spike: the condition is no comparison/,
    ],
    ["a random reset", model("dv/dt = -v/(10*ms) : 1", { reset: "v = rand()" }), /m\.reset: 'v' is random/],
    [
      "a refractory condition",
      model("dv/dt = -v/(10*ms) : 1", { refractory: "v > 0.5" }),
      /m\.refractory: is a condition/,
    ],
    [
      "a refractory period of steps",
      model("dv/dt = -v/(10*ms) : 1", { refractory: "5*dt" }),
      /m\.refractory: depends on dt, and there are no steps/,
    ],
    ["growth", model("dv/dt = v/(10*ms) : 1"), /m\.dv\/dt: v grows by itself/],
    ["a clocked end", model("dv/dt = -v/(10*ms) : 1", { after: "v *= 0.9" }), /m\.after: changes v in every step/],
    ["what is held", model("dv/dt = (h - v)/(10*ms) : 1\nh = v/2 : 1 (constant over dt)"), /m\.h: is constant over dt/],
    ["an event", model("dv/dt = -v/(10*ms) : 1", { events: { up: "v > 2" } }), /m\.up: is a custom event/],
    ["lastspike", model("dv/dt = -v/(10*ms) : 1", { reset: "v = lastspike/second" }), /m\.lastspike: is the time of/],
    [
      "timed arrays",
      model("dv/dt = (I(t) - v)/(10*ms) : 1", { timedArrays: { I: { values: [1, 2], dt: "1 ms" } } }),
      /m\.timedArrays\.I: changes over time/,
    ],
    ["the number of the step", model("dv/dt = (t_in_timesteps - v)/(10*ms) : 1"), /m\.v: depends on t_in_timesteps/],
    ["its own number", model("dv/dt = (i - v)/(10*ms) : 1"), /m\.v: depends on i/],
    ["how many there are", model("dv/dt = (N - v)/(10*ms) : 1"), /m\.v: depends on N/],
    [
      "what stands still",
      model("dv/dt = -v/(10*ms) : 1 (unless refractory)\ndw/dt = (v - w)/(9*ms) : 1", { refractory: "1 ms" }),
      /m\.w: sees v, which stands still/,
    ],
  ])("%s", (_, m, message) => {
    expect(refused(m)).toThrow(ModelError);
    expect(refused(m)).toThrow(message);
  });
  test("connections without meaning, by name", () => {
    const values = inputNode(1, { signal: "values" });
    const net = (connections: Parameters<typeof network>[0]["connections"], inputs = {}) =>
      network({
        dt: "1 ms",
        schedule: "nest",
        inputs: { stim: inputNode(1), x: values, ...inputs },
        populations: { n: one(lif()) },
        connections: connections!,
      });
    const make = (c: ReturnType<typeof connect>) => () => createExactEngine(net([c]));
    expect(make(connect("stim", "n", { port: "i", delay: 1 }))).toThrow(
      /connection stim>n\.i: a spike to the current 'i' of n lasts one step.*v/,
    );
    expect(make(connect("x", "n", { port: "i", delay: 1 }))).toThrow(
      /connection x>n\.i: input 'x' has new values in every step/,
    );
    expect(make(connect("n", "n", { port: "i", output: "v", delay: 1 }))).toThrow(/takes 'v' of n by value/);
    const more = /synapse 's' does more than the exact engine can: .*'v_post \+= w', and no equations/;
    const equations = "w : 1\ndz/dt = -z/(5*ms) : 1 (event-driven)";
    expect(
      make(connect("stim", "n", { delay: 1, synapse: synapse({ name: "s", equations, onPre: "v += w" }) })),
    ).toThrow(more);
    expect(make(connect("stim", "n", { delay: 1, synapse: synapse({ name: "s", onPre: "v = w" }) }))).toThrow(more);
    expect(make(connect("stim", "n", { delay: 1, synapse: synapse({ name: "s", onPre: "v += w" }) }))).not.toThrow();
    expect(make(connect("stim", "n", { bias: 1, delay: 1 }))).toThrow(/bias is added to 'v' in every step/);
    expect(() => createExactEngine(net([]), { delays: { gone: 1 } })).toThrow(/delays\.gone: no such connection/);
    expect(() => createExactEngine(net([]), { record: ["n.w"] })).toThrow(/cannot record 'n\.w'/);
    expect(() => createExactEngine(net([]), { sources: { x: poissonSource(1) } })).toThrow(
      /sources\.x: no such input of spikes; known: stim/,
    );
    const engine = createExactEngine(net([connect("stim", "n", { delay: 1 })]));
    engine.run(0.1);
    expect(() => engine.run(0.1, { inputs: spikesAt(0.05) })).toThrow(/inputs\.stim\.times\[0\]: must be from 0\.1/);
    expect(() => engine.run(0.1, { sampleAt: [0.15, 0.12] })).toThrow(
      /sampleAt\[1\]: must be from 0\.1 to 0\.2 s, in ascending order/,
    );
    expect(() => engine.run(-1)).toThrow(/duration: must be finite/);
  });
  test("built-in adaptive neurons that count steps are refused, and no name is asked", () => {
    expect(refused(alif())).toThrow(ModelError);
  });
});
