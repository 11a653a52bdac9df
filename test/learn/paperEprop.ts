/**
 * E-prop as Bellec et al. 2020 write it (Nat. Commun. 11:3625, Methods), in double precision, synapse by synapse and step
 * by step: a recurrent layer of LIF or adaptive LIF neurons and leaky readouts, with cross-entropy in each step.
 */
import type { Samples } from "./simulate.ts";

export interface PaperNetwork {
  readonly inputs: number;
  readonly neurons: number;
  readonly classes: number;
  /** Decay of membrane (eq. 7), adaptation (eq. 8) and readout (eq. 11) a step; `beta` 0 for LIF. */
  readonly alpha: number;
  readonly rho: number;
  readonly kappa: number;
  readonly beta: number;
  readonly threshold: number;
  /** Pseudo-derivative of the spike by v - A. */
  readonly psi: (distance: number) => number;
  /** Rows by source. */
  readonly input: ArrayLike<number>;
  readonly recurrent: ArrayLike<number>;
  readonly output: ArrayLike<number>;
  readonly inputBias: ArrayLike<number>;
  readonly outputBias: ArrayLike<number>;
  /** Weights from the readout's error to neurons, a row for each neuron: `output` for symmetric feedback. */
  readonly feedback: ArrayLike<number>;
}

const zeros = (n: number): number[] => new Array<number>(n).fill(0);
const grid = (rows: number, columns: number): number[][] => Array.from({ length: rows }, () => zeros(columns));

/** Sums over samples and steps, divided by the number of samples. */
export function paperEprop(p: PaperNetwork, samples: Samples, labels: readonly (readonly number[])[]) {
  const { inputs, neurons: n, classes } = p;
  const sources = inputs + n + 1; // the last is constant: the bias
  const hidden = grid(sources, n);
  const readout = grid(n + 1, classes);
  samples.forEach((sample, k) => {
    let [v, a, z] = [zeros(n), zeros(n), zeros(n)];
    let y = zeros(classes);
    const trace = zeros(sources); // ε^v, eq. 22: of all targets the same
    const adaptive = grid(sources, n); // ε^a, eq. 24
    const filtered = grid(sources, n); // F_κ(e), eq. 4
    const spikesFiltered = zeros(n + 1); // F_κ(z), eq. 31
    sample.forEach((x, t) => {
      const sent = [...x, ...z, 1];
      const weight = (s: number, j: number): number =>
        s < inputs ? p.input[s * n + j]! : s < inputs + n ? p.recurrent[(s - inputs) * n + j]! : p.inputBias[j]!;
      const current = zeros(n).map((_, j) => sent.reduce((sum, xs, s) => sum + xs * weight(s, j), 0));
      a = a.map((aj, j) => p.rho * aj + z[j]!);
      v = v.map((vj, j) => p.alpha * vj + current[j]! - z[j]! * p.threshold);
      const distance = v.map((vj, j) => vj - (p.threshold + p.beta * a[j]!));
      const psi = distance.map(p.psi);
      // ε^a of this step needs ψ and ε^v of the step before, which `adaptive` took in there.
      for (let s = 0; s < sources; s++) trace[s] = p.alpha * trace[s]! + sent[s]!;
      z = distance.map((d) => (d > 0 ? 1 : 0));
      for (let s = 0; s < sources; s++)
        for (let j = 0; j < n; j++) {
          const e = psi[j]! * (trace[s]! - p.beta * adaptive[s]![j]!);
          filtered[s]![j] = p.kappa * filtered[s]![j]! + e;
          adaptive[s]![j] = p.rho * adaptive[s]![j]! + e; // of the next step: ψ·ε^v + (ρ - ψ·β)·ε^a
        }
      const heard = [...z, 1];
      for (let i = 0; i <= n; i++) spikesFiltered[i] = p.kappa * spikesFiltered[i]! + heard[i]!;
      y = y.map(
        (yc, c) => p.kappa * yc + p.outputBias[c]! + z.reduce((sum, zi, i) => sum + zi * p.output[i * classes + c]!, 0),
      );
      const label = labels[k]![t]!;
      if (label < 0) return;
      const exponentials = y.map((yc) => Math.exp(yc));
      const total = exponentials.reduce((sum, e) => sum + e, 0);
      const error = exponentials.map((e, c) => (e / total - Number(c === label)) / samples.length);
      for (let j = 0; j < n; j++) {
        const signal = error.reduce((sum, e, c) => sum + p.feedback[j * classes + c]! * e, 0);
        for (let s = 0; s < sources; s++) hidden[s]![j]! += signal * filtered[s]![j]!;
      }
      for (let i = 0; i <= n; i++) for (let c = 0; c < classes; c++) readout[i]![c]! += error[c]! * spikesFiltered[i]!;
    });
  });
  return {
    "input>hidden.weight": hidden.slice(0, inputs).flat(),
    "hidden>hidden.weight": hidden.slice(inputs, inputs + n).flat(),
    "input>hidden.bias": hidden.at(-1)!,
    "hidden>output.weight": readout.slice(0, n).flat(),
    "hidden>output.bias": readout.at(-1)!,
  };
}
