import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RunError } from "../../../src/base/errors.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne, pairs, probability } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { alphaLif } from "../../../src/model/neuron/alphaLif.ts";
import { cubaLif } from "../../../src/model/neuron/cubaLif.ts";
import { integrateAndFire } from "../../../src/model/neuron/integrateAndFire.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { secondOrderLif } from "../../../src/model/neuron/secondOrderLif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import type { NeuronModel } from "../../../src/model/neuronModel.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { arraySource, poissonSource, regularSource } from "../../../src/sim/spikeSource.ts";
import { alphaCell, driven, one, timesOf } from "./networks.ts";

const spikesAt = (...times: number[]) => ({ stim: { times, indices: times.map(() => 0) } });

/** One neuron with a constant current of `values[0]`. */
function withCurrent(model: Parameters<typeof one>[0]) {
  return network({
    dt: "1 ms",
    inputs: { drive: inputNode(1, { signal: "values", constant: true }) },
    populations: { n: one(model) },
    connections: [connect("drive", "n", { port: "i", weight: 1 })],
  });
}

describe("closed forms", () => {
  test("LIF with a constant current: intervals of tau ln((I - vReset)/(I - vTh)) + refractory", () => {
    const [tau, I, vTh, vReset, refractory] = [20e-3, 1.5, 1, 0.25, 3e-3];
    const model = lif({ vTh, reset: { to: vReset }, refractory: "3 ms" });
    const r = createExactEngine(withCurrent(model)).run(1, { inputs: { drive: { values: [I] } } });
    const times = timesOf(r, "n");
    const first = tau * Math.log(I / (I - vTh));
    const interval = refractory + tau * Math.log((I - vReset) / (I - vTh));
    expect(times.length).toBe(Math.floor((1 - first) / interval) + 1);
    // A time is a sum of at most 2k numbers below 1, each rounded by 2^-54.
    times.forEach((t, k) => expect(Math.abs(t - (first + k * interval))).toBeLessThan((2 * k + 4) * 2 ** -53));
  });
  test("at rheobase it never fires, and just above it does", () => {
    for (const [I, fires] of [
      [1, false],
      [1 + 1e-12, true],
    ] as const) {
      const r = createExactEngine(withCurrent(lif())).run(2, { inputs: { drive: { values: [I] } } });
      expect(timesOf(r, "n").length > 0).toBe(fires);
      // tau ln(I / (I - 1)): the difference has 4 digits left.
      if (fires) expect(timesOf(r, "n")[0]).toBeCloseTo(20e-3 * Math.log(I / (I - 1)), 5);
    }
  });
  test("without leak: dv/dt = i fires every 1/i", () => {
    const model = neuron({
      name: "perfect",
      equations: "dv/dt = i : 1\ni : Hz (input)",
      spike: "v > 1",
      reset: "v -= 1",
    });
    const r = createExactEngine(withCurrent(model)).run(1.01, { inputs: { drive: { values: [40] } } });
    const times = timesOf(r, "n");
    expect(times.length).toBe(40);
    times.forEach((t, k) => expect(t).toBeCloseTo((k + 1) / 40, 13));
  });
  test.each<[string, NeuronModel, number, number]>([
    ["alphaLif", alphaLif({ tau: "20 ms", tauSyn: "3 ms" }), 3, 3],
    ["secondOrderLif", secondOrderLif({ tauRise: "3 ms", tauDecay: "8 ms" }), 3, 8],
    ["secondOrderLif, equal", secondOrderLif({ tauRise: "3 ms", tauDecay: "3 ms" }), 3, 3],
  ])("%s: the first crossing of its potential in closed form", (_name, model, rise, decay) => {
    // Current: peak 1; membrane: a sum of exponentials, or t and t² with them where the two are equal.
    const k = 1 / 3 - 1 / 20;
    const filtered = (s: number, t: number): number => (s / (s - 20)) * (Math.exp(-t / s) - Math.exp(-t / 20));
    const at = Math.log(decay / rise) / (1 / rise - 1 / decay);
    const scale = 1 / (Math.exp(-at / decay) - Math.exp(-at / rise));
    const potential = (t: number): number =>
      rise === decay
        ? (Math.E / 60) * Math.exp(-t / 20) * ((1 - Math.exp(-k * t) * (1 + k * t)) / k ** 2)
        : scale * (filtered(decay, t) - filtered(rise, t));
    let [low, high] = [0, rise];
    for (let n = 0; n < 60; n++) {
      const t = (low + high) / 2;
      if (20 * potential(t) > 1) high = t;
      else low = t;
    }
    const net = driven({ n: one(model) }, [connect("stim", "n", { weight: 20, delay: "1 ms" })]);
    const r = createExactEngine(net).run(0.1, { inputs: spikesAt(0.001) });
    // The closed form cancels two digits or three at t = 1 ms; the engine does not.
    expect(timesOf(r, "n")[0]).toBeCloseTo(2e-3 + low / 1000, 14);
  });
  test("one spike into each kind of synapse: the membrane at asked times", () => {
    const [tau, s, w] = [20e-3, 3e-3, 0.4];
    const solution: Record<string, (t: number) => number> = {
      v: (t) => w * Math.exp(-t / tau),
      g: (t) => ((w * 5e-3) / (tau - 5e-3)) * (Math.exp(-t / tau) - Math.exp(-t / 5e-3)),
      // v' = (a - v)/tau with a = w t/s e^{-t/s}: with d = 1/tau - 1/s.
      x: (t) => {
        const d = 1 / tau - 1 / s;
        return (w / (s * tau)) * (Math.exp(-t / s) * (t / d - 1 / d ** 2) + Math.exp(-t / tau) / d ** 2);
      },
    };
    for (const [port, v] of Object.entries(solution)) {
      const net = driven({ n: one(alphaCell) }, [connect("stim", "n", { port, weight: w, delay: "1.5 ms" })]);
      const engine = createExactEngine(net, { record: ["n.v"] });
      const at = [0.0114, 0.0116, 0.0123, 0.02, 0.05, 0.2];
      const r = engine.run(0.2, { inputs: spikesAt(0.01), sampleAt: at });
      at.forEach((t, k) => {
        const expected = t < 0.0115 ? 0 : v(t - 0.0115);
        expect(Math.abs(r.values["n.v"]![k]! - expected)).toBeLessThan(1e-16 + 2 ** -45 * w);
      });
    }
  });
  test("sums of spikes: any times, no grid; the membrane is the sum of the answers", () => {
    const [tau, s] = [20e-3, 5e-3];
    const answer = (t: number): number => (t < 0 ? 0 : (s / (tau - s)) * (Math.exp(-t / tau) - Math.exp(-t / s)));
    const net = driven({ n: one(alphaCell) }, [connect("stim", "n", { port: "g", weight: 0.2, delay: 1 })]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.09, noNaN: true }), { minLength: 1, maxLength: 12 }), (times) => {
        const engine = createExactEngine(net, { record: ["n.v"] });
        const r = engine.run(0.1, { inputs: spikesAt(...times), sampleAt: [0.1] });
        const expected = times.reduce((sum, t) => sum + 0.2 * answer(0.1 - (t + 1e-4)), 0);
        expect(r.spikes.n!.times.length).toBe(0); // 12 of them reach at most 0.2 · 12 · 0.16
        expect(r.values["n.v"]![0]).toBeCloseTo(expected, 14);
      }),
      { numRuns: 50 },
    );
  });
  test("a declared drive of each neuron, which a leaky filter passes on", () => {
    const model = neuron({
      name: "own",
      equations: "dv/dt = (g - v)/tau : 1\ndg/dt = (drive - g)/tauG : 1\ndrive : 1",
      parameters: { tau: "20 ms", tauG: "5 ms" },
      spike: "v > 1",
      reset: "v = 0; g = 0",
    });
    const drives = [0.5, 1, 1.001, 1.5, 4];
    const net = network({ dt: "1 ms", populations: { n: population(5, model, { initial: { drive: drives } }) } });
    const r = createExactEngine(net).run(1);
    for (const [k, drive] of drives.entries()) {
      const [first, second] = timesOf(r, "n", k);
      if (drive <= 1) {
        expect(first).toBeUndefined();
        continue;
      }
      // v = drive (1 - (tau e^{-t/tau} - tauG e^{-t/tauG}) / (tau - tauG)), from 0 again after each spike.
      const v = (t: number): number => drive * (1 - (20 * Math.exp(-t / 20e-3) - 5 * Math.exp(-t / 5e-3)) / 15);
      expect(v(first!)).toBeCloseTo(1, 14);
      expect(second! - first!).toBeCloseTo(first!, 13);
    }
  });
  test("an adaptive threshold v > 1 + b is one more decay: two variables compared", () => {
    const model = neuron({
      name: "adaptive",
      equations: "dv/dt = (i - v)/tau : 1\ndb/dt = -b/tauB : 1\ni : 1 (input)",
      parameters: { tau: "20 ms", tauB: "100 ms" },
      spike: "v > 1 + b",
      reset: "v = 0; b += 0.5",
    });
    const r = createExactEngine(withCurrent(model)).run(0.5, { inputs: { drive: { values: [3] } } });
    const [a, b] = timesOf(r, "n") as [number, number];
    expect(a).toBeCloseTo(20e-3 * Math.log(3 / 2), 15);
    // After the first spike: 3 (1 - e^{-t/tau}) = 1 + e^{-t/tauB}/2.
    const t = b - a;
    expect(3 * (1 - Math.exp(-t / 20e-3)) - 1 - 0.5 * Math.exp(-t / 0.1)).toBeCloseTo(0, 13);
  });
});

