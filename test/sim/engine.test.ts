import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { normal as hostNormal, uniform as hostUniform, streamOf } from "../../src/base/random.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne, pairs } from "../../src/model/connectivity.ts";
import { normal, uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import { BACKENDS, run, runOn, spikesOf } from "./run.ts";

const current = inputNode(1, { signal: "values", constant: true });

describe("LIF under constant current", () => {
  const [tau, dt] = [20e-3, 1e-4];
  const driven = (model = lif(), size = 1) =>
    network({
      dt,
      inputs: { x: current },
      populations: { n: population(size, model) },
      connections: [connect("x", "n", { port: "i", weight: 1 })],
    });
  // v_k = i (1 - e^(-k dt/tau)) passes 1 after T = tau ln(i / (i - 1)) (Gerstner et al. 2014, sec. 1.3), rounded up to a step.
  const period = (i: number): number => Math.ceil((tau * Math.log(i / (i - 1))) / dt);
  test.each([1.05, 1.7, 3])("i = %f: ten intervals", async (i) => {
    const r = await runOn(wasm, driven(), 11 * period(i), { type: "f64", inputs: { x: { values: [i] } } });
    expect(spikesOf(r, "n").slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, k) => (k + 1) * period(i) - 1));
  });
  test("a refractory period of 2 ms: each interval is 19 steps longer, the step of the spike being its first", async () => {
    const r = await runOn(wasm, driven(lif({ refractory: "2 ms" })), 2000, {
      type: "f64",
      inputs: { x: { values: [2] } },
    });
    const spikes = spikesOf(r, "n");
    const intervals = spikes.slice(1).map((t, k) => t - spikes[k]!);
    expect([spikes[0], new Set(intervals)]).toEqual([period(2) - 1, new Set([period(2) + 19])]);
  });
  test("an input that is not given, or no longer, is silent", async () => {
    using e = await createEngine(driven(), wasm, { record: ["n.v"] });
    const last = (steps: number, i?: number): number =>
      e.run(steps, i === undefined ? {} : { x: { values: [i] } }).values["n.v"]!.at(-1)!;
    expect(last(10)).toBe(0);
    const v = last(10, 0.5);
    expect(v).toBeCloseTo(0.5 * (1 - Math.exp((-10 * dt) / tau)), 6);
    expect(last(1)).toBeCloseTo(v * Math.exp(-dt / tau), 6);
  });
});

describe("parameters of each neuron", () => {
  const taus = [0.005, 0.01, 0.02, 0.03, 0.08];
  const net = (tau: Parameters<typeof population>[2]) =>
    network({ dt: "1 ms", populations: { n: population(5, lif(), { ...tau, initial: { v: 0.9 } }) } });
  test("given: each decays by its own exp(-t/tau)", async () => {
    const r = await run(net({ parameters: { tau: taus } }), 50, { type: "f64", record: ["n.v"] });
    for (const [k, tau] of taus.entries()) {
      const v = r.values["n.v"]![49 * 5 + k]!;
      expect(Math.abs(v / (0.9 * Math.exp(-0.05 / tau)) - 1)).toBeLessThan(50 * 2 ** -51); // 50 products and one exp
    }
  });
  test("drawn: by the seed, the same every time", async () => {
    const drawn = net({ parameters: { tau: uniform(0.01, 0.02) } });
    const of = (seed: number) => runOn(wasm, drawn, 20, { seed, record: ["n.v"] });
    expect(await of(1)).toEqual(await of(1));
    expect((await of(1)).values).not.toEqual((await of(2)).values);
    expect(new Set((await of(1)).values["n.v"]!.subarray(95)).size).toBe(5);
  });
  test("what depends on them alone is computed once, not in every step", async () => {
    using e = await createEngine(net({ parameters: { tau: taus } }), wasm);
    const [step] = e.lowered.populations.get("n")!.kernels.map((k) => k.step);
    expect(step!.slots.map((s) => s.name)).toEqual(["v", "spikes", "const.0"]);
    expect(e.program.regions.map((r) => [r.name, r.body.length])).toEqual([
      ["run", 1],
      ["flush", 1],
      ["watch", 1],
      ["prepare", 1],
    ]);
  });
  test("an array of the wrong length", async () => {
    await expect(runOn(wasm, net({ parameters: { tau: [1, 2] } }), 1)).rejects.toThrow("n.tau: needs 5 values, got 2");
  });
});

