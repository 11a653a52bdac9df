/** Hodgkin and Huxley, Traub and Miles: against their equations written out, and against what is known of them. */
import { describe, expect, test } from "vitest";
import { hodgkinHuxley } from "../../../src/model/neuron/hodgkinHuxley.ts";
import { traubMiles } from "../../../src/model/neuron/traubMiles.ts";
import { run } from "../../sim/run.ts";
import { cell } from "../cell.ts";
import { drivenBy, firing, rungeKutta, type Slope, stateAfter, withMethod } from "./reference.ts";

const METHODS = [
  ["exponentialEuler", 1],
  ["exponentialMidpoint", 2],
  ["rk2", 2],
  ["rk4", 4],
] as const;
/** log2 of ratios of errors as the step is halved. */
const orders = (errors: readonly number[]): number[] => errors.slice(1).map((e, k) => Math.log2(errors[k]! / e));
/** Steps in which v rises above a level. */
function crossings(slope: Slope, start: readonly number[], dt: number, steps: number, level: number): number[] {
  let x = start;
  const found: number[] = [];
  for (let k = 0; k < steps; k++) {
    const next = rungeKutta(slope, x, 0, dt);
    if (next[0]! > level && !(x[0]! > level)) found.push(k);
    x = next;
  }
  return found;
}

