import { describe, expect, test } from "vitest";
import { currentsOf, PATTERNS, type Pattern, parametersOf } from "../../../examples/izhikevich/patterns.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { izhikevich } from "../../../src/model/neuron/izhikevich.ts";
import { run } from "../../sim/run.ts";
import { cell } from "../cell.ts";
import { firing, intervals, rungeKutta, withMethod } from "./reference.ts";

interface Course {
  readonly spikes: number[];
  readonly v: number[];
  readonly u: number[];
}
/** The statements of figure1.m, in its units. @param off what is added to dv/dt in every step */
function published(p: Pattern, off = 0): Course {
  const [p1, p0] = p.polynomial ?? [5, 140];
  let [v, u] = [p.v, p.u ?? p.b * p.v];
  const course: Course = { spikes: [], v: [], u: [] };
  for (const [k, current] of currentsOf(p).entries()) {
    v += p.dt * (0.04 * v ** 2 + p1 * v + p0 - u + current + off);
    u += p.dt * (p.undamped ? p.a * p.b * (v + 65) : p.a * (p.b * v - u));
    if (v > 30) {
      [v, u] = [p.c, u + p.d];
      course.spikes.push(k);
    }
    course.v.push(v);
    course.u.push(u);
  }
  return course;
}
async function simulated(p: Pattern): Promise<Course> {
  const model = withMethod(izhikevich(parametersOf(p)), "symplecticEuler");
  const values = currentsOf(p);
  const net = network({
    dt: `${p.dt} ms`,
    inputs: { current: inputNode(1, { signal: "values" }) },
    populations: { cell: population(1, model, { initial: { v: p.v / 1000, u: p.u ?? p.b * p.v } }) },
    connections: [connect("current", "cell", { weight: 1 })],
  });
  const r = await run(net, values.length, {
    type: "f64",
    inputs: { current: { values } },
    record: ["cell.v", "cell.u"],
  });
  return { spikes: [...r.spikes.cell!.steps], v: [...r.values["cell.v"]!], u: [...r.values["cell.u"]!] };
}

