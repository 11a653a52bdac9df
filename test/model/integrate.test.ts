import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Expr, f64, rewrite } from "../../src/ir/expr.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { expm } from "../../src/model/integrate/expm.ts";
import { chooseMethod, type MethodName } from "../../src/model/integrate/methods.ts";
import { meaningOf, systemOf } from "../../src/model/meaning.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronSpec } from "../../src/model/neuronModel.ts";
import { neuronStep } from "../../src/model/step.ts";
import { type Cell, cell, ulps } from "./cell.ts";

const define = (equations: string, more: Partial<NeuronSpec> = {}) => neuron({ name: "ode", equations, ...more });
/** The state after some steps; `t` is the time at the start of each. */
function run(c: Cell, dt: number, steps: number): Record<string, number> {
  for (let k = 0; k < steps; k++) {
    c.state.t = k * dt;
    c.step();
  }
  return c.state;
}
/** log2 of the ratio of errors as the step is halved. */
function orders(error: (steps: number) => number, coarsest: number): number[] {
  const errors = [1, 2, 4].map((f) => error(coarsest * f));
  return [Math.log2(errors[0]! / errors[1]!), Math.log2(errors[1]! / errors[2]!)];
}

describe("measured order of convergence", () => {
  // x' = x·y, y' = -y from (1, 1): x = exp(1 - e^-t). Nonlinear; linear in each variable.
  const coupled = (method: MethodName) => (steps: number) => {
    const dt = 1 / steps;
    const m = define("dx/dt = x*y/second : 1\ndy/dt = -y/second : 1", { method, initial: { x: 1, y: 1 } });
    return Math.abs(run(cell(m, { dt }), dt, steps).x! - Math.exp(1 - Math.exp(-1)));
  };
  test.each<[MethodName, number]>([
    ["euler", 1],
    ["symplecticEuler", 1],
    ["exponentialEuler", 1],
    ["exponentialMidpoint", 2],
    ["heun", 2],
    ["rk2", 2],
    ["rk4", 4],
  ])("%s: order %i", (method, order) => {
    for (const measured of orders(coupled(method), 64)) expect(Math.abs(measured - order)).toBeLessThan(0.15);
  });
  // x' = cos(t)·x: x = exp(sin t). Stages must move the time as well.
  test.each<[MethodName, number]>([
    ["euler", 1],
    ["exponentialEuler", 1],
    ["exponentialMidpoint", 2],
    ["heun", 2],
    ["rk2", 2],
    ["rk4", 4],
  ])("%s with time: order %i", (method, order) => {
    const error = (steps: number): number => {
      const dt = 1 / steps;
      const m = define("dx/dt = cos(t/second)*x/second : 1", { method, initial: { x: 1 } });
      return Math.abs(run(cell(m, { dt }), dt, steps).x! - Math.exp(Math.sin(1)));
    };
    for (const measured of orders(error, 32)) expect(Math.abs(measured - order)).toBeLessThan(0.15);
  });
});

describe("symplectic Euler on an oscillator", () => {
  const oscillate = (method: MethodName, steps: number): { p: number; q: number } => {
    const m = define("dp/dt = -q/second : 1\ndq/dt = p/second : 1", { method, initial: { q: 1 } });
    const { p, q } = run(cell(m, { dt: 0.1 }), 0.1, steps);
    return { p: p!, q: q! };
  };
  // p' = p - h·q, q' = q + h·p': p² + q² - h·p·q is exactly invariant (Hairer et al., Geometric Numerical Integration, I.1).
  test("keeps its modified energy for 10,000 steps", () => {
    const { p, q } = oscillate("symplecticEuler", 10_000);
    expect(Math.abs(p * p + q * q - 0.1 * p * q - 1)).toBeLessThan(10_000 * 4 * 2 ** -53);
  });
  test("where Euler's grows by 1 + h² a step", () => {
    const { p, q } = oscillate("euler", 1000);
    expect((p * p + q * q) / 1.01 ** 1000).toBeCloseTo(1, 10);
  });
});