describe("hodgkinHuxley", () => {
  // In the paper's units: mV from rest, ms, uA/cm². The quotients of the rates have holes at 10 and 25 mV, which no step hits.
  const rates = (u: number) => ({
    m: [(0.1 * (25 - u)) / (Math.exp((25 - u) / 10) - 1), 4 * Math.exp(-u / 18)] as const,
    h: [0.07 * Math.exp(-u / 20), 1 / (Math.exp((30 - u) / 10) + 1)] as const,
    n: [(0.01 * (10 - u)) / (Math.exp((10 - u) / 10) - 1), 0.125 * Math.exp(-u / 80)] as const,
  });
  const ionic = (u: number, m: number, h: number, n: number): number =>
    120 * m ** 3 * h * (115 - u) + 36 * n ** 4 * (-12 - u) + 0.3 * (10.613 - u);
  const slope =
    (current: number): Slope =>
    ([u, m, h, n]) => {
      const r = rates(u!);
      const moves = (x: number, [a, b]: readonly [number, number]): number => a * (1 - x) - b * x;
      return [ionic(u!, m!, h!, n!) + current, moves(m!, r.m), moves(h!, r.h), moves(n!, r.n)];
    };
  const settled = (u: number): number[] => Object.values(rates(u)).map(([a, b]) => a / (a + b));
  const rest = [0, ...settled(0)];
  const density = 0.01; // A/m² in 1 uA/cm²
  const states = (x: readonly number[]) => ({ v: [(x[0]! - 65) * 1e-3], m: [x[1]!], h: [x[2]!], n: [x[3]!] });

  test("rests at -65 mV, with the gates that the paper gives for rest", async () => {
    const c = cell(hodgkinHuxley(), { dt: 1e-5, connected: new Set() });
    // What the paper's rates give at rest, to four digits, as textbooks have it.
    expect(c.state.m).toBeCloseTo(0.0529, 4);
    expect(c.state.h).toBeCloseTo(0.5961, 4);
    expect(c.state.n).toBeCloseTo(0.3177, 4);
    expect([c.state.m, c.state.h, c.state.n]).toEqual([1, 2, 3].map((k) => expect.closeTo(rest[k]!, 14)));
    const v = await stateAfter(hodgkinHuxley(), "v", [0, 1e-5, 10_000]);
    expect(Math.abs(v + 65e-3)).toBeLessThan(5e-6); // 10.613 is rounded so that the current at rest is nearly 0
  });
  test.each([5, 7, 10, 20, 50, 100])("rk4: spike for spike the equations written out: %d uA/cm²", async (current) => {
    const [found] = await firing(withMethod(hodgkinHuxley(), "rk4"), [current * density], 2e-5, 10_000);
    const expected = crossings(slope(current), rest, 0.02, 10_000, 45);
    expect(found).toEqual(expected);
    expect(expected.length).toBeGreaterThan(current < 6 ? 0 : 5); // at 100 the spikes shrink, and few reach -20 mV
  });
  test.each([7, 10, 50])("by default: the rate to two thousandths in steps of 0.025 ms: %d uA/cm²", async (current) => {
    const [found] = await firing(hodgkinHuxley(), [current * density], 25e-6, 20_000);
    const expected = crossings(slope(current), rest, 0.025, 20_000, 45);
    const period = (x: readonly number[]): number => (x.at(-1)! - x[1]!) / (x.length - 2);
    expect(Math.abs(period(found!) / period(expected) - 1)).toBeLessThan(0.002);
  });
  test.each(METHODS)("%s: order %i", async (method, order) => {
    const end = 4; // ms after 15 mV of depolarisation: down again
    let x = [15, ...rest.slice(1)];
    for (let k = 0; k < 4000; k++) x = rungeKutta(slope(0), x, 0, end / 4000);
    const error = async (parts: number): Promise<number> => {
      const course = [0, (end * 1e-3) / parts, parts] as const;
      const v = await stateAfter(withMethod(hodgkinHuxley(), method), "v", course, { initial: { v: -50e-3 } });
      return Math.abs(v * 1e3 + 65 - x[0]!);
    };
    const coarse = { exponentialEuler: 3200, exponentialMidpoint: 400, rk2: 400, rk4: 160 }[method];
    for (const measured of orders(await Promise.all([coarse, 2 * coarse, 4 * coarse].map(error))))
      expect(Math.abs(measured - order)).toBeLessThan(0.3);
  });
  // Hodgkin and Huxley 1952, fig. 12: membrane action potentials of about 105 mV at 6 degrees.
  test("a spike is some 105 mV high, and an afterpotential of some 11 mV follows", async () => {
    const net = drivenBy(hodgkinHuxley(), [0], 1e-5, { initial: { v: -50e-3 } });
    const { values } = await run(net, 2000, { type: "f64", inputs: { x: { values: [0] } }, record: ["cell.v"] });
    const v = [...values["cell.v"]!].map((x) => x * 1e3 + 65);
    expect(Math.max(...v)).toBeGreaterThan(100);
    expect(Math.max(...v)).toBeLessThan(108);
    expect(Math.min(...v)).toBeLessThan(-9);
    expect(Math.min(...v)).toBeGreaterThan(-12); // EK
  });
  // Rinzel and Miller 1980, Math. Biosci. 49, 27: periodic firing exists from 6.26 uA/cm² on, and rest loses its stability at
  // 9.78 (Hassard 1978, J. Theor. Biol. 71, 401): between them, both are there.
  test("a step of current fires it for ever above 6.26 uA/cm², and not below", async () => {
    const found = await firing(
      withMethod(hodgkinHuxley(), "rk4"),
      [6.15, 6.4].map((x) => x * density),
      2e-5,
      40_000,
    );
    expect(found[0]!.filter((k) => k > 20_000)).toEqual([]);
    expect(found[1]!.filter((k) => k > 35_000).length).toBeGreaterThan(3);
  });
  test("left near rest it stays there below 9.78 uA/cm², and not above", async () => {
    /** Where all currents cancel. */
    const resting = (current: number): number[] => {
      let [low, high] = [-10, 20];
      for (let k = 0; k < 60; k++) {
        const u = (low + high) / 2;
        const [m, h, n] = settled(u) as [number, number, number];
        if (ionic(u, m, h, n) + current > 0) low = u;
        else high = u;
      }
      return [low, ...settled(low)];
    };
    for (const [current, leaves] of [
      [9.6, false],
      [9.95, true],
    ] as const) {
      const x = resting(current);
      const initial = states([x[0]! + 0.1, ...x.slice(1)]);
      const model = withMethod(hodgkinHuxley(), "rk4");
      const [found] = await firing(model, [current * density], 2e-5, 50_000, { initial });
      expect(found!.length > 0).toBe(leaves);
    }
  });
  test("gates that move three times as fast make shorter spikes", async () => {
    const width = async (pace: number): Promise<number> => {
      const net = drivenBy(hodgkinHuxley({ pace }), [0], 1e-5, { initial: { v: -45e-3 } });
      const { values } = await run(net, 1000, { inputs: { x: { values: [0] } }, record: ["cell.v"] });
      return [...values["cell.v"]!].filter((v) => v > -20e-3).length;
    };
    const [slow, fast] = [await width(1), await width(3)];
    expect(slow / fast).toBeGreaterThan(1.8);
    expect(slow / fast).toBeLessThan(3.2);
  });
});