describe("events", () => {
  test("inputs at one moment are summed before anyone is tested; inhibition vetoes", () => {
    const net = driven({ n: one(lif()) }, [connect("stim", "n", { weight: Float64Array.of(0.6, 0.6, -0.5) })], {
      size: 3,
      schedule: "layered",
    });
    const fire = (indices: number[]): number[] =>
      timesOf(createExactEngine(net).run(0.1, { inputs: { stim: { times: indices.map(() => 0.03), indices } } }), "n");
    expect(fire([0, 1])).toEqual([0.03]);
    expect(fire([0, 1, 2])).toEqual([]);
    expect(fire([0])).toEqual([]);
  });
  test("inhibition that arrives at the very moment of a crossing comes first", () => {
    const model = lif({ refractory: "1 ms" });
    const net = network({
      dt: "1 ms",
      inputs: { stim: inputNode(1), drive: inputNode(1, { signal: "values", constant: true }) },
      populations: { n: one(model) },
      connections: [connect("drive", "n", { port: "i", weight: 1 }), connect("stim", "n", { weight: -0.5 })],
    });
    const inputs = { drive: { values: [1.5] } };
    const alone = timesOf(createExactEngine(net).run(0.1, { inputs }), "n")[0]!;
    const r = createExactEngine(net).run(0.1, { inputs: { ...inputs, ...spikesAt(alone) } });
    // From 1 - 0.5 again to 1.
    expect(timesOf(r, "n")[0]).toBeCloseTo(alone + 20e-3 * Math.log(1 / 0.5), 14);
  });
  test("delays are any durations, of connections and of synapses; each row comes in order of delay", () => {
    const two = population(2, lif());
    const net = driven({ n: two }, [
      connect("stim", "n", { weight: Float64Array.of(2, 2), connectivity: pairs([0, 0], [1, 0]), delay: 1 }),
    ]);
    const run = (delays: Record<string, string | number | number[]>) =>
      createExactEngine(net, { delays }).run(0.1, { inputs: spikesAt(0.01) }).spikes.n!;
    expect([...run({ "stim>n": "1.2345 ms" }).times]).toEqual([0.01 + 1.2345e-3, 0.01 + 1.2345e-3]);
    const each = run({ "stim>n": [2.5e-3, Math.PI * 1e-4] }); // to neuron 1, to neuron 0
    expect([...each.times]).toEqual([0.01 + Math.PI * 1e-4, 0.01 + 2.5e-3]);
    expect([...each.indices]).toEqual([0, 1]);
  });
  test("refractory: arrivals at what stands still are lost, filters go on, and who is above fires when it ends", () => {
    const net = driven({ n: one(alphaCell) }, [
      connect("stim", "n", { name: "jump", port: "v", weight: 1.5, delay: 1 }),
      connect("stim", "n", { name: "soft", port: "g", weight: 0.5, delay: 1 }),
    ]);
    const engine = createExactEngine(net, { record: ["n.v", "n.g"], delays: { jump: 0, soft: 0 } });
    const r = engine.run(0.05, { inputs: spikesAt(0.01, 0.011, 0.0125), sampleAt: [0.0115, 0.012, 0.0121] });
    expect(timesOf(r, "n")).toEqual([0.01, 0.0125]); // 0.011 is lost
    const [during, ended, after] = r.values["n.v"]!;
    expect([during, ended]).toEqual([0, 0]);
    const g = (t: number): number => 0.5 * (Math.exp(-(t - 0.01) / 5e-3) + Math.exp(-(t - 0.011) / 5e-3));
    expect(r.values["n.g"]![1]).toBeCloseTo(g(0.012), 15);
    const expected = g(0.012) * (5e-3 / 15e-3) * (Math.exp(-1e-4 / 20e-3) - Math.exp(-1e-4 / 5e-3));
    expect(after).toBeCloseTo(expected, 14);

    const free = neuron({
      ...alphaCell.spec,
      name: "free",
      equations: alphaCell.spec.equations.replace(" (unless refractory)", ""),
    });
    const late = createExactEngine(driven({ n: one(free) }, [connect("stim", "n", { weight: 1.5, delay: 1 })]));
    // The second arrives while refractory, and is above threshold still when that ends, 2 ms after the first.
    expect(timesOf(late.run(0.05, { inputs: spikesAt(0.01, 0.0115) }), "n")).toEqual([0.0101, 0.0101 + 2e-3]);
  });
  test("an autapse with a delay, and a chain without: who is set off at one moment fires at it, in rounds", () => {
    const self = driven({ n: one(lif()) }, [
      connect("stim", "n", { weight: 2, delay: 1 }),
      connect("n", "n", { weight: 1.5, delay: 30 }),
    ]);
    const times = timesOf(createExactEngine(self).run(0.0161, { inputs: spikesAt(0.01) }), "n");
    expect(times.length).toBe(2);
    times.forEach((t, k) => expect(t).toBeCloseTo(0.0101 + 3e-3 * k, 15));

    const chain = driven(
      { a: one(lif()), b: one(lif()), c: population(2, lif()) },
      [connect("stim", "c", { weight: 2 }), connect("c", "a", { weight: 2 }), connect("a", "b", { weight: 2 })],
      { schedule: "layered" },
    );
    const r = createExactEngine(chain).run(0.1, { inputs: spikesAt(0.02) });
    expect(["a", "b", "c"].map((n) => [...r.spikes[n]!.times])).toEqual([[0.02], [0.02], [0.02, 0.02]]);
  });
  test("those above threshold at one moment fire together, though each would have silenced the other", () => {
    const net = driven(
      { a: one(lif()), b: one(lif()) },
      [
        connect("stim", ["a", "b"], { weight: 2 }),
        connect("a", "b", { weight: -5 }),
        connect("b", "a", { weight: -5, delay: 1 }),
      ],
      { schedule: "layered" },
    );
    const engine = createExactEngine(net, { delays: { "b>a": 0 }, record: ["a.v", "b.v"] });
    const r = engine.run(0.1, { inputs: spikesAt(0.02), sampleAt: [0.02] });
    expect([timesOf(r, "a"), timesOf(r, "b")]).toEqual([[0.02], [0.02]]);
    expect([r.values["a.v"]![0], r.values["b.v"]![0]]).toEqual([-5, -5]); // after the resets
  });
  test("a digest knows who fired, and when to the last bit", () => {
    const digest = (target: number, time: number): string => {
      const only = connect("stim", "n", { weight: 2, connectivity: pairs([0], [target]), delay: 1 });
      return createExactEngine(driven({ n: population(2, lif()) }, [only])).run(0.1, { inputs: spikesAt(time) }).digest;
    };
    expect(digest(0, 0.01)).toBe(digest(0, 0.01));
    expect(digest(0, 0.01)).not.toBe(digest(1, 0.01));
    expect(digest(0, 0.01)).not.toBe(digest(0, 0.01 + 2 ** -58));
  });
  test("integrate-and-fire with reset by subtraction fires as often as its charge says, at once", () => {
    const net = driven({ n: one(integrateAndFire({ reset: "subtract" })) }, [
      connect("stim", "n", { weight: 3.5, delay: 1 }),
    ]);
    const r = createExactEngine(net, { record: ["n.v"] }).run(0.1, {
      inputs: spikesAt(0.01, 0.02),
      sampleAt: [0.015, 0.03],
    });
    expect(timesOf(r, "n").map((t) => Math.round(t * 1e4))).toEqual([101, 101, 101, 201, 201, 201]);
    expect([...r.values["n.v"]!]).toEqual([0.5, 1]); // 1 is not above 1
  });
  test("who fires for ever at one moment is an error that says so", () => {
    const model = neuron({ name: "stuck", equations: "dv/dt = -v/(10*ms) : 1", spike: "v > 1", reset: "v = 2" });
    const net = driven({ n: one(model) }, [connect("stim", "n", { weight: 2, delay: 1 })]);
    expect(() => createExactEngine(net).run(0.1, { inputs: spikesAt(0.01) })).toThrow(RunError);
    expect(() => createExactEngine(net).run(0.1, { inputs: spikesAt(0.01) })).toThrow(
      /n\.spike: neuron 0 has fired 1000 times at 0\.0101 s.*refractory/,
    );
  });
  test("a state that overflows is an error that names it", () => {
    const net = driven({ n: one(cubaLif()) }, [connect("stim", "n", { weight: 1e308, delay: 1 })]);
    expect(() => createExactEngine(net).run(0.1, { inputs: spikesAt(0.01, 0.01, 0.01) })).toThrow(
      /n\.i: neuron 0 is no longer finite/,
    );
  });
});