describe("exact", () => {
  test("a leak: x e^-h/tau, to an ulp or two", () => {
    const m = define("dx/dt = -x/tau : 1", { parameters: { tau: "20 ms" }, initial: { x: 1.7 } });
    expect(ulps(run(cell(m, { dt: 1e-4 }), 1e-4, 1).x!, 1.7 * Math.exp(-1e-4 / 20e-3))).toBeLessThanOrEqual(2);
  });
  test("a constant drive holds its fixed point; without leak it is a ramp", () => {
    const m = define("dx/dt = (3 - x)/tau : 1\ndr/dt = 2/tau : 1", { parameters: { tau: "20 ms" } });
    const { x, r } = run(cell(m, { dt: 1e-3 }), 1e-3, 100);
    // each step adds at most 3 roundings of size ulp(3); the leak forgets them after tau/dt = 20 steps
    expect(ulps(x!, 3 * (1 - Math.exp(-5)))).toBeLessThanOrEqual(60);
    expect(ulps(r!, 10)).toBeLessThanOrEqual(100);
  });

  // x' = (y - x)/tau1, y' = -y/tau2 from (0, 1), by expm1: the alpha synapse and its neighbours.
  const pair = define("dx/dt = (y - x)/tau1 : 1\ndy/dt = -y/tau2 : 1", {
    parameters: { tau1: "5 ms", tau2: "5 ms" },
    initial: { y: 1 },
  });
  const pairAfter = (tau1: number, tau2: number, dt: number): number => cellAfter(tau1, tau2, dt).x!;
  const cellAfter = (tau1: number, tau2: number, dt: number) =>
    run(cell(pair, { dt, perNeuron: new Set(["tau1", "tau2"]), values: { tau1, tau2 } }), dt, 1);
  test("equal time constants: (h/tau) e^-h/tau", () => {
    for (const dt of [1e-5, 1e-4, 1e-3, 5e-3, 2e-2])
      expect(ulps(pairAfter(5e-3, 5e-3, dt), (dt / 5e-3) * Math.exp(-dt / 5e-3))).toBeLessThanOrEqual(8);
  });
  test("nearly equal ones, and any others", () => {
    const tau = fc.double({ min: 1e-3, max: 1e-1, noNaN: true });
    const near = fc.constantFrom(0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 1, 3);
    fc.assert(
      fc.property(tau, near, (tau1, relative) => {
        const [tau2, h] = [tau1 * (1 + relative), 1e-3];
        const [a, b] = [-h / tau1, -h / tau2];
        const expected = (h / tau1) * Math.exp(b) * (a === b ? 1 : Math.expm1(a - b) / (a - b));
        // relative error of e^b is |b| ulps (|b| <= 1), of the difference no more; then five operations
        expect(ulps(pairAfter(tau1, tau2, h), expected)).toBeLessThanOrEqual(10);
      }),
      { numRuns: 60 },
    );
  });

  /** x(h) of x' = A x + r by its Taylor series: independent of any closed form. */
  function taylor(a: readonly (readonly number[])[], r: readonly number[], x: readonly number[], h: number): number[] {
    let term = x.map((_, i) => a[i]!.reduce((s, c, j) => s + c * x[j]!, r[i]!) * h);
    const sum = x.map((xi, i) => xi + term[i]!);
    for (let k = 2; k < 60; k++) {
      term = term.map((_, i) => (a[i]!.reduce((s, c, j) => s + c * term[j]!, 0) * h) / k);
      term.forEach((t, i) => (sum[i]! += t));
    }
    return sum;
  }
  test("CUBA's three equations against their Taylor series", () => {
    const m = define(
      `dv/dt = (ge + gi - (v - El)) / taum : volt
      dge/dt = -ge / taue : volt
      dgi/dt = -gi / taui : volt`,
      {
        parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-49 mV" },
        initial: { v: "-55 mV", ge: "3 mV", gi: "-8 mV" },
      },
    );
    const { v, ge, gi } = run(cell(m, { dt: 1e-4 }), 1e-4, 1);
    const expected = taylor(
      [
        [-50, 50, 50],
        [0, -200, 0],
        [0, 0, -100],
      ],
      [50 * -0.049, 0, 0],
      [-0.055, 0.003, -0.008],
      1e-4,
    );
    [v!, ge!, gi!].forEach((x, k) => expect(ulps(x, expected[k]!)).toBeLessThanOrEqual(3));
  });
  test("a driven pair: y moves about its fixed point, and x follows", () => {
    const m = define("dx/dt = (y - x)/tau1 : 1\ndy/dt = (i - y)/tau2 : 1\ni : 1 (input)", {
      parameters: { tau1: "20 ms", tau2: "5 ms" },
      initial: { x: 0.3, y: -0.4 },
    });
    const c = cell(m, { dt: 1e-3, connected: new Set(["i"]) });
    c.step({ i: 2 });
    const expected = taylor(
      [
        [-50, 50],
        [0, -200],
      ],
      [0, 400],
      [0.3, -0.4],
      1e-3,
    );
    // the difference of two gains of nearly one size: its error is that of their size, h/tau2 = 1/5, against the fixed point 2
    expect(Math.abs(c.state.x! - expected[0]!)).toBeLessThan(16 * 2 ** -53);
    expect(Math.abs(c.state.y! - expected[1]!)).toBeLessThan(4 * 2 ** -53); // its two terms are 0.36 and -0.33
  });
  test("an input that scales the leak is held during the step", () => {
    const m = define("dv/dt = -g*v/tau : 1\ng : 1 (input)", { parameters: { tau: "20 ms" }, initial: { v: 1 } });
    const c = cell(m, { dt: 1e-3, connected: new Set(["g"]) });
    c.step({ g: 3 });
    expect(ulps(c.state.v!, Math.exp(-0.15))).toBeLessThanOrEqual(2);
    c.step({ g: 0 });
    expect(ulps(c.state.v!, Math.exp(-0.15))).toBeLessThanOrEqual(2);
  });

  // x'' = -2 γ x' - ω² x, x(0) = 1, x'(0) = 0: x = e^-γt (cos Ωt + γ/Ω sin Ωt), Ω² = ω² - γ².
  const damped = "dx/dt = y/second : 1\ndy/dt = (-2*gamma*y - omega**2*x)/second : 1";
  const closed = (t: number): number =>
    Math.exp(-0.5 * t) * (Math.cos(Math.sqrt(3.75) * t) + (0.5 / Math.sqrt(3.75)) * Math.sin(Math.sqrt(3.75) * t));
  test.each<MethodName>(["exact", "matrixExponential"])(
    "%s of a damped oscillator with numeric coefficients",
    (method) => {
      const m = define(damped, { method, parameters: { gamma: 0.5, omega: 2 }, initial: { x: 1 } });
      const constants = new Map([
        ["gamma", 0.5],
        ["omega", 2],
      ]);
      for (const [dt, steps] of [
        [0.1, 30],
        [3, 1],
        [0.001, 3000],
      ] as const)
        expect(Math.abs(run(cell(m, { dt, constants }), dt, steps).x! - closed(3))).toBeLessThan(
          (steps + 8) * 2 ** -52,
        );
    },
  );
  test("with a constant and an input: the fixed point is that of the equations", () => {
    const m = define("dx/dt = (y - x + 1)/tau : 1\ndy/dt = (-x + i)/tau : 1\ni : 1 (input)", {
      method: "exact",
      parameters: { tau: "10 ms" },
    });
    const c = cell(m, { dt: 1e-3, connected: new Set(["i"]), constants: new Map([["tau", 10e-3]]) });
    c.step({ i: 2 });
    const expected = taylor(
      [
        [-100, 100],
        [-100, 0],
      ],
      [100, 200],
      [0, 0],
      1e-3,
    );
    expect(ulps(c.state.x!, expected[0]!)).toBeLessThanOrEqual(4);
    expect(ulps(c.state.y!, expected[1]!)).toBeLessThanOrEqual(4);
  });
  test("a driven variable without leak, seen by another, by its matrix", () => {
    const m = define("dx/dt = (y - x)/tau : 1\ndy/dt = 3/tau : 1", {
      method: "exact",
      parameters: { tau: "10 ms" },
      initial: { y: 1 },
    });
    const { x, y } = run(cell(m, { dt: 1e-3, constants: new Map([["tau", 10e-3]]) }), 1e-3, 1);
    const expected = taylor(
      [
        [-100, 100],
        [0, 0],
      ],
      [0, 300],
      [0, 1],
      1e-3,
    );
    expect([ulps(x!, expected[0]!) <= 4, ulps(y!, expected[1]!) <= 2]).toEqual([true, true]);
  });
  test("ramps added up by what does not decay: parabolas, beside a leak, whatever the parameters", () => {
    const m = define("dx/dt = (2*y + z)/tau : 1\ndy/dt = (3 + i)/tau : 1\ndz/dt = (1 - z)/tau : 1\ni : 1 (input)", {
      method: "exact",
      parameters: { tau: "10 ms" },
      initial: { x: 0.5, y: 1, z: 4 },
    });
    const c = cell(m, { dt: 2e-3, connected: new Set(["i"]), perNeuron: new Set(["tau"]), values: { tau: 10e-3 } });
    c.step({ i: 1 });
    const expected = taylor(
      [
        [0, 200, 100],
        [0, 0, 0],
        [0, 0, -100],
      ],
      [0, 400, 100],
      [0.5, 1, 4],
      2e-3,
    );
    for (const [k, name] of ["x", "y", "z"].entries())
      expect(ulps(c.state[name]!, expected[k]!)).toBeLessThanOrEqual(6);
  });
  test("a chain of three needs numbers, and the error names it", () => {
    const m = define("dx/dt = (y - x)/tau : 1\ndy/dt = (z - y)/tau : 1\ndz/dt = -z/tau : 1", {
      method: "exact",
      parameters: { tau: "10 ms" },
      initial: { z: 1 },
    });
    expect(() => neuronStep(m, { type: "f64", dt: 1e-3, phases: ["update"] })).toThrow(
      "ode.method: no closed form for x <- y, y <- z: a chain of more than two variables, or a loop, needs coefficients that are numbers, and these depend on tau; fix them (option 'constants') or use exponentialEuler",
    );
    const { x, y } = run(cell(m, { dt: 1e-3, constants: new Map([["tau", 10e-3]]) }), 1e-3, 1);
    expect(ulps(x!, 0.005 * Math.exp(-0.1))).toBeLessThanOrEqual(8); // (h/tau)²/2 e^-h/tau
    expect(ulps(y!, 0.1 * Math.exp(-0.1))).toBeLessThanOrEqual(8);
  });
  test("a function of numbers is a number", () => {
    const m = define("dx/dt = (exp(1)*y - x)/tau : 1\ndy/dt = (z - y)/tau : 1\ndz/dt = -z/tau : 1", {
      method: "exact",
      parameters: { tau: "10 ms" },
      initial: { z: 1 },
    });
    const { x } = run(cell(m, { dt: 1e-3, constants: new Map([["tau", 10e-3]]) }), 1e-3, 1);
    expect(ulps(x!, 0.005 * Math.exp(0.9))).toBeLessThanOrEqual(8); // e (h/tau)²/2 e^-h/tau
  });
  test("groups that do not see each other are solved apart", () => {
    const m = define("dx/dt = y/second : 1\ndy/dt = -x/second : 1\ndv/dt = -v/tau : 1", {
      method: "exact",
      parameters: { tau: "10 ms" },
      initial: { x: 1, v: 1 },
    });
    const { x, v } = run(cell(m, { dt: 0.01 }), 0.01, 1);
    expect([ulps(x!, Math.cos(0.01)) <= 2, ulps(v!, Math.exp(-1)) <= 2]).toEqual([true, true]);
  });
});