describe("traubMiles", () => {
  // Brette et al. 2007, appendix B, in mV, ms, nS, pF, pA.
  const slope =
    (current: number): Slope =>
    ([v, m, h, n, ge, gi]) => {
      const u = v! + 63;
      const quotient = (x: number, scale: number): number => x / (Math.exp(x / scale) - 1);
      return [
        (20e3 * m! ** 3 * h! * (50 - v!) +
          6e3 * n! ** 4 * (-90 - v!) +
          10 * (-60 - v!) +
          ge! * (0 - v!) +
          gi! * (-80 - v!) +
          current) /
          200,
        0.32 * quotient(13 - u, 4) * (1 - m!) - 0.28 * quotient(u - 40, 5) * m!,
        0.128 * Math.exp((17 - u) / 18) * (1 - h!) - (4 / (1 + Math.exp((40 - u) / 5))) * h!,
        0.032 * quotient(15 - u, 5) * (1 - n!) - 0.5 * Math.exp((10 - u) / 40) * n!,
        -ge! / 5,
        -gi! / 10,
      ];
    };
  const start = (() => {
    const c = cell(traubMiles(), { dt: 1e-5, connected: new Set() });
    return [-60, c.state.m!, c.state.h!, c.state.n!, 0, 0];
  })();

  test("its gates start settled", () => {
    // At EL only the voltage moves.
    const [, ...gates] = slope(0)(start, 0);
    for (const x of gates) expect(Math.abs(x!)).toBeLessThan(1e-14);
  });
  test.each([150, 300, 600, 1200])("rk4: spike for spike the equations written out: %d pA", async (current) => {
    const [found] = await firing(withMethod(traubMiles(), "rk4"), [current * 1e-12], 2e-5, 10_000);
    const expected = crossings(slope(current), start, 0.02, 10_000, -20);
    expect(found).toEqual(expected);
    expect(expected.length).toBeGreaterThan(3);
  });
  test("by default: the rate to two thousandths in steps of 0.02 ms", async () => {
    const [found] = await firing(traubMiles(), [600e-12], 2e-5, 20_000);
    const expected = crossings(slope(600), start, 0.02, 20_000, -20);
    const period = (x: readonly number[]): number => (x.at(-1)! - x[1]!) / (x.length - 2);
    expect(Math.abs(period(found!) / period(expected) - 1)).toBeLessThan(0.002);
  });
  test.each(METHODS)("%s: order %i, with conductances of both kinds", async (method, order) => {
    let x = [...start.slice(0, 4), 30, 40];
    for (let k = 0; k < 4000; k++) x = rungeKutta(slope(500), x, 0, 8 / 4000);
    const error = async (parts: number): Promise<number> => {
      const course = [500e-12, 8e-3 / parts, parts] as const;
      const v = await stateAfter(withMethod(traubMiles(), method), "v", course, { initial: { ge: 30e-9, gi: 40e-9 } });
      return Math.abs(v * 1e3 - x[0]!);
    };
    const coarse = order === 4 ? 200 : 800;
    for (const measured of orders(await Promise.all([coarse, 2 * coarse, 4 * coarse].map(error))))
      expect(Math.abs(measured - order)).toBeLessThan(0.3);
  });
  test("weights are conductances, and arrive at ge where no port is named", () => {
    expect(traubMiles().port).toBe("ge");
  });
});