describe("time and draws in equations", () => {
  const dt = 1e-3;
  test("t is the time at the start of the step", async () => {
    const clock = neuron({ name: "clock", equations: "x[t+1] = t/second : 1" });
    const net = network({ dt, populations: { n: population(1, clock) } });
    const r = await run(net, 130, { type: "f64", record: ["n.x"], block: 50 });
    expect([...r.values["n.x"]!]).toEqual(Array.from({ length: 130 }, (_, k) => k * dt));
  });
  const dice = neuron({ name: "dice", equations: "u[t+1] = rand() : 1\nx[t+1] = randn() : 1" });
  const two = network({ dt, populations: { a: population(5, dice), b: population(3, dice) } });
  test("draws are those of the host, by population, neuron, trial and step", async () => {
    const r = await run(two, 70, { type: "f64", seed: 9, samples: 2, firstSample: 4, record: ["a.u", "a.x", "b.x"] });
    for (const [node, size] of [
      ["a", 5],
      ["b", 3],
    ] as const)
      for (const s of [0, 1])
        for (const step of [0, 1, 69])
          for (let k = 0; k < size; k++) {
            const at = (s * 70 + step) * size + k;
            const place = { seed: 9, element: k, sample: 4 + s, step };
            expect(r.values[`${node}.x`]![at]).toBe(hostNormal({ ...place, stream: streamOf(node) + 1 }));
            if (node === "a") expect(r.values["a.u"]![at]).toBe(hostUniform({ ...place, stream: streamOf(node) }));
          }
  });
  test("no two neurons, populations, trials or steps share a draw", async () => {
    const { values } = await runOn(wasm, two, 100, { type: "f64", samples: 3, record: ["a.u", "b.u"] });
    const all = [...values["a.u"]!, ...values["b.u"]!];
    expect(new Set(all).size).toBe(all.length);
  });
  test("xi: an Ornstein-Uhlenbeck process has variance sigma^2/2", async () => {
    // dv/dt = -v/tau + sigma xi/sqrt(tau), Euler-Maruyama: variance sigma^2/2 / (1 - dt/(2 tau)) = 0.5/0.95 (Gillespie 1996)
    const ou = neuron({ name: "ou", equations: "dv/dt = -v/tau + xi/sqrt(tau) : 1", parameters: { tau: "10 ms" } });
    const net = network({ dt, populations: { n: population(400, ou) } });
    const r = await runOn(wasm, net, 2000, { record: ["n.v"] });
    const late = r.values["n.v"]!.subarray(400 * 100);
    const variance = late.reduce((sum, v) => sum + v * v, 0) / late.length;
    // About 400·1900·dt/tau = 76,000 independent values: relative standard deviation sqrt(2/76,000) = 0.005.
    expect(Math.abs(variance / (0.5 / 0.95) - 1)).toBeLessThan(4 * 0.0052);
  });
});