describe("exponential Euler", () => {
  test("is exact for one linear equation", () => {
    const m = define("dx/dt = (3 - x)/tau : 1", { method: "exponentialEuler", parameters: { tau: "20 ms" } });
    expect(ulps(run(cell(m, { dt: 0.05 }), 0.05, 1).x!, 3 * (1 - Math.exp(-2.5)))).toBeLessThanOrEqual(4);
  });
  test("is exact where a coefficient changes from step to step, but stands still in each", () => {
    const m = define("dx/dt = (3 - x)*g : 1\ng : Hz (input)", { method: "exponentialEuler", initial: { x: 1 } });
    for (const g of [0.1, 5, 80, 4000]) {
      const c = cell(m, { dt: 0.05, connected: new Set(["g"]) });
      c.step({ g });
      expect(ulps(c.state.x!, 3 - 2 * Math.exp(-0.05 * g))).toBeLessThanOrEqual(4);
    }
  });
  test("divides by numbers through products, but not below what rounds", () => {
    const m = define("dx/dt = (int(k/49) - x*k/49)*Hz : 1\nk : 1 (input)", { method: "exponentialEuler" });
    // k = 49: int is 1, where 49·(1/49) would be 0
    const c = cell(m, { dt: 0.5, connected: new Set(["k"]) });
    c.step({ k: 49 });
    expect(c.state.x).toBeCloseTo(1 - Math.exp(-0.5), 14);
  });
  test("stays bounded where Euler explodes", () => {
    const m = (method: MethodName) =>
      define("dx/dt = (tanh(y) - x)/tau : 1\ndy/dt = -y/tau : 1", {
        method,
        parameters: { tau: "1 ms" },
        initial: { x: 1, y: 1 },
      });
    for (const method of ["exponentialEuler", "exponentialMidpoint"] as const)
      expect(Math.abs(run(cell(m(method), { dt: 5e-3 }), 5e-3, 20).x!)).toBeLessThan(1);
    expect(Math.abs(run(cell(m("euler"), { dt: 5e-3 }), 5e-3, 20).x!)).toBeGreaterThan(1e9);
  });
  test.each(["exponentialEuler", "exponentialMidpoint"] as const)(
    "%s refuses what is not linear in itself, by name",
    (method) => {
      expect(() => define("dx/dt = -x/second : 1\ndy/dt = -y**2/second : 1", { method })).toThrow(
        `ode.method: ${method} needs every equation linear in its own variable; dy/dt is not linear in y; use rk2 or rk4`,
      );
    },
  );
});