describe("sources", () => {
  const passive = driven(
    { n: population(200, lif()) },
    [connect("stim", "n", { weight: 2, delay: 0, connectivity: oneToOne })],
    {
      size: 200,
      schedule: "layered",
    },
  );
  test("Poisson: intervals are exponential (Kolmogorov and Smirnov), rates may differ, and runs may be cut", () => {
    const engine = createExactEngine(passive, { seed: 7, sources: { stim: poissonSource(30) } });
    const parts = [engine.run(0.7), engine.run(1.3), engine.run(3)].map((r) => r.spikes.n!);
    const all = Array.from({ length: 200 }, (): number[] => [0]);
    for (const { times, indices } of parts) times.forEach((t, k) => all[indices[k]!]!.push(t));
    // Complete intervals within 5 s: those that begin in the first 4.5 s, of which e^-15 would not end.
    const intervals = all.flatMap((t) => t.slice(1).flatMap((x, k) => (t[k]! < 4.5 ? [x - t[k]!] : [])));
    intervals.sort((a, b) => a - b);
    const n = intervals.length;
    const distance = Math.max(...intervals.map((x, k) => Math.abs(1 - Math.exp(-30 * x) - (k + 0.5) / n) + 0.5 / n));
    expect(n).toBeGreaterThan(20_000);
    expect(distance * Math.sqrt(n)).toBeLessThan(1.95); // passed by chance in 999 of 1000 seeds
    const whole = createExactEngine(passive, { seed: 7, sources: { stim: poissonSource(30) } });
    expect(whole.run(5).digest).toBe(engine.digest);
    const other = createExactEngine(passive, { seed: 8, sources: { stim: poissonSource(30) } });
    expect(other.run(5).digest).not.toBe(engine.digest);
    const rates = Float64Array.from({ length: 200 }, (_, k) => (k < 100 ? 0 : 50));
    const { indices } = createExactEngine(passive, { sources: { stim: poissonSource(rates) } }).run(2).spikes.n!;
    expect(indices.every((k) => k >= 100)).toBe(true);
    expect(Math.abs(indices.length - 10_000)).toBeLessThan(4 * 100); // four standard deviations
  });
  test("regular: k-th spike at first + k · interval", () => {
    const engine = createExactEngine(passive, { sources: { stim: regularSource("7 ms", "2 ms") } });
    expect(timesOf(engine.run(0.05), "n", 3)).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => 2e-3 + k * 7e-3));
  });
  test("array: at its times, to the last bit, however runs are cut", () => {
    const times = Array.from({ length: 200 }, (_, k) =>
      k % 2 === 0 ? [] : [0.0301 + k / 7e4, 1e-3 / k, 0.0123 * Math.SQRT2],
    );
    const sources = { stim: arraySource(times) };
    const whole = createExactEngine(passive, { sources });
    const heard = whole.run(0.05);
    for (const k of [0, 1, 42, 199]) expect(timesOf(heard, "n", k)).toEqual([...times[k]!].sort((a, b) => a - b));
    const cut = createExactEngine(passive, { sources });
    expect(timesOf(cut.run(0.01), "n", 1)).toEqual([1e-3]); // the list begins with a later one
    for (const part of [0.0123 * Math.SQRT2 - 0.01, 0.03]) cut.run(part);
    expect(cut.digest).toBe(whole.digest);
    expect(() => createExactEngine(passive, { sources: { stim: arraySource([[1]]) } })).toThrow(
      expect.objectContaining({ code: "shape-mismatch", path: "sources.stim.times" }),
    );
  });
});

