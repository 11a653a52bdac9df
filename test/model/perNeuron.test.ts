/** Numbers of neurons as expressions: `population(n, m, { initial: { v: "Vr + rand()*(Vt - Vr)" } })`. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { connect } from "../../src/model/connection.ts";
import { initialise, normal, uniform } from "../../src/model/initializer.ts";
import { network, type PopulationOptions, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";

const n = 1000;
const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (El - v)/tau : volt
    du/dt = -u/tau : volt
    m_inf = 1/(1 + exp(-(v - El)/(4*mV))) : 1
    tau_m = tau*m_inf : second
    m : 1
    big : boolean
    I : amp (input)`,
  parameters: { El: "-60 mV", tau: "20 ms", gain: 2 },
  timedArrays: { stim: { values: [1, 2], dt: "1 ms" } },
  events: { up: "v > El" },
});
const made = (options: PopulationOptions, size = n) =>
  network({ dt: "1 ms", populations: { p: population(size, cell, options) } });
async function states(options: PopulationOptions, names: readonly string[], size = n, seed = 1) {
  using e = await createEngine(made(options, size), wasm, { type: "f64", seed });
  return names.map((name) => Array.from(e.state(`p.${name}`).subarray(0, size)));
}
const range = (f: (k: number) => number, size = n): number[] => Array.from({ length: size }, (_, k) => f(k));

describe("an expression of each neuron", () => {
  test("of its index and the size, in units: Brian's IF_curve_LIF", async () => {
    const [v, u] = await states({ initial: { v: "20*mV * i / (N-1)", u: "i//3*mV" } }, ["v", "u"]);
    v!.forEach((x, k) => expect(x).toBeCloseTo((0.02 * k) / (n - 1), 15));
    u!.forEach((x, k) => expect(x).toBeCloseTo(Math.floor(k / 3) * 1e-3, 12));
  });
  test("of draws: each place in the text its own, by seed", async () => {
    const [v, u] = await states({ initial: { v: "(randn()*5 - 5)*mV", u: "(rand() + 0*rand())*volt" } }, ["v", "u"]);
    const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
    const deviation = (x: readonly number[]): number => Math.sqrt(mean(x.map((y) => (y - mean(x)) ** 2)));
    // Of 1,000 numbers: four standard errors.
    expect(Math.abs(mean(v!) + 5e-3)).toBeLessThan((4 * 5e-3) / Math.sqrt(n));
    expect(Math.abs(deviation(v!) - 5e-3)).toBeLessThan((4 * 5e-3) / Math.sqrt(2 * n));
    expect(Math.abs(mean(u!) - 0.5)).toBeLessThan(4 / Math.sqrt(12 * n));
    expect([Math.min(...u!) >= 0, Math.max(...u!) <= 1]).toEqual([true, true]);
    expect(new Set(u).size).toBe(n);
    const two = await states({ initial: { v: "(rand() - rand())*volt" } }, ["v"]);
    expect(new Set(two[0]).size).toBe(n); // one draw for both would be 0
    expect(await states({ initial: { v: "rand()*volt" } }, ["v"], n, 1)).toEqual(
      await states({ initial: { v: "rand()*volt" } }, ["v"], n, 1),
    );
    expect((await states({ initial: { v: "rand()*volt" } }, ["v"], n, 2))[0]![0]).not.toBe(
      (await states({ initial: { v: "rand()*volt" } }, ["v"], n, 1))[0]![0],
    );
  });
  test("of parameters, of states before it, and through subexpressions: the very numbers of the neuron", async () => {
    const El = range((k) => -0.06 - k * 1e-6);
    const [v, u, m, big] = await states(
      {
        parameters: { El, gain: "1.0*i" },
        initial: { v: "El + randn()*5*mV", u: "gain*v", m: "tau_m/second", big: "v > El" },
      },
      ["v", "u", "m", "big"],
    );
    v!.forEach((x, k) => {
      const gate = 1 / (1 + Math.exp(-(x - El[k]!) / 4e-3));
      expect(u![k]).toBe(k * x);
      expect(m![k]).toBeCloseTo(0.02 * gate, 14);
      expect(big![k]).toBe(Number(x > El[k]!));
    });
    expect(new Set(v!.map((x, k) => x - El[k]!)).size).toBeGreaterThan(900);
  });
  test("of what another law draws", async () => {
    const [v, u] = await states({ initial: { v: normal(-0.06, 0.005), u: "2*v" } }, ["v", "u"]);
    expect(u).toEqual(v!.map((x) => 2 * x));
    // Before v is given, it is what the model says.
    expect((await states({ initial: { u: "2*v + 1*volt", v: uniform(0, 1) } }, ["u"], 3))[0]).toEqual([1, 1, 1]);
  });
  test("is what parameters are too, in steps as in the start", async () => {
    using e = await createEngine(made({ parameters: { tau: "10*ms + i*ms", El: 0 }, initial: { v: 1 } }, 5), wasm, {
      type: "f64",
    });
    e.run(1);
    [...e.state("p.v").subarray(0, 5)].forEach((x, k) => expect(x).toBeCloseTo(Math.exp(-1 / (10 + k)), 14));
  });
  test("survives being written down", async () => {
    const net = made({ parameters: { gain: "rand()" }, initial: { v: "El + gain*mV*randn()", u: "v" } }, 7);
    const back = networkFromJson(JSON.parse(JSON.stringify(networkToJson(net))), "file");
    expect(back.populations.p!.initial).toEqual(net.populations.p!.initial);
    const draw = { name: "p.u.initial", seed: 3 };
    expect(initialise(back.populations.p!.initial.u!, 7, draw)).toEqual(
      initialise(net.populations.p!.initial.v!, 7, { ...draw, name: "p.v.initial" }),
    );
  });
});

describe("what is refused", () => {
  const message = (text: string, name = "v"): string => {
    try {
      population(3, cell, { initial: { [name]: text } });
    } catch (e) {
      return (e as Error).message.split("\n")[0]!;
    }
    return "accepted";
  };
  const at = "population of cell.initial.v: line 1: ";
  test.each([
    ["El + rnad()*mV", `${at}unknown function 'rnad'`],
    ["Elk + rand()*mV", `${at}unknown name 'Elk'`],
    ["1.0*i", `${at}the value needs dimension volt, but '1 * i' has dimension 1`],
    ["El*rand() + xi*mV", `${at}'xi' has no value before the first step; known: El, N, big, gain, i, m, `],
    ["El + t*volt/second", `${at}'t' has no value before the first step`],
    ["El + I*ohm", `${at}'I' has no value before the first step`],
    ["El + up*mV", `${at}'up' has no value before the first step`],
    ["El*poisson(3)", `${at}draws here are rand() and randn()`],
    ["20 ms", "population of cell.initial.v: expected a quantity in volt, got '20 ms' in second"],
    ["20 mW*", "population of cell.initial.v: "],
    ["-60 mV", "accepted"],
    ["-60*mV", "accepted"],
  ])("%j", (text, expected) => {
    expect(message(text)).toContain(expected);
  });
  test("what is not finite, and where", async () => {
    await expect(states({ initial: { v: "1*volt/(i - 2.0)" } }, ["v"], 5)).rejects.toThrow(
      "p.v.initial: '1 * volt / (i - 2)' is Infinity for i = 2",
    );
  });
  test("a weight", () => {
    const expression = population(2, cell, { initial: { v: "i*mV" } }).initial.v!;
    const wrong = (options: object) => () =>
      network({ dt: 1, populations: { p: population(2, cell) }, connections: [connect("p", "p", options)] });
    expect(wrong({ port: "v", output: "v", weight: expression })).toThrow("an expression gives numbers of neurons");
    expect(wrong({ port: "v", output: "v", weight: 1, delay: expression })).toThrow(
      "expression is not for delays; they can be values, uniform, normal, …",
    );
  });
});