describe("COBAHH, pasted from Brian (examples/COBAHH.py; Brette et al. 2007, benchmark 3)", () => {
  const cobahh = (method?: MethodName) =>
    define(
      `
dv/dt = (gl*(El-v)+ge*(Ee-v)+gi*(Ei-v)-
         g_na*(m*m*m)*h*(v-ENa)-
         g_kd*(n*n*n*n)*(v-EK))/Cm : volt
dm/dt = alpha_m*(1-m)-beta_m*m : 1
dn/dt = alpha_n*(1-n)-beta_n*n : 1
dh/dt = alpha_h*(1-h)-beta_h*h : 1
dge/dt = -ge*(1./taue) : siemens
dgi/dt = -gi*(1./taui) : siemens
alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV-v+VT)/(4*mV))/ms : Hz
beta_m = 0.28*(mV**-1)*5*mV/exprel((v-VT-40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV-v+VT)/(18*mV))/ms : Hz
beta_h = 4./(1+exp((40*mV-v+VT)/(5*mV)))/ms : Hz
alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV-v+VT)/(5*mV))/ms : Hz
beta_n = .5*exp((10*mV-v+VT)/(40*mV))/ms : Hz`,
      {
        parameters: {
          Cm: "200 pF",
          gl: "10 nS",
          El: "-60 mV",
          EK: "-90 mV",
          ENa: "50 mV",
          g_na: "20 uS",
          g_kd: "6 uS",
          VT: "-63 mV",
          taue: "5 ms",
          taui: "10 ms",
          Ee: "0 mV",
          Ei: "-80 mV",
        },
        initial: { v: "El", ge: "60 nS", gi: "20 nS", h: 1 },
        spike: "v > -20*mV",
        refractory: "3 ms",
        ...(method && { method }),
      },
    );
  const voltage = (method: MethodName | undefined, dt: number): number =>
    run(cell(cobahh(method), { dt }), dt, Math.round(4e-4 / dt)).v!;
  test("by default exponential Euler, of first order to what rk4 finds", () => {
    const fine = voltage("rk4", 5e-6);
    const errors = [2e-5, 1e-5, 5e-6].map((dt) => Math.abs(voltage(undefined, dt) - fine));
    expect(fine).toBeGreaterThan(-0.06); // under way
    for (const k of [0, 1]) expect(Math.abs(Math.log2(errors[k]! / errors[k + 1]!) - 1)).toBeLessThan(0.15);
    expect(Math.abs(voltage("rk2", 1e-5) - fine)).toBeLessThan(errors[2]! / 10);
  });
});

