/** One experiment: the four patterns of XOR in random order, epoch after epoch, with a reward for each spike of the answer. */
import type { Backend } from "../../backend/backend.ts";
import { LineStream } from "../../base/lineStream.ts";
import { permutation, streamOf } from "../../base/random.ts";
import type { Network } from "../../model/network.ts";
import { createEngine } from "../../sim/engine.ts";
import type { EventData } from "../../sim/feed.ts";
import { CHANCE, GROUP, type Learned, PLASTIC, STEPS } from "./network.ts";

/** Two inputs, on or off, and what a spike of the answer is worth. Nothing is worth anything where nothing is on. */
export const PATTERNS = [
  { inputs: [0, 0], target: 0 },
  { inputs: [0, 1], target: 1 },
  { inputs: [1, 0], target: 1 },
  { inputs: [1, 1], target: -1 },
] as const;

/** Spikes a second of the answer for each pattern. */
export type Rates = readonly number[];

/** The answer's rates in each epoch, and what was learned. */
export interface Experiment {
  readonly rates: Rates[];
  readonly learned: Learned;
}
export async function experiment(net: Network, backend: Backend, seed: number, epochs: number): Promise<Experiment> {
  using engine = await createEngine(net, backend, { seed, block: 256 });
  const draws = new LineStream(seed, streamOf("xor.inputs"));
  const out: Rates[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rates = new Array<number>(PATTERNS.length).fill(0);
    for (const k of permutation(PATTERNS.length, { seed, stream: streamOf(`xor.order.${epoch}`) })) {
      const { inputs, target } = PATTERNS[k]!;
      draws.begin(epoch * PATTERNS.length + k);
      const [excitatory, inhibitory] = [spikesOf(inputs, draws), spikesOf(inputs, draws)];
      const { spikes } = engine.run(STEPS, { excitatory, inhibitory, target: { values: [target] } });
      rates[k] = spikes.out!.steps.length / (STEPS * net.dt);
    }
    out.push(rates);
  }
  const learned = Object.fromEntries(PLASTIC.map((c) => [c, Float32Array.from(engine.synapses(c).w!)]));
  return { rates: out, learned: learned as Learned };
}

/** Poisson spikes of the neurons whose input is on. */
function spikesOf(inputs: readonly number[], draws: LineStream): EventData {
  const [steps, indices]: [number[], number[]] = [[], []];
  for (let t = 0; t < STEPS; t++)
    for (let k = 0; k < 2 * GROUP; k++)
      if (inputs[Math.floor(k / GROUP)] === 1 && draws.word() < CHANCE * 2 ** 32) {
        steps.push(t);
        indices.push(k);
      }
  return { steps, indices };
}

/** Epochs over which rates are taken at the start and at the end. */
export const WINDOW = 10;
export function meanRates(rates: readonly Rates[]): Rates {
  return PATTERNS.map((_, k) => rates.reduce((sum, r) => sum + r[k]!, 0) / rates.length);
}

/** Whether the answer to two inputs is weaker than that to either alone. */
export const hasLearned = ([, second, first, both]: Rates): boolean => both! < first! && both! < second!;
