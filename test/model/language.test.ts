/** What Brian's documentation defines for equations: functions, special variables, white noise. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { expandExpr } from "../../src/ir/expand.ts";
import { f64 } from "../../src/ir/expr.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { rewriteStep } from "../../src/ir/step.ts";
import { chooseMethod, type MethodName } from "../../src/model/integrate/methods.ts";
import { meaningOf, systemOf } from "../../src/model/meaning.ts";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { neuronStep } from "../../src/model/step.ts";
import { run, runOn } from "../sim/run.ts";
import { cell, ulps } from "./cell.ts";

describe('functions of Brian\'s list (its documentation, "Default functions")', () => {
  const values = [
    -1e300, -50, -2.5, -1, -0.7, -0.3, -1e-9, 0, 1e-300, 1e-9, 1e-4, 0.3, 0.66, 0.67, 0.9, 1, 2.4, 2.5, 40, 1e10,
  ];
  const at = (call: string, x: number): number => {
    const m = neuron({ name: "f", equations: `y[t+1] = ${call} : 1\nx : 1`, initial: { x } });
    const c = cell(m, { dt: 1e-3 });
    c.step();
    return c.state.y!;
  };
  // Cephes gives 2 ulp for atan; the quotients and roots of the others add three roundings or, near 1, a few more.
  test.each<[string, (x: number) => number, (x: number) => boolean, number]>([
    ["arctan(x)", Math.atan, () => true, 2],
    ["arcsin(x)", Math.asin, (x) => Math.abs(x) <= 1, 4],
    ["arccos(x)", Math.acos, (x) => Math.abs(x) <= 1, 4],
    ["log1p(x)", Math.log1p, (x) => x > -1, 4],
    ["expm1(x)", Math.expm1, (x) => Math.abs(x) < 50, 4],
  ])("%s", (call, exact, inside, most) => {
    for (const x of values.filter(inside)) {
      if (exact(x) === 0) expect(at(call, x) + 0).toBe(0);
      else expect(ulps(at(call, x), exact(x)), `${call} at ${x}`).toBeLessThanOrEqual(most);
    }
  });
  test("arcsin outside -1 to 1 is not a number", () => {
    expect(at("arcsin(x)", 1.5)).toBeNaN();
    expect(at("arccos(x)", -1.5)).toBeNaN();
  });
  test("timestep counts whole steps, also where division falls below (Brian's test_timestep)", async () => {
    // brian2/tests/test_functions.py: timestep(t, dt) == arange for t = arange * dt.
    const m = neuron({
      name: "f",
      equations: "n : integer\ns[t+1] = timestep(t, dt) : 1\nk[t+1] = t_in_timesteps : 1",
    });
    const net = network({ dt: "0.1 ms", populations: { p: population(1, m) } });
    const r = await run(net, 300, { type: "f64", record: ["p.s", "p.k"] });
    const steps = Array.from({ length: 300 }, (_, k) => k);
    expect([[...r.values["p.s"]!], [...r.values["p.k"]!]]).toEqual([steps, steps]);
    const counting = neuron({ name: "g", equations: "n : integer\nk[t+1] = t_in_timesteps : 1" });
    const counted = network({ dt: "0.1 ms", populations: { p: population(1, counting) } });
    const late = await run(counted, 2, { record: ["p.k"], firstStep: 2 ** 24 - 1 });
    expect([...late.values["p.k"]!]).toEqual([2 ** 24 - 1, 2 ** 24]);
  });
  test("i and N are a neuron's index and the size of its population, unless the model has such a name", async () => {
    const m = neuron({ name: "f", equations: "y = (i + 1)/N : 1\nodd = i % 2 == 1 : boolean" });
    const own = neuron({ name: "g", equations: "i : 1 (input)\ny[t+1] = i + 2 : 1" });
    const net = network({ dt: 1, populations: { p: population(5, m), q: population(2, own) } });
    const r = await run(net, 1, { type: "f64", record: ["p.y", "p.odd", "q.y"] });
    expect([...r.values["p.y"]!]).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    expect([...r.values["p.odd"]!]).toEqual([0, 1, 0, 1, 0]);
    expect([...r.values["q.y"]!]).toEqual([2, 2]);
  });
});

describe("white noise", () => {
  const method = (equations: string): MethodName => {
    const m = neuron({ name: "sde", equations, parameters: { tau: "10 ms", s: 0.5 } });
    return chooseMethod(systemOf(m, meaningOf(m, { dt: 1e-3, connected: new Set(), constants: new Map() })));
  };
  test('additive noise takes euler, multiplied noise heun, as in Brian ("Numerical integration")', () => {
    expect(method("dv/dt = -v/tau + s*xi*tau**-0.5 : 1")).toBe("euler");
    expect(method("dv/dt = -v/tau + s*v*xi*tau**-0.5 : 1")).toBe("heun");
    expect(method("dv/dt = -v/tau + noise : 1\nnoise = s*(v + 1)*xi_a*tau**-0.5 : second**-1")).toBe("heun");
    // brian2/tests/test_stateupdaters.py, test_multiplicative_noise: by time too, and by another equation's variable.
    expect(method("dv/dt = (t/ms)*xi*(5*ms)**-0.5 : 1")).toBe("heun");
    expect(method("dv/dt = w*xi*(5*ms)**-0.5 : 1\ndw/dt = -w/(10*ms) : 1")).toBe("heun");
    expect(() => method("dv/dt = -v/tau + (xi*second**0.5)**2/second : 1")).toThrow(
      "sde.method: dv/dt must be linear in its white noise (xi)",
    );
  });

  // Geometric Brownian motion with its own Wiener process beside it: x = exp(l t + s w) (Stratonovich), or
  // exp((l - s²/2) t + s w) (Itô); Kloeden and Platen 1992, sec. 4.4.
  const [l, s, end] = [-0.5, 0.8, 1];
  async function strongError(name: "euler" | "heun", steps: number): Promise<number> {
    const m = neuron({
      name: "gbm",
      equations: "dx/dt = l*x/second + s*x*xi*second**-0.5 : 1\ndw/dt = xi*second**-0.5 : 1",
      parameters: { l, s },
      initial: { x: 1 },
      method: name,
    });
    const net = network({ dt: end / steps, populations: { p: population(4000, m) } });
    const r = await runOn(wasm, net, steps, { type: "f64", seed: 3, record: ["p.x", "p.w"] });
    const last = (k: string): number[] => [...r.values[k]!.subarray(-4000)];
    const drift = name === "euler" ? l - (s * s) / 2 : l;
    return last("p.x").reduce((sum, x, k) => sum + Math.abs(x - Math.exp(drift * end + s * last("p.w")[k]!)), 0) / 4000;
  }
  test.each([
    ["euler", 0.5],
    ["heun", 1],
  ] as const)("%s: strong order %f", async (name, order) => {
    const [coarse, fine] = [await strongError(name, 32), await strongError(name, 128)];
    // Means of 4000 absolute errors: a standard deviation of about 2 % each, so of 0.02 in the order.
    expect(Math.abs(Math.log2(coarse / fine) / 2 - order)).toBeLessThan(0.12);
    expect(fine).toBeLessThan(0.06);
  });

  test("milstein is Brian's formula (brian2/stateupdaters/explicit.py)", () => {
    const m = neuron({
      name: "two",
      equations: "dx/dt = -x/second + 0.5*x*y*xi_x*second**-0.5 : 1\ndy/dt = x/second + cos(y)*xi_y*second**-0.5 : 1",
      initial: { x: 1.2, y: 0.4 },
      method: "milstein",
    });
    const h = 0.01;
    const { step } = neuronStep(m, { type: "f64", dt: h, phases: ["update"] });
    const normals = new Map<number, number>();
    const known = rewriteStep(step, (e) => {
      if (e.tag !== "draw") return e;
      normals.set(e.stream, [0.7, -1.3][e.stream]!);
      return f64(normals.get(e.stream)!);
    });
    const values = { x: 1.2, y: 0.4 };
    const next = Object.fromEntries(
      known.stores.map((store) => [
        store.slot,
        evaluate(expandExpr(store.value), (leaf) =>
          leaf.tag === "read" ? values[leaf.slot as "x" | "y"] : Number.NaN,
        ),
      ]),
    );
    const dW = { x: 0.7 * Math.sqrt(h), y: -1.3 * Math.sqrt(h) };
    const f = (v: typeof values) => ({ x: -v.x, y: v.x });
    const g = (v: typeof values) => ({ x: 0.5 * v.x * v.y, y: Math.cos(v.y) });
    const at = (k: "x" | "y"): number => values[k] + h * f(values)[k] + Math.sqrt(h) * g(values)[k];
    const support = { x: at("x"), y: at("y") };
    for (const k of ["x", "y"] as const) {
      const correction = (1 / (2 * Math.sqrt(h))) * (g(support)[k] - g(values)[k]) * dW[k] ** 2;
      expect(next[k]).toBeCloseTo(values[k] + h * f(values)[k] + g(values)[k] * dW[k] + correction, 14);
    }
  });
  test("what noise does not go with", () => {
    const define = (name: MethodName) => () =>
      neuron({ name: "sde", equations: "dv/dt = xi*second**-0.5 : 1\ndu/dt = v*xi*second**-0.5 : 1", method: name });
    expect(define("rk4")).toThrow(
      "sde.method: white noise (xi) needs one of the methods euler, heun, milstein, got rk4",
    );
    expect(define("milstein")).toThrow("sde.method: milstein needs noise of its own for each equation");
  });
});
