/** A time constant of 0 or below, a capacitance of nothing: refused where it is given, in the words of who gave it. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { NAMED, sameDimension } from "../../src/base/dimension.ts";
import * as library from "../../src/model/index.ts";
import { network, neuron, normal, population, uniform } from "../../src/model/index.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";

const { adex, alif, alphaLif, cobaLif, cubaLif, eif, gif, hodgkinHuxley, leakyIntegrator, lif, qif } = library;
const { seAdLif, secondOrderLif, synapseFilter, traubMiles } = library;
type Maker = (options: never) => library.NeuronModel;
const MAKERS: readonly [string, Maker, object][] = [
  ...[adex, alif, alphaLif, cobaLif, cubaLif, eif, gif, hodgkinHuxley, leakyIntegrator, lif, qif, seAdLif].map(
    (make): [string, Maker, object] => [make.name, make, {}],
  ),
  ["secondOrderLif", secondOrderLif, {}],
  ["synapseFilter", synapseFilter, { tauRise: "1 ms" }],
  ["traubMiles", traubMiles, {}],
];
const FARAD = NAMED.farad!;

describe("models of the library", () => {
  test.each(MAKERS)("%s: no time constant is 0 or below, no period below 0", (_name, make, more) => {
    const model = make(more as never);
    const durations = model.parameters.filter((p) => sameDimension(p.dimension, NAMED.second!));
    const path = (name: string): string => `${model.name}.parameters.${name}`;
    for (const { name } of durations) {
      const given = (value: unknown) => () => make({ ...more, [name]: value } as never);
      const may0 = name === "tRef";
      const what = may0 ? "at least 0" : "> 0";
      expect(given("-10 ms")).toThrow(`${path(name)}: must be ${what}, got -10 ms`);
      expect(given({ value: -3, unit: "ms" })).toThrow(`${path(name)}: must be ${what}, got -3 ms`);
      if (may0) expect(given("0 ms")).not.toThrow();
      else expect(given("0 ms")).toThrow(`${path(name)}: must be > 0, got 0 ms`);
    }
    for (const { name } of model.parameters.filter((p) => sameDimension(p.dimension, FARAD)))
      expect(() => make({ ...more, [name]: "-200 pF" } as never)).toThrow(`${path(name)}: must be > 0, got -200 pF`);
    expect(durations.length > 0 || model.parameters.some((p) => p.name === "C")).toBe(true);
  });

  test("a refractory period below 0, wherever it is a number", () => {
    const refused = expect.objectContaining({ code: "out-of-range", path: "lif.refractory" });
    expect(() => lif({ refractory: "-2 ms" })).toThrow(refused);
    expect(() => lif({ refractory: "1*ms - 3*ms" })).toThrow(/must be at least 0, got -0.002 s/);
    for (const refractory of ["0 ms", "2 ms", "rand()*ms - 1*ms", "(1 - v)*ms - 9*ms", "5*dt - 1*second"])
      expect(() => lif({ refractory })).not.toThrow();
  });
});

const one = (parameters: Parameters<typeof population>[2], model = lif()): library.Network =>
  network({ dt: "1 ms", populations: { e: population(4, model, parameters) } });

describe("populations", () => {
  test.each([
    ["a number", -0.01, "population of lif.parameters.tau: 'tau' must be > 0, got -0.01"],
    ["a quantity", "-10 ms", "population of lif.parameters.tau: 'tau' must be > 0, got -0.01"],
    ["a list", [0.01, 0.02, 0, 0.01], "population of lif.parameters.tau[2]: 'tau' must be > 0, got 0"],
  ])("%s is refused where it is given", (_what, tau, says) => {
    expect(() => one({ parameters: { tau } })).toThrow(says);
  });

  test.each([
    ["a law", uniform(-0.02, -0.01)],
    ["an expression", "(i - 2)*10*ms"],
  ])("%s is refused when it is drawn, by both engines", async (_what, tau) => {
    const net = one({ parameters: { tau } });
    const refused = /^e\.tau\[0\]: 'tau' must be > 0, got -0\.0[12]/;
    await expect(createEngine(net, wasm)).rejects.toThrow(refused);
    expect(() => createExactEngine(net)).toThrow(refused);
  });

  test("what training has left is looked at too: a capacitance", async () => {
    const cell = population(2, adex(), { trainable: { C: "neuron" } });
    const net = network({ dt: "0.1 ms", populations: { e: cell } });
    const parameters = { "e.C": Float64Array.of(200e-12, -200e-12) };
    const refused = "parameters.e.C[1]: is trained, so must be from 0 to Infinity";
    await expect(createEngine(net, wasm, { parameters, type: "f64" })).rejects.toThrow(refused);
  });

  test("a published law that reaches below 0 in theory is taken, where what it draws is above", async () => {
    // A normal number 4 deviations away: once in 30,000.
    using engine = await createEngine(one({ parameters: { tauM: normal(0.02, 0.005) } }, alif()), wasm);
    expect(engine.run(1).steps).toBe(1);
  });
});

describe("models of one's own", () => {
  const own = (range: unknown, value: string | number = "-1 mV") =>
    neuron({ name: "own", equations: "dv/dt = -v/(1*ms) : volt", parameters: { x: { value, range } as never } });
  test("may say it too", () => {
    expect(() => own("positive")).toThrow("own.parameters.x: must be > 0, got -1 mV");
    expect(() => own("not negative")).toThrow("own.parameters.x: must be at least 0, got -1 mV");
    expect(own("positive", "1 mV").parameters[0]).toMatchObject({ range: "positive" });
  });
  test("a range that is none is named", () => {
    expect(() => own("above 0")).toThrow("own.parameters.x.range: must be 'positive' or 'not negative', got 'above 0'");
  });
  test("without a word a parameter may be anything", () => {
    expect(own(undefined).parameters[0]!.value).toBe(-1e-3);
  });
});