describe("a counter that does not end", () => {
  const dice = neuron({ name: "dice", equations: "x[t+1] = rand() : 1\nlate[t+1] = t/second : 1" });
  const net = network({
    dt: "0.1 ms",
    inputs: { x: inputNode(2) },
    populations: { n: population(2, dice), m: population(2, lif()) },
    connections: [connect("x", "m", { connectivity: oneToOne, weight: 2, delay: 5 })],
  });
  test.each([2 ** 28 - 3, 2 ** 31 - 3, 2 ** 32 - 3, 6_048_000_000 - 3, 2 ** 45 + 1])(
    "past step %d",
    async (firstStep) => {
      const options: EngineOptions = { type: "f64", seed: 2, firstStep, record: ["n.x", "n.late"], block: 4 };
      const r = await run(net, 12, { ...options, inputs: { x: { steps: [0, 3], indices: [1, 0] } } });
      for (let k = 0; k < 12; k++) {
        const place = { seed: 2, stream: streamOf("n"), element: 1, step: firstStep + k };
        expect(r.values["n.x"]![2 * k + 1]).toBe(hostUniform(place));
        expect(r.values["n.late"]![2 * k]).toBe((firstStep + k) * 1e-4);
      }
      expect([spikesOf(r, "m", 1), spikesOf(r, "m", 0)]).toEqual([[5], [8]]);
    },
  );
  test("a snapshot carries it on", async () => {
    using a = await createEngine(net, wasm, { type: "f64", firstStep: 2 ** 32 - 2, record: ["n.x"] });
    a.run(7, { x: { steps: [6], indices: [0] } });
    using b = await createEngine(net, wasm, { type: "f64", record: ["n.x"] });
    b.restore(a.snapshot());
    expect(b.stepsDone).toBe(2 ** 32 + 5);
    expect(b.run(9)).toEqual(a.run(9));
  });
});

describe("recordings against a plain loop", () => {
  test("a random network of integrators, by value and by spike", async () => {
    const [n, steps] = [6, 90];
    const model = neuron({ name: "sum", equations: "v[t+1] = 0.5*v : 1", spike: "v > 1", reset: "v -= 1", port: "v" });
    const source = [0, 1, 1, 2, 4, 5, 5, 0, 3];
    const target = [1, 2, 0, 5, 3, 4, 4, 1, 3];
    const weight = source.map((_, k) => (k - 3) / 8 + 0.7);
    const net = network({
      dt: 1,
      inputs: { x: inputNode(n) },
      populations: { p: population(n, model) },
      connections: [
        connect("x", "p", { weight: 0.75, connectivity: oneToOne }),
        connect("p", "p", { weight, connectivity: pairs(source, target), delay: 3 }),
      ],
    });
    const events = Array.from({ length: 200 }, (_, k) => [(k * 37) % steps, (k * 11) % n] as const);
    const inputs = { x: { steps: events.map((e) => e[0]), indices: events.map((e) => e[1]) } };
    const r = await run(net, steps, { type: "f64", inputs, record: ["p.v"] });
    const v = new Array<number>(n).fill(0);
    const fired: number[][] = [];
    for (let t = 0; t < steps; t++) {
      for (let k = 0; k < n; k++) v[k]! *= 0.5;
      // Each connection's sum is formed before it is added.
      const sum = new Array<number>(n).fill(0);
      for (const [s, k] of events) if (s === t) sum[k]! += 0.75;
      for (const pre of fired[t - 3] ?? []) source.forEach((s, k) => s === pre && (sum[target[k]!]! += weight[k]!));
      for (let k = 0; k < n; k++) v[k]! += sum[k]!;
      fired.push([...v.keys()].filter((k) => v[k]! > 1));
      for (const k of fired[t]!) v[k]! -= 1;
      expect([...r.values["p.v"]!.subarray(t * n, (t + 1) * n)]).toEqual(v);
    }
    const all = fired.flatMap((list, t) => list.map((k) => [t, k]));
    expect(all.length).toBeGreaterThan(50);
    expect([...r.spikes.p!.steps].map((t, k) => [t, r.spikes.p!.indices[k]])).toEqual(all);
  });
  test("whole and boolean variables, and transforms", async () => {
    const model = neuron({
      name: "mixed",
      equations: `n : integer
                  b : boolean
                  v[t+1] = v + 0.75 : 1
                  big = v > 1.2 : boolean
                  half = v/2 : 1`,
      spike: "v > 2",
      reset: "v = 0; n += 2; b = not b",
      initial: { n: 5 },
    });
    const net = network({ dt: 1, populations: { p: population(1, model) } });
    const names = ["n", "b", "v", "big", "half"];
    for (const type of ["f32", "f64"] as const) {
      const r = await run(net, 6, { type, record: names.map((x) => `p.${x}`) });
      expect(names.map((x) => [...r.values[`p.${x}`]!])).toEqual([
        [5, 5, 7, 7, 7, 9],
        [0, 0, 1, 1, 1, 0],
        [0.75, 1.5, 0, 0.75, 1.5, 0],
        [0, 1, 0, 0, 1, 0],
        [0.375, 0.75, 0, 0.375, 0.75, 0],
      ]);
    }
  });
});