test("expm: what units do to a norm costs no digits", () => {
  // v' = -v/tau + i/C, i' = (e·d - i)/s, d' = -d/s over a step: V/A is 1e9 here, and all three decays are below 1.
  const [tau, s, c, h] = [0.01, 0.002, 250e-12, 1e-4];
  const e = expm([
    [-h / tau, h / c, 0],
    [0, -h / s, (Math.E * h) / s],
    [0, 0, -h / s],
  ]);
  const a = 1 / s - 1 / tau;
  const rest = -Math.expm1(-a * h) / a; // the integral of e^(-a t)
  const ramp = (rest - h * Math.exp(-a * h)) / a; // of t e^(-a t)
  const expected = [
    [Math.exp(-h / tau), (Math.exp(-h / tau) * rest) / c, (((Math.exp(-h / tau) * ramp) / c) * Math.E) / s],
    [0, Math.exp(-h / s), ((Math.E * h) / s) * Math.exp(-h / s)],
    [0, 0, Math.exp(-h / s)],
  ];
  for (const [i, row] of expected.entries())
    for (const [j, x] of row.entries()) {
      // The ramp is a difference of numbers 40 times as large.
      const ulps = i === 0 && j === 2 ? 400 : 16;
      expect(Math.abs(e[i]![j]! - x)).toBeLessThanOrEqual(ulps * 2 ** -53 * Math.abs(x));
    }
});

