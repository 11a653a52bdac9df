/** One network that has learned, as it answers, beside a conventional one: accuracy, rates and energy. */
import { type Dataset, dataset, Examples } from "../../data/dataset.ts";
import { bernoulli, current } from "../../data/encoder.ts";
import { crossEntropy } from "../../learn/loss.ts";
import type { Design } from "../networks.ts";
import { type Deployed, evaluateDeployed, type SessionOptions } from "../session.ts";
import { account, NAMES, twinSide } from "../side.ts";
import { PATTERNS, type Rates } from "./learn.ts";
import { answeringNetwork, CHANCE, GROUP, type Learned, STEPS, twinNetwork } from "./network.ts";

/** Inputs spike with 40 Hz where they are on. */
export const ENCODER = bernoulli(CHANCE);
/** What XOR is of each pattern. */
const LABELS = PATTERNS.map(({ inputs: [a, b] }) => a ^ b);
export const CLASSES = ["0", "1"];
/** How often each pattern is asked for in the test. */
const ASKED = 50;

/** Patterns one after the other: both signs of both inputs, on or off. */
function patterns(path: string, repeats: number): Examples {
  const each = PATTERNS.map(({ inputs }) => {
    const side = Array.from({ length: 2 * GROUP }, (_, k) => inputs[Math.floor(k / GROUP)]!);
    return [...side, ...side];
  });
  const all = Array.from({ length: repeats }, () => each).flat(2);
  const labels = Uint8Array.from(Array.from({ length: repeats }, () => LABELS).flat());
  return new Examples(path, 4 * GROUP, Float32Array.from(all), labels);
}
export const xor = (): Dataset =>
  dataset({
    ...{ name: "xor", classes: CLASSES, shape: [4 * GROUP], source: "generated", licence: "none" },
    train: patterns("train", 1),
    test: patterns("test", ASKED),
  });

/** `1` is answered by more spikes than lie half-way between the weaker of the rewarded answers and the punished one. */
export function deployedOf(learned: Learned, [, second, first, both]: Rates): Deployed {
  const middle = (Math.min(first!, second!) + both!) / 2;
  const spikes = middle * STEPS * 1e-3;
  return { ...answeringNetwork(learned, spikes), encoder: ENCODER, loss: crossEntropy("sum") };
}

const TWIN: Omit<Design, "net"> = {
  encoder: current(),
  training: { epochs: 200, batch: 4, rate: 5e-3, warmup: 20, dropout: 0, loss: crossEntropy("mean") },
};

/** Tests it on presentations that it has not seen, and trains the twin. */
export async function answersOf(deployed: Deployed, session: Omit<SessionOptions, "stage">) {
  const data = xor();
  const result = await evaluateDeployed(deployed, data.test, { ...session, stage: "test" });
  const spiking = { result, ...account(NAMES.spiking, deployed, result, "event") };
  const twin = await twinSide({ ...TWIN, net: twinNetwork() }, data, { ...session, stage: "twin" });
  return { spiking, twin, data };
}
