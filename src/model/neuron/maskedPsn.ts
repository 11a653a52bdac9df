import { type Every, ModelError, requireInteger, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel, ParameterSpec } from "../neuronModel.ts";
import { parameter } from "./spiking.ts";

/** Options of `maskedPsn`. */
export interface MaskedPsnOptions {
  /** Steps of a sample, each of which has weights and a threshold of its own. */
  readonly steps: number;
  /** How many steps of its input a neuron weighs: the step at hand and those before it; default all. */
  readonly order?: number;
  /** Of every step before training; default 1. */
  readonly vTh?: number;
}

const OPTIONS = { steps: true, order: true, vTh: true } as const satisfies Every<MaskedPsnOptions>;
/** Weights and thresholds: each is a parameter of its own, and a kernel of WebAssembly takes no more than 1000 arguments. */
const MOST_NUMBERS = 280;

/**
 * The masked parallel spiking neuron: in step t its membrane is `h = w{t}_{0} x(0) + … + w{t}_{t} x(t)`, a row of a matrix of
 * steps by steps, of which the mask leaves a band of `order` at and below the diagonal; it fires above `vTh{t}`. There is neither
 * decay nor reset. Steps are counted from the start of a sample, or of an engine; after the last one the last row is used.
 *
 * Weights and thresholds train, one for the layer as published, unless `trainable` says otherwise. They start as powers of 1/2,
 * as those of `slidingPsn`; the authors' program draws them from U(±1/√steps) (`parameters: { w3_1: uniform(…) }`). The mask is
 * there from the beginning on: the published training also moves towards it from all of the lower triangle.
 *
 * @throws {ModelError} `out-of-range`, `unknown-name`
 */
export function maskedPsn(options: MaskedPsnOptions): NeuronModel {
  requireKnown("maskedPsn", options, OPTIONS);
  const { steps, order = steps, vTh = 1 } = options;
  const rows = rowsOf(steps, order);
  const weights = rows.flatMap((row, t) =>
    row.map((s): [string, ParameterSpec] => [
      weightName(t, s),
      parameter(2 ** (s - t), `of the input of step ${s}, in step ${t}`, { trainable: true }),
    ]),
  );
  const thresholds = rows.map((_, t): [string, ParameterSpec] => [
    `vTh${t}`,
    parameter(vTh, `threshold in step ${t}`, { trainable: true }),
  ]);
  // What a lag weighs where there was no input yet does not matter.
  const lag = (j: number): string =>
    chosen(
      rows.slice(j).map((_, k) => weightName(k + j, k)),
      j,
    );
  const inputs = Array.from({ length: order }, (_, j) => (j === 0 ? "i" : `x${j}`));
  return neuron({
    name: "masked-psn",
    doc: "Masked parallel spiking neuron",
    source:
      "Fang et al. 2023, Parallel Spiking Neurons with High Efficiency and Ability to Learn Long-term Dependencies, NeurIPS: the masked PSN",
    equations: [
      `h[t+1] = ${inputs.map((x, j) => `lag${j}*${x}`).join(" + ")} : 1`,
      ...inputs.slice(1).map((x, j) => `${x}[t+1] = ${inputs[j]} : 1`),
      ...inputs.map((_, j) => `lag${j} = ${lag(j)} : 1`),
      `theta = ${chosen(
        thresholds.map(([name]) => name),
        0,
      )} : 1`,
      "i : 1 (input)",
    ].join("\n"),
    parameters: Object.fromEntries([...weights, ...thresholds]),
    spike: "h > theta",
    port: "i",
  });
}

const weightName = (t: number, s: number): string => `w${t}_${s}`;
/** Names of the weights of a `maskedPsn`, step by step. */
export const maskedPsnWeights = (steps: number, order = steps): string[] =>
  rowsOf(steps, order).flatMap((row, t) => row.map((s) => weightName(t, s)));

/** Steps whose input is weighed in each step. @throws {ModelError} `out-of-range` */
function rowsOf(steps: number, order: number): number[][] {
  requireInteger("masked-psn.steps", steps, 1, MOST_NUMBERS / 2);
  requireInteger("masked-psn.order", order, 1, steps);
  const rows = Array.from({ length: steps }, (_, t) =>
    Array.from({ length: Math.min(order, t + 1) }, (_, k) => Math.max(0, t - order + 1) + k),
  );
  const count = rows.reduce((sum, row) => sum + row.length, steps);
  if (count <= MOST_NUMBERS) return rows;
  const problem = `${steps} steps of order ${order} have ${count} weights and thresholds, and ${MOST_NUMBERS} are the most: take a smaller order, or slidingPsn`;
  throw new ModelError("out-of-range", "masked-psn.order", problem);
}

/** The first up to step `from`, then each in its step, and the last for ever. */
function chosen(names: readonly string[], from: number): string {
  return names
    .slice(0, -1)
    .reduceRight((later, name, k) => `where(t_in_timesteps <= ${from + k}, ${name}, ${later})`, names.at(-1)!);
}