describe("small and dead networks", () => {
  test("neurons without connections; no neurons at all; no synapses; nothing to do", async () => {
    const alone = network({ dt: 1, populations: { n: population(3, lif(), { initial: { v: [0, 2, 0.5] } }) } });
    expect([...(await run(alone, 3)).spikes.n!.indices]).toEqual([]); // decays before it is compared
    expect((await run(network({ dt: 1, populations: {} }), 5)).spikes).toEqual({});
    const none = network({
      dt: 1,
      inputs: { x: inputNode(2), unused: inputNode(1, { signal: "values" }) },
      populations: { n: population(2, lif()) },
      connections: [connect("x", "n", { connectivity: pairs([], []) })],
    });
    const r = await run(none, 4, { inputs: { x: { steps: [0], indices: [1] }, unused: { values: [1, 2, 3, 4] } } });
    expect(r.spikes.n!.steps.length).toBe(0);
    expect((await run(alone, 0, { record: ["n.v"] })).values["n.v"]).toEqual(new Float64Array(0));
  });
  test("no spikes: the digest is that of nothing (FNV-1a's start)", async () => {
    const dead = network({ dt: 1, populations: { n: population(3, lif()) } });
    expect((await run(dead, 1000)).digest).toBe("cbf29ce484222325");
  });
});

describe("what an engine shows", () => {
  const net = network({
    dt: "1 ms",
    populations: { a: population(3, lif(), { initial: { v: normal(0, 1) } }), b: population(2, lif()) },
    connections: [
      connect("a", "b", { connectivity: pairs([2, 0, 2], [1, 1, 0]), weight: [0.25, 0.5, 0.75] }),
      connect("b", "a", { delay: 1 }),
    ],
  });
  test.each(BACKENDS.map((b) => [b.name, b] as const))(
    "states, synapses, parameters, memory on %s",
    async (_name, backend) => {
      using e = await createEngine(net, backend, { seed: 4, samples: 2 });
      expect([...e.state("a.v").subarray(0, 3)]).toEqual([...e.state("a.v").subarray(4, 7)]);
      expect(new Set(e.state("a.v")).size).toBe(4);
      const { source, target, w } = e.synapses("a>b");
      // In order of source, then of target; the weights go with their pairs.
      expect([[...source!], [...target!], [...w!]]).toEqual([
        [0, 2, 2],
        [1, 0, 1],
        [0.5, 0.75, 0.25],
      ]);
      expect(e.bytes).toBeGreaterThan(0);
      expect(e.text.includes("module")).toBe(backend.name === "wasm");
    },
  );
  test("unknown names, with those that are known", async () => {
    using e: Engine = await createEngine(net, wasm);
    expect(() => e.state("a.u")).toThrow("state: no state variable 'a.u'; known: a.v, b.v");
    expect(() => e.synapses("c")).toThrow(/^synapses: no sparse connection 'c'; known: a>b$/);
    const matrix = "no sparse connection 'b>a'; known: a>b: all pairs of 'b>a' share a matrix";
    expect(() => e.synapses("b>a")).toThrow(`synapses: ${matrix}`);
    const records = { w: { kind: "synapses", of: "b>a", every: 1 } } as const;
    expect(() => e.run(1, {}, { records })).toThrow(`records.w.of: ${matrix}`);
  });
});