test("expm: e^0, a rotation, a nilpotent matrix, and scaling", () => {
  expect(
    expm([
      [0, 0],
      [0, 0],
    ]),
  ).toEqual([
    [1, 0],
    [0, 1],
  ]);
  for (const angle of [0.01, 1, 7, 40]) {
    const [[c, s]] = expm([
      [0, angle],
      [-angle, 0],
    ]) as [[number, number], [number, number]];
    expect(Math.hypot(c - Math.cos(angle), s - Math.sin(angle))).toBeLessThan(2 ** -50 * Math.max(1, angle) * 4);
  }
  expect(
    expm([
      [0, 2, 0],
      [0, 0, 3],
      [0, 0, 0],
    ])[0]!.map((x) => Math.round(x * 2 ** 40) / 2 ** 40),
  ).toEqual([1, 2, 3]);
});

describe("the method where none is named", () => {
  test.each<[string, MethodName]>([
    ["dv/dt = (i - v)/tau : 1\ni : 1 (input)", "exact"],
    ["dv/dt = (y - v)/tau : 1\ndy/dt = -y/tau : 1", "exact"],
    ["dv/dt = (g*(k - v) - v)/tau : 1\ndg/dt = -g/tau : 1", "exponentialEuler"],
    ["dv/dt = (y - v)/tau : 1\ndy/dt = (v - y)/tau : 1", "exponentialEuler"], // symbolic loop
    ["dv/dt = (y - v)/second : 1\ndy/dt = (v - y)/second : 1", "exact"], // numeric loop
    ["dv/dt = (y - v)/tau : 1\ndy/dt = i/tau : 1\ni : 1 (input)", "exponentialEuler"], // a driven y without a fixed point
    ["dv/dt = y/tau : 1\ndy/dt = i/tau : 1\ni : 1 (input)", "exact"], // unless nothing decays
    ["dv/dt = (y - v)/tau : 1\ndy/dt = 0/second : 1", "exact"],
    ["dv/dt = (v**2 - v)/tau : 1", "rk2"],
    ["dv/dt = k/(v*tau) : 1", "rk2"],
    ["dv/dt = -v/tau + xi*tau**-0.5 : 1", "euler"],
    ["dv/dt = -v/tau*cos(t/tau) : 1", "exponentialEuler"],
    ["v[t+1] = 0.9*v : 1", "exact"], // nothing to integrate
  ])("%j: %s", (equations, method) => {
    const m = define(equations, { parameters: { tau: "20 ms", k: 3 } });
    expect(chooseMethod(systemOf(m, meaningOf(m, { dt: 1e-3, connected: new Set(["i"]), constants: new Map() })))).toBe(
      method,
    );
  });
});

test("white noise: Euler-Maruyama, sigma·sqrt(h) for a unit draw", () => {
  const m = define("dv/dt = -v/tau + sigma*xi : 1", { parameters: { tau: "20 ms", sigma: "0.3 second**-0.5" } });
  const { step } = neuronStep(m, { type: "f64", dt: 1e-3, phases: ["update"] });
  const value = (draw: number): number => {
    const fixed = (e: Expr): Expr => (e.tag === "draw" ? f64(draw) : e);
    const expr = rewrite([step.stores[0]!.value], fixed)[0]!;
    return evaluateWith(expr, { v: 2, tau: 0.02, sigma: 0.3 });
  };
  expect(value(0)).toBeCloseTo(2 - 0.1, 14);
  expect(value(1) - value(0)).toBeCloseTo(0.3 * Math.sqrt(1e-3), 14);
});
function evaluateWith(e: Expr, reads: Record<string, number>): number {
  return evaluate(e, (leaf) => reads[(leaf as { slot: string }).slot]!);
}
