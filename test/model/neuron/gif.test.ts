import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { network, population } from "../../../src/model/network.ts";
import { type GifOptions, gif } from "../../../src/model/neuron/gif.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { run } from "../../sim/run.ts";
import { drivenBy, intervals } from "./reference.ts";

/** By neuron, steps in which it fires. */
async function spikes(options: GifOptions, size: number, dt: number, steps: number, initial = {}): Promise<number[][]> {
  const net = network({ dt, populations: { cell: population(size, gif(options), { initial }) } });
  using engine = await createEngine(net, wasm, { type: "f64", seed: 5 });
  const { cell: all } = engine.run(steps).spikes;
  const found = Array.from({ length: size }, (): number[] => []);
  for (const [k, step] of all!.steps.entries()) found[all!.indices[k]!]!.push(step);
  return found;
}

describe("constant hazard", () => {
  // At rest and at threshold, and nothing changes with a spike: a Poisson process of 40 Hz seen through steps of 1 ms.
  const [rate, dt, size, steps] = [40, 1e-3, 200, 20_000];
  const options: GifOptions = {
    ...{ EL: "-50 mV", VT: "-50 mV", vReset: "-50 mV", lambda0: `${rate} Hz` },
    ...{ b: "0 nA", dTheta: "0 mV", tRef: "0 ms" },
  };
  const p = 1 - Math.exp(-rate * dt);
  const all = spikes(options, size, dt, steps).then((x) => x.flatMap(intervals));
  test("intervals are geometric: mean 1/p and CV² 1 - p", async () => {
    const gaps = await all;
    const n = gaps.length;
    const mean = gaps.reduce((a, b) => a + b, 0) / n;
    const variance = gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
    // Within 5 standard deviations: of a mean, sd/√n; of CV², whose variance for an exponential law is 8/n, with those of
    // kurtosis 9 that a sum of squares has.
    const sd = Math.sqrt(1 - p) / p;
    expect(Math.abs(mean - 1 / p)).toBeLessThan((5 * sd) / Math.sqrt(n));
    expect(Math.abs(variance / mean ** 2 - (1 - p))).toBeLessThan(5 * Math.sqrt(8 / n));
    expect(n).toBeGreaterThan(100_000);
  });
  test("the survivor function is exp(-rate t), whatever the step", async () => {
    const gaps = await all;
    for (const k of [1, 5, 20, 50, 100]) {
      const survived = gaps.filter((g) => g > k).length / gaps.length;
      const s = Math.exp(-rate * k * dt);
      expect(Math.abs(survived - s)).toBeLessThan(5 * Math.sqrt((s * (1 - s)) / gaps.length));
    }
  });
});

test("the survivor function of a course of v, w and theta is exp(-∫ hazard)", async () => {
  const [size, dt, steps] = [20_000, 5e-4, 400];
  const initial = { v: -60e-3, w: 20e-12, theta: 4e-3 };
  const options = { DeltaV: "2 mV", lambda0: "100 Hz", VT: "-62 mV", tauTheta: "30 ms", tauW: "80 ms" } as const;
  const first = (await spikes(options, size, dt, steps, initial)).map((x) => x[0] ?? Number.POSITIVE_INFINITY);
  // C v' = gL (EL - v) - w, w = w0 e^(-t/tw): v in closed form; the hazard is that at the end of each step.
  const [tau, tauW, gL] = [20e-3, 80e-3, 10e-9];
  const course = (t: number): number => {
    const k = -initial.w / gL / (1 - tau / tauW);
    return -65e-3 + (initial.v + 65e-3 - k) * Math.exp(-t / tau) + k * Math.exp(-t / tauW);
  };
  let hazard = 0;
  for (let k = 0; k < steps; k++) {
    const t = (k + 1) * dt;
    hazard += 100 * Math.exp((course(t) + 62e-3 - initial.theta * Math.exp(-t / 30e-3)) / 2e-3) * dt;
    if (k % 40 !== 39) continue;
    const [s, survived] = [Math.exp(-hazard), first.filter((x) => x > k).length / size];
    expect(Math.abs(survived - s)).toBeLessThan(5 * Math.sqrt((s * (1 - s)) / size));
  }
  expect(hazard).toBeGreaterThan(1);
});

test("a spike resets v, holds it for 4 ms, and adds to w and theta, which decay", async () => {
  const model = gif({ lambda0: "1e9 Hz", VT: "-60 mV" }); // as good as certain at -60 mV
  const { spikes, values } = await run(drivenBy(model, [1e-9], 1e-3), 40, {
    ...{ type: "f64", inputs: { x: { values: [1e-9] } }, record: ["cell.v", "cell.w", "cell.theta"] },
  });
  const first = spikes.cell!.steps[0]!;
  const decay = Math.exp(-1e-3 / 0.1);
  for (let k = 0; k < 4; k++) {
    expect(values["cell.v"]![first + k]).toBe(-0.05);
    expect(values["cell.w"]![first + k]! / (0.2e-9 * decay ** k)).toBeCloseTo(1, 13);
    expect(values["cell.theta"]![first + k]! / (0.01 * decay ** k)).toBeCloseTo(1, 13);
  }
  expect(spikes.cell!.steps[1]).toBe(first + 4);
  expect(values["cell.w"]![first + 4]! / (0.2e-9 * (1 + decay ** 4))).toBeCloseTo(1, 13);
  expect(values["cell.theta"]![first + 4]! / (0.01 * (1 + decay ** 4))).toBeCloseTo(1, 13);
});
