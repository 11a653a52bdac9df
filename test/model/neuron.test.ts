import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronSpec } from "../../src/model/neuronModel.ts";

const refused = (f: () => unknown): { code: string; path: string; message: string } => {
  try {
    f();
  } catch (e) {
    if (e instanceof ModelError) return { code: e.code, path: e.path, message: e.message };
    throw e;
  }
  throw new Error("not refused");
};
/** A spec with `tau`, whose equations (and more) are given. */
const spec = (equations: string, more: Partial<NeuronSpec> = {}): NeuronSpec => ({
  name: "cell",
  equations,
  parameters: { tau: "20 ms", El: "-49 mV", k: 2 },
  ...more,
});

const define = (equations: string) => neuron(spec(equations));

/** design.md, section 4, unchanged. */
const cuba = neuron({
  name: "cuba",
  equations: `
    dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
    dge/dt = -ge / taue : volt
    dgi/dt = -gi / taui : volt`,
  parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-49 mV" },
  spike: "v > -50*mV",
  reset: "v = -60*mV",
  refractory: "5 ms",
});

describe("a definition", () => {
  test("CUBA of design.md", () => {
    expect(cuba.variables.map((v) => [v.name, v.kind, v.unlessRefractory, v.initial])).toEqual([
      ["v", "differential", true, 0],
      ["ge", "differential", false, 0],
      ["gi", "differential", false, 0],
    ]);
    expect(cuba.parameters.map((p) => [p.name, p.value, p.trainable])).toEqual([
      ["taum", 0.02, false],
      ["taue", 0.005, false],
      ["taui", 0.01, false],
      ["El", -0.049, false],
    ]);
    expect([cuba.outputs, cuba.port, cuba.refractory?.kind]).toEqual([["v", "ge", "gi"], "v", "duration"]);
  });
  test("a unit of 1 is none, as in equations", () => {
    const cell = (unit?: string) =>
      neuron({
        name: "cell",
        equations: "dv/dt = -a*v/ms : 1",
        parameters: { a: { value: 0.2, ...(unit && { unit }), min: 0.1 } },
      });
    expect(cell("1").parameters).toEqual(cell().parameters);
    expect(cell("1").parameters[0]).toMatchObject({ value: 0.2, min: 0.1 });
  });

  test("parameters with unit, doc and trainable; declared ones; inputs; subexpressions in order", () => {
    const m = neuron({
      name: "cell",
      equations: `
        y = x + 1 : 1
        x = (v - El) / mV : 1
        dv/dt = (R*i + El - v) / tau : volt
        R : ohm (constant)
        w : siemens
        i : amp (input)`,
      parameters: {
        tau: { value: 20, unit: "ms", doc: "membrane time constant", trainable: true },
        El: "-70 mV",
        R: "100 Mohm",
      },
      initial: { v: "El + 2*mV", w: "3 nS" },
    });
    expect(m.parameters[0]).toEqual({
      name: "tau",
      value: 0.02,
      dimension: [0, 0, 1, 0, 0, 0, 0],
      doc: "membrane time constant",
      trainable: true,
    });
    expect(m.parameters.find((p) => p.name === "R")!.value).toBe(1e8);
    expect(m.subexpressions.map((s) => s.name)).toEqual(["x", "y"]);
    expect(m.variables.map((v) => [v.name, v.initial])).toEqual([
      ["v", -0.07 + 0.002],
      ["w", 3e-9],
    ]);
    expect([m.inputs.map((i) => i.name), m.port, m.outputs]).toEqual([["i"], "i", ["v", "w", "x", "y"]]);
  });
  test("dimensions go through functions and powers", () => {
    const m = define(`a = sqrt(El*El) + abs(El) + clip(El, -1*volt, 1*volt) : volt
      b = El*El/(k*mV)**2 + sign(El) + El//mV + int(El > 0*mV) : 1
      c = k/sqrt(tau) + tau**(-1/2) : second**-0.5
      d = where(El > 0*mV, El, El % mV) : volt`);
    expect(m.outputs).toEqual(["a", "b", "c", "d"]);
  });
  test("the caller's spec stays the caller's", () => {
    const given = { name: "cell", equations: "dv/dt = -v/tau : 1", parameters: { tau: { value: "20 ms" } } };
    const m = neuron(given);
    given.parameters.tau.value = "3 ms";
    expect(m.spec.parameters).toEqual({ tau: { value: "20 ms" } });
  });
  test("is frozen to the leaves", () => {
    expect(Object.isFrozen(cuba.variables[0]!.value)).toBe(true);
    expect(() => Object.assign(cuba.parameters[0]!, { value: 1 })).toThrow(TypeError);
  });
  test.each([
    cuba,
    lif(),
    lif({ tau: { value: 5, unit: "ms", trainable: true }, vTh: 0.5, reset: { to: -0.2 }, refractory: "2 ms" }),
    lif({ reset: "subtract" }),
    integrateAndFire({ reset: "subtract" }),
    leakyIntegrator(),
    relu(),
  ])("goes through JSON: $name", (m) => {
    expect(neuron(JSON.parse(JSON.stringify(m.spec)))).toEqual(m);
  });
  test("the stock models", () => {
    expect([lif().port, lif().inputs[0]!.name, lif().spec.reset]).toEqual(["v", "i", "v = 0"]);
    expect([
      lif({ reset: "subtract" }).spec.reset,
      lif({ reset: { to: 0.1 } }).parameters.map((p) => [p.name, p.value]),
    ]).toEqual([
      "v -= vTh",
      [
        ["tau", 0.02],
        ["vTh", 1],
        ["vReset", 0.1],
      ],
    ]);
    expect([leakyIntegrator().spike, leakyIntegrator().port]).toEqual([undefined, "v"]);
    expect([relu().variables, relu().port, relu().outputs]).toEqual([[], "x", ["y"]]);
  });
});

