/** The network of Diehl and Cook against a loop that says it again in plain numbers, sample after sample. */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { learningNetwork } from "../../src/tasks/unsupervised/network.ts";

const [INPUTS, NEURONS, STEPS, TOTAL, ETA] = [30, 8, 120, 4, 0.02];
const clip = (w: number): number => Math.min(1, Math.max(0, w));

/** Inputs that spike in a step of a sample: some ten of them, and others in each sample. */
const spiking = (sample: number, t: number): number[] =>
  Array.from({ length: INPUTS }, (_, k) => k).filter(
    (k) => (sample * 13 + t * 7 + k * 11 + ((t * k) % 5)) % 17 < 3 + (k % 4),
  );

class Reference {
  readonly w: number[][];
  readonly theta = new Array<number>(NEURONS).fill(0);
  readonly #winners: "one" | "all";

  constructor(w: ArrayLike<number>, winners: "one" | "all") {
    this.w = Array.from({ length: INPUTS }, (_, k) => Array.from({ length: NEURONS }, (_j, j) => w[k * NEURONS + j]!));
    this.#winners = winners;
  }

  /** Shows a sample to neurons at rest; tells who fires when. */
  show(sample: number): [step: number, neuron: number][] {
    const { w, theta } = this;
    const zeros = (n: number): number[] => new Array<number>(n).fill(0);
    const [v, cool, u, rest] = [zeros(NEURONS).fill(-65), zeros(NEURONS), zeros(NEURONS).fill(-60), zeros(NEURONS)];
    const [x, y] = [zeros(INPUTS), zeros(NEURONS)];
    const fires: [number, number][] = [];
    let [late, lateE, lateI]: number[][] = [[], [], []]; // spikes of the step before
    for (let t = 0; t < STEPS; t++) {
      const drive = v.map((_, j) => -120 * lateI!.filter((k) => k !== j).length);
      for (const k of late!) {
        for (let j = 0; j < NEURONS; j++) {
          drive[j]! += w[k]![j]!;
          w[k]![j] = clip(w[k]![j]! - 1e-4 * y[j]!);
        }
        x[k] = 1;
      }
      for (let j = 0; j < NEURONS; j++) {
        v[j] = -65 + (v[j]! + 65) * Math.exp(-1 / 100) + (cool[j]! > 0 ? 0 : drive[j]!);
        theta[j]! *= Math.exp(-1e-7);
        cool[j] = Math.max(0, cool[j]! - 1);
      }
      const above = (j: number): number => v[j]! - (-52 + theta[j]!);
      const crossed = [...v.keys()].filter((j) => above(j) > 0);
      const best = [...crossed].sort((a, b) => above(b) - above(a)).slice(0, 1);
      const fired = this.#winners === "one" ? best : crossed;
      for (const j of crossed) [v[j], theta[j], cool[j]] = [-60, theta[j]! + 0.05, 5];
      const inhibiting = [...u.keys()].filter((j) => {
        u[j] = -60 + (u[j]! + 60) * Math.exp(-1 / 10) + (lateE!.includes(j) && !(rest[j]! > 0) ? 22.5 : 0);
        rest[j] = Math.max(0, rest[j]! - 1);
        return u[j]! > -40;
      });
      for (const j of inhibiting) [u[j], rest[j]] = [-45, 2];
      for (const j of fired) {
        for (let k = 0; k < INPUTS; k++) w[k]![j] = clip(w[k]![j]! + ETA * x[k]!);
        y[j] = 1;
        fires.push([t, j]);
      }
      for (let k = 0; k < INPUTS; k++) x[k]! *= Math.exp(-1 / 20);
      for (let j = 0; j < NEURONS; j++) y[j]! *= Math.exp(-1 / 20);
      [late, lateE, lateI] = [spiking(sample, t), fired, inhibiting];
    }
    for (let j = 0; j < NEURONS; j++) {
      const sum = w.reduce((s, row) => s + row[j]!, 0);
      for (const row of w) row[j]! *= TOTAL / sum;
    }
    return fires;
  }
}

test.each([
  ["all that cross fire", "all", wasm],
  ["one fires", "one", wasm],
  ["one fires, interpreted", "one", interpret],
] as const)("spikes, weights and thresholds of five samples: %s", async (_what, winners, backend) => {
  const options = { type: "f64", seed: 1, normalise: { "in>e": TOTAL } } as const;
  using engine = await createEngine(learningNetwork({ inputs: INPUTS, neurons: NEURONS, winners }), backend, options);
  engine.state("e.eta").fill(ETA);
  const reference = new Reference(engine.synapses("in>e").w!, winners);
  let together = 0;
  for (let sample = 0; sample < 5; sample++) {
    const given = Array.from({ length: STEPS }, (_, t) => spiking(sample, t));
    const ends = Uint32Array.from({ length: STEPS + 1 }, (_, t) => given.slice(0, t).flat().length);
    const { e } = engine.run(STEPS, { in: { list: Uint32Array.from(given.flat()), ends } }).spikes;
    engine.normalise();
    engine.reset({ keep: ["e.theta", "e.eta"] });
    const fires = reference.show(sample);
    expect(fires.length).toBeGreaterThan(5);
    together += fires.length - new Set(fires.map(([t]) => t)).size;
    expect([...e!.steps].map((t, k) => [t, e!.indices[k]])).toEqual(fires);
  }
  if (winners === "all") expect(together).toBeGreaterThan(0);
  // Sums in another order, over 600 steps of f64: 1e-16 each of numbers up to 100, hardly more than 1e-12.
  const w = engine.synapses("in>e").w!;
  for (let k = 0; k < INPUTS; k++)
    for (let j = 0; j < NEURONS; j++) expect(Math.abs(w[k * NEURONS + j]! - reference.w[k]![j]!)).toBeLessThan(1e-10);
  for (let j = 0; j < NEURONS; j++)
    expect(Math.abs(engine.state("e.theta")[j]! - reference.theta[j]!)).toBeLessThan(1e-10);
});