describe("the twenty patterns of 2004", () => {
  // Roundings differ, since the engine counts in volts: a dozen of 2^-53 · 340 mV/ms (the largest term) in a step, 5e-13.
  // What becomes of them on the way up, where a step multiplies them by up to 1 + dt (0.08·30 + 5), and after, a second
  // course shows that is pushed by as much, always the same way: class 2, whose reset forgets nothing, multiplies them by
  // 1e12 in the end.
  test.each(PATTERNS.map((p) => [p.name, p] as const))("%s: spike for spike the published program", async (_n, p) => {
    const [expected, pushed, found] = [published(p), published(p, 5e-13), await simulated(p)];
    expect(found.spikes).toEqual(expected.spikes);
    let bound = 1e-11; // and what u gathers where it does not decay
    for (const [k, v] of expected.v.entries()) {
      bound = Math.max(bound, Math.abs(pushed.v[k]! - v), Math.abs(pushed.u[k]! - expected.u[k]!));
      expect(Math.abs(found.v[k]! * 1000 - v)).toBeLessThan(bound);
      expect(Math.abs(found.u[k]! - expected.u[k]!)).toBeLessThan(bound);
    }
    if (p.name !== "class 2") expect(bound).toBeLessThan(1e-4);
  });
  /** Spike times and their intervals, in milliseconds. */
  const of = (name: string) => {
    const p = PATTERNS.find((x) => x.name === name)!;
    const times = published(p).spikes.map((k) => k * p.dt);
    return { times, gaps: intervals(times) };
  };
  /** Bursts: spikes less than 12 ms apart. */
  const bursts = (times: readonly number[]): number[] => {
    const starts = times.flatMap((t, k) => (k > 0 && t - times[k - 1]! < 12 ? [] : [k]));
    return intervals([...starts, times.length]);
  };
  // What the figure's captions say, of the course that the engine was just found to follow.
  test("tonic: regular spikes as long as the current lasts; phasic: one", () => {
    const { gaps } = of("tonic spiking");
    expect(Math.abs(gaps.at(-1)! - gaps.at(-2)!)).toBeLessThan(1);
    expect(of("phasic spiking").times).toHaveLength(1);
  });
  test("tonic bursting: bursts again and again; phasic bursting: one", () => {
    const sizes = bursts(of("tonic bursting").times);
    expect(sizes.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(3);
    expect(bursts(of("phasic bursting").times)).toEqual([6]);
  });
  test("mixed mode: a burst, then single spikes", () => {
    expect(bursts(of("mixed mode").times)).toEqual([3, 1, 1, 1]);
  });
  test("spike frequency adaptation: each interval is longer, until they settle", () => {
    const { gaps } = of("spike frequency adaptation");
    for (let k = 1; k < gaps.length - 1; k++) expect(gaps[k]!).toBeGreaterThan(gaps[k - 1]!);
  });
  test("class 1 begins slowly and speeds up with the ramp; class 2 begins at a rate of its own", () => {
    const [first, second] = [of("class 1").gaps, of("class 2").gaps];
    expect(first[0]! / first.at(-1)!).toBeGreaterThan(2.5);
    expect(second[0]! / second.at(-1)!).toBeLessThan(2.5);
    for (const gaps of [first, second]) expect(gaps.every((g, k) => k === 0 || g <= gaps[k - 1]! + 0.25)).toBe(true);
  });
  test("latency: the spike comes long after the pulse of 3 ms is over", () => {
    const [t] = of("spike latency").times;
    expect(t).toBeGreaterThan(20);
  });
  test("subthreshold oscillations follow the spike", () => {
    const p = PATTERNS.find((x) => x.name === "subthreshold oscillations")!;
    const { v, spikes } = published(p);
    const after = v.slice(spikes[0]! + 40);
    const peaks = after.filter((x, k) => k > 0 && x > after[k - 1]! && x > (after[k + 1] ?? x));
    expect(spikes).toHaveLength(1);
    expect(peaks.length).toBeGreaterThanOrEqual(3);
    expect(peaks.every((x, k) => k === 0 || x < peaks[k - 1]!)).toBe(true);
  });
  test("the resonator answers pulses 40 ms apart and not 20; the integrator 5 and not 10", () => {
    expect(of("resonator").times.map((t) => t > 320)).toEqual([true]);
    expect(of("integrator").times.map((t) => t < 70)).toEqual([true]);
  });
  test("rebound: a spike or a burst after inhibition ends", () => {
    expect(of("rebound spike").times.map((t) => t > 25)).toEqual([true]);
    expect(bursts(of("rebound burst").times)).toEqual([7]);
  });
  test("threshold variability: the pulse that failed succeeds after inhibition", () => {
    expect(of("threshold variability").times.map((t) => t > 80)).toEqual([true]);
  });
  test("bistability: one pulse starts a train, another stops it", () => {
    const { times } = of("bistability");
    expect(times.every((t) => t > 37.5 && t < 221)).toBe(true);
    expect(times.length).toBeGreaterThan(3);
  });
  test("after-potential: v stays above rest for some milliseconds after the spike", () => {
    const p = PATTERNS.find((x) => x.name === "depolarising after-potential")!;
    const { v, spikes } = published(p);
    expect(spikes).toHaveLength(1);
    expect(v[spikes[0]! + Math.round(2 / p.dt)]).toBeGreaterThan(-65);
  });
  test("accommodation: a steep ramp fires it, a slow one of the same height does not", () => {
    expect(of("accommodation").times.map((t) => t >= 300)).toEqual([true]);
  });
  test("inhibition-induced: silent but while inhibited", () => {
    for (const name of ["inhibition-induced spiking", "inhibition-induced bursting"])
      expect(of(name).times.every((t) => t > 50 && t < 260)).toBe(true);
    expect(bursts(of("inhibition-induced bursting").times).every((n) => n > 1)).toBe(true);
  });
});

describe("by default", () => {
  test("rk2: the voltage converges with order 2 to what Runge-Kutta finds in fine steps", () => {
    const slope = ([v, u]: readonly number[]) => [0.04 * v! ** 2 + 5 * v! + 140 - u! + 3.5, 0.02 * (0.2 * v! - u!)];
    let x = [-65, -13];
    for (let k = 0; k < 800; k++) x = rungeKutta(slope, x, 0, 0.01);
    const error = (parts: number): number => {
      const c = cell(izhikevich(), { dt: 8e-3 / parts, connected: new Set(["i"]) });
      for (let k = 0; k < parts; k++) c.step({ i: 3.5 });
      return Math.abs(c.state.v! * 1000 - x[0]!);
    };
    const errors = [80, 160, 320].map(error);
    for (const k of [1, 2]) expect(Math.abs(Math.log2(errors[k - 1]! / errors[k]!) - 2)).toBeLessThan(0.15);
  });
  // dv/dt = 0 and u = b v: 0.04 v² + (5 - b) v + 140 + I = 0 has no root above I = (5 - b)²/0.16 - 140 = 4.
  test("it fires for ever above I = 4, where rest and threshold meet, and not below", async () => {
    const found = await firing(izhikevich({ a: "0.02/ms" }), [3.7, 4.2], 1e-4, 20_000);
    expect(found[0]!.filter((k) => k > 5000)).toEqual([]);
    expect(found[1]!.filter((k) => k > 15_000).length).toBeGreaterThan(1);
  });
});