describe("what is refused, and how", () => {
  test.each<[string, NeuronSpec, string, string, string]>([
    [
      "unknown name",
      spec("dv/dt = -v / tua : volt"),
      "unknown-name",
      "cell.equations",
      "line 1: unknown name 'tua'; known: El, k, tau, v, and units such as mV, nS, ms\n    dv/dt = -v / tua : volt\n                 ^",
    ],
    [
      "missing 1/second",
      spec("\n  dv/dt = El - v : volt"),
      "unit-mismatch",
      "cell.equations",
      "line 2: dv/dt needs dimension volt/second, but 'El - v' has dimension volt\n    dv/dt = El - v : volt\n            ^",
    ],
    [
      "volt + amp",
      spec("dv/dt = (El - v + 3*nA) / tau : volt"),
      "unit-mismatch",
      "cell.equations",
      "line 1: '+' needs one dimension on both sides, but 'El - v' has dimension volt and '3 * nA' has dimension amp\n    dv/dt = (El - v + 3*nA) / tau : volt\n                      ^",
    ],
    [
      "exp(volt)",
      spec("x = exp(El) : 1"),
      "unit-mismatch",
      "cell.equations",
      "line 1: expected a number without dimension in exp(…), but 'El' has dimension volt\n    x = exp(El) : 1\n            ^",
    ],
    [
      "variable exponent",
      spec("x = El**k : volt"),
      "unit-mismatch",
      "cell.equations",
      "line 1: the exponent of 'El' (dimension volt) must be written as a number\n    x = El**k : volt\n            ^",
    ],
    [
      "condition as number",
      spec("x = k + (k > 1) : 1"),
      "unit-mismatch",
      "cell.equations",
      "line 1: expected a number for '+', but 'k > 1' is a condition (int(…) makes it 0 or 1)\n    x = k + (k > 1) : 1\n             ^",
    ],
    [
      "number as condition",
      spec("dv/dt = -v/tau : volt", { spike: "v" }),
      "unit-mismatch",
      "cell.spike",
      "line 1: the spike condition needs a condition, but 'v' has dimension volt\n    v\n    ^",
    ],
    [
      "and of numbers",
      spec("dv/dt = -v/tau : volt", { spike: "v > El and k" }),
      "unit-mismatch",
      "cell.spike",
      "line 1: expected a condition beside 'and', but 'k' is a number of dimension 1\n    v > El and k\n               ^",
    ],
    [
      "comparing volt with 1",
      spec("dv/dt = -v/tau : volt", { spike: "v > 1" }),
      "unit-mismatch",
      "cell.spike",
      "line 1: '>' needs one dimension on both sides, but 'v' has dimension volt and '1' has dimension 1\n    v > 1\n        ^",
    ],
    [
      "reset to a bare number",
      spec("dv/dt = -v/tau : volt", { spike: "v > El", reset: "v = El; v = 0" }),
      "unit-mismatch",
      "cell.reset",
      "line 1: 'v' needs dimension volt, but '0' has dimension 1\n    v = El; v = 0\n                ^",
    ],
    [
      "reset of a parameter",
      spec("dv/dt = -v/tau : volt", { spike: "v > El", reset: "tau = 3*ms" }),
      "unknown-name",
      "cell.reset",
      "line 1: a statement changes state variables, and 'tau' is none; known: v\n    tau = 3*ms\n    ^",
    ],
    [
      "refractory in volt",
      spec("dv/dt = -v/tau : volt", { spike: "v > El", refractory: "3 mV" }),
      "unit-mismatch",
      "cell.refractory",
      'line 1: expected a duration such as "5 ms" or a condition, got dimension volt\n    3 mV\n    ^',
    ],
    [
      "unknown function",
      spec("x = expp(k) : 1"),
      "unknown-name",
      "cell.equations",
      "line 1: unknown function 'expp'; known: abs, arccos, arcsin, arctan, ceil, clip, cos",
    ],
    [
      "too many arguments",
      spec("x = exp(k, k) : 1"),
      "syntax",
      "cell.equations",
      "line 1: exp takes 1 argument, got 2\n",
    ],
    [
      "too few arguments",
      spec("x = min(k) : 1"),
      "syntax",
      "cell.equations",
      "line 1: min takes 2 or more arguments, got 1\n",
    ],
    [
      "where of two dimensions",
      spec("x = where(k > 1, El, tau) : volt"),
      "unit-mismatch",
      "cell.equations",
      "line 1: where(…) needs one dimension on both sides",
    ],
    [
      "loop",
      spec("a = b : 1\nb = a : 1"),
      "cycle",
      "cell.equations",
      "line 1: subexpressions read each other: a <- b <- a\n    a = b : 1\n    ^",
    ],
    [
      "twice",
      spec("dv/dt = -v/tau : volt\nv : volt"),
      "duplicate-name",
      "cell.equations",
      "line 2: 'v' is defined twice; choose another name\n    v : volt\n    ^",
    ],
    [
      "also a parameter",
      spec("dk/dt = -k/tau : 1"),
      "duplicate-name",
      "cell.equations",
      "line 1: 'k' is also a parameter",
    ],
    [
      "a unit",
      spec("dmV/dt = -mV/tau : 1"),
      "duplicate-name",
      "cell.equations",
      "line 1: 'mV' is a unit; choose another name\n    dmV/dt = -mV/tau : 1\n     ^",
    ],
    ["a function", spec("", { parameters: { exp: 1 } }), "duplicate-name", "cell.parameters", "'exp' is a function"],
    ["built in", spec("", { parameters: { t: 1 } }), "duplicate-name", "cell.parameters", "'t' is built in"],
    ["reserved", spec("dspike/dt = -spike/tau : 1"), "duplicate-name", "cell.equations", "line 1: 'spike' is reserved"],
    [
      "a draw's slot",
      spec("dseed/dt = -seed/tau : 1"),
      "duplicate-name",
      "cell.equations",
      "line 1: 'seed' is reserved",
    ],
    ["not a name", spec("", { parameters: { "a b": 1 } }), "syntax", "cell.parameters", "'a b' is not a name"],
    [
      "no value",
      spec("R : ohm (constant)"),
      "unknown-name",
      "cell.equations",
      "line 1: 'R' is a parameter without a value; give one in 'parameters'",
    ],
    [
      "declared unit",
      spec("tau : volt (constant)"),
      "unit-mismatch",
      "cell.parameters.tau",
      "declared in volt, but the value is in second",
    ],
    ["NaN", spec("", { parameters: { a: Number.NaN } }), "not-finite", "cell.parameters.a", "must be finite, got NaN"],
    [
      "infinity",
      spec("", { parameters: { a: { value: Infinity, unit: "mV" } } }),
      "not-finite",
      "cell.parameters.a",
      "must be finite, got Infinity",
    ],
    [
      "infinite text",
      spec("", { parameters: { a: "1e400 mV" } }),
      "not-finite",
      "cell.parameters.a",
      "must be finite, got Infinity",
    ],
    [
      "bad quantity",
      spec("", { parameters: { a: "20 foo" } }),
      "unknown-name",
      "cell.parameters.a",
      "'foo' is not a unit",
    ],
    [
      "initial of nothing",
      spec("dv/dt = -v/tau : volt", { initial: { u: 1 } }),
      "unknown-name",
      "cell.initial.u",
      "no state variable called 'u'; known: v",
    ],
    [
      "initial unit",
      spec("dv/dt = -v/tau : volt", { initial: { v: 1 } }),
      "unit-mismatch",
      "cell.initial.v",
      "line 1: the initial value needs dimension volt, but '1' has dimension 1",
    ],
    [
      "initial not constant",
      spec("dv/dt = -v/tau : 1", { initial: { v: "rand()" } }),
      "unsupported",
      "cell.initial.v",
      "line 1: an initial value must be constant",
    ],
    [
      "port",
      spec("dv/dt = -v/tau : 1", { port: "u" }),
      "unknown-name",
      "cell.port",
      "no input or variable called 'u'; known: v",
    ],
    [
      "method",
      spec("dv/dt = -v/tau : 1", { method: "eulr" as "euler" }),
      "unknown-name",
      "cell.method",
      "unknown method 'eulr'; known: euler",
    ],
    [
      "method that cannot",
      spec("dv/dt = -v**3/tau : 1", { method: "exact" }),
      "unsupported",
      "cell.method",
      "dv/dt is not linear; use exponentialEuler, rk2 or rk4",
    ],
    [
      "noise",
      spec("dv/dt = -v/tau + xi*tau**-0.5 : 1", { method: "rk4" }),
      "unsupported",
      "cell.method",
      "white noise (xi) needs one of the methods euler, heun, milstein, got rk4",
    ],
    [
      "reset without spike",
      spec("dv/dt = -v/tau : 1", { reset: "v = 0" }),
      "unsupported",
      "cell.reset",
      "needs a 'spike' condition",
    ],
    [
      "property",
      { ...spec(""), threshold: "v > 1" } as NeuronSpec,
      "unknown-name",
      "cell.threshold",
      "unknown property; known: after, doc",
    ],
    [
      "synapse flag",
      spec("dp/dt = -p/tau : 1 (event-driven)"),
      "unsupported",
      "cell.equations",
      "line 1: 'event-driven' belongs to synapses",
    ],
    [
      "derivative of integer",
      spec("dn/dt = 1/tau : integer"),
      "unsupported",
      "cell.equations",
      "line 1: dn/dt: only numbers have a derivative, not integer",
    ],
    ["name", spec("", { name: "1" }), "syntax", "neuron.name", "expected a letter followed by letters"],
  ])("%s", (_what, given, code, path, message) => {
    const found = refused(() => neuron(given));
    expect([found.code, found.path]).toEqual([code, path]);
    expect(found.message.slice(path.length + 2)).toContain(message);
    if (message.includes("\n    ") && message.endsWith("^")) expect(found.message).toBe(`${path}: ${message}`);
  });
});