/** 60 neurons in two populations that excite and inhibit each other, with Poisson input. */
function busy() {
  const cell = (name: string) =>
    neuron({
      ...alphaCell.spec,
      name,
      parameters: { ...alphaCell.spec.parameters, tauG: name === "e" ? "5 ms" : "7 ms" },
    });
  return network({
    dt: "0.1 ms",
    schedule: "nest",
    inputs: { stim: inputNode(60), drive: inputNode(1, { signal: "values", constant: true }) },
    populations: {
      e: population(40, cell("e"), { initial: { v: uniform(0, 1) }, parameters: { tau: uniform(0.015, 0.025) } }),
      i: population(20, cell("i"), { initial: { v: uniform(0, 1) } }),
    },
    connections: [
      connect("stim", ["e", "i"], { connectivity: probability(0.2), port: "g", weight: uniform(0.2, 0.6), delay: 7 }),
      connect("e", ["e", "i"], { connectivity: probability(0.3), port: "x", weight: 0.3, delay: 13 }),
      connect("i", ["e", "i"], { connectivity: probability(0.3), port: "g", weight: -0.5, delay: 8 }),
    ],
  });
}

describe("runs", () => {
  test("how time is cut into runs changes no bit; counts add up; the digest depends on the seed", () => {
    const options = { seed: 3, sources: { stim: poissonSource(60) }, record: ["e.v", "i.g"] };
    const [whole, cut] = [createExactEngine(busy(), options), createExactEngine(busy(), options)];
    const r = whole.run(0.5, { sampleAt: [0.1, 0.25, 0.4] });
    const parts = [0.1, 0.15, 0.2, 0.05].map((d) => {
      const sampleAt = [0.1, 0.25, 0.4].filter((t) => t > cut.now && t <= cut.now + d);
      return cut.run(d, { sampleAt });
    });
    expect(r.spikes.e!.times.length).toBeGreaterThan(100);
    for (const node of ["e", "i"])
      expect(parts.flatMap((p) => [...p.spikes[node]!.times])).toEqual([...r.spikes[node]!.times]);
    expect(cut.digest).toBe(whole.digest);
    for (const name of ["e.v", "i.g"]) expect(parts.flatMap((p) => [...p.values[name]!])).toEqual([...r.values[name]!]);
    const { counts } = r;
    expect(counts.spikes).toBe(r.spikes.e!.times.length + r.spikes.i!.times.length);
    expect(counts.crossings).toBeLessThan(counts.bounds);
    expect(counts.crossings).toBeGreaterThanOrEqual(counts.spikes);
    expect(counts.popped).toBeLessThanOrEqual(counts.pushed);
    expect(cut.counts).toEqual(counts);
    expect(createExactEngine(busy(), { ...options, seed: 4 }).run(0.5).digest).not.toBe(r.digest);
  });
  test("work follows events: a silent network does none", () => {
    const { counts } = createExactEngine(busy()).run(0);
    expect(counts.pushed).toBe(0);
    const silent = driven({ n: population(1000, lif()) }, [connect("stim", "n", { weight: 0.1, delay: 1 })]);
    const engine = createExactEngine(silent);
    expect(engine.run(1000).counts).toMatchObject({ updates: 0, popped: 0, crossings: 0 });
    expect(engine.run(1, { inputs: spikesAt(1000.5) }).counts).toMatchObject({
      synapticEvents: 1000,
      updates: 1000,
      popped: 2,
    });
  });
  test("a constant current that changes between runs", () => {
    const [tau, net] = [20e-3, withCurrent(lif())];
    const engine = createExactEngine(net, { record: ["n.v"] });
    engine.run(0.01, { inputs: { drive: { values: [0.8] } } });
    const v = 0.8 * (1 - Math.exp(-0.01 / tau));
    const r = engine.run(0.05, { inputs: { drive: { values: [2] } }, sampleAt: [0.01] });
    expect(r.values["n.v"]![0]).toBeCloseTo(v, 15);
    expect(timesOf(r, "n")[0]).toBeCloseTo(0.01 + tau * Math.log((2 - v) / (2 - 1)), 14);
  });
  test("a synapse whose only pathway is `g_post -= w` is a weight", () => {
    const arrive = synapse({ name: "s", pathways: [{ trigger: "pre", body: "g_post -= w", delay: 4 }] });
    const [plain, written] = [
      { weight: -0.3, delay: 5 },
      { weight: 0.3, delay: 1, synapse: arrive },
    ].map((o) => {
      const net = driven({ n: one(alphaCell) }, [connect("stim", "n", { ...o, connectivity: oneToOne, port: "g" })]);
      return createExactEngine(net, { record: ["n.v"] }).run(0.05, { inputs: spikesAt(0.01), sampleAt: [0.02, 0.04] });
    });
    expect(written!.values).toEqual(plain!.values);
  });
});

test("a refractory period that leaves out the step of the spike (x + dt) is x", () => {
  const of = (refractory: string) => {
    const m = lif({ refractory, reset: "zero" });
    const net = network({
      dt: "1 ms",
      inputs: { i: inputNode(1, { signal: "values", constant: true }) },
      populations: { n: population(1, m) },
      connections: [connect("i", "n", { port: "i", weight: 1 })],
    });
    const inputs = { i: { values: [1.5] } };
    return Array.from(createExactEngine(net).run(0.5, { inputs }).spikes["n"]!.times);
  };
  const expected = of("3 ms");
  expect(expected.length).toBeGreaterThan(15);
  for (const text of ["3*ms + dt", "dt + 3*ms"]) expect(of(text)).toEqual(expected);
});
