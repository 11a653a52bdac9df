/**
 * IBM TrueNorth (28 nm). Three powers measured at one voltage and at three rates give a straight line: what flows at rest,
 * and what one more synaptic event costs. The 26 pJ an event of the first paper is all of the power divided by the events
 * at 20 Hz, and holds there alone: for the rates of the second paper it is 41 % short to 256 % over.
 *
 * @see Akopyan et al. 2015, TrueNorth, IEEE TCAD 34(10):1537, figure 17
 * @see Merolla et al. 2014, Science 345:668
 */
import {
  type ChipTable,
  chipLines,
  coresNeeded,
  inputsOf,
  type Models,
  modelNotes,
  needsSpikes,
  onlyModels,
  paced,
  staticPower,
} from "./chip.ts";
import type { Counts, LayerCounts } from "./counts.ts";
import { exactly, type Price } from "./horowitz.ts";

/** Figure 17: 2^20 neurons, 128 active synapses each, at 0.8 V. */
export const TRUENORTH_POWERS = [
  { hertz: 11.58, watts: 0.068 },
  { hertz: 20.07, watts: 0.071 },
  { hertz: 95.93, watts: 0.094 },
] as const;
export const eventsASecond = (hertz: number): number => 2 ** 20 * 128 * hertz;

/** The straight line through the lowest and the highest power; the one between them is not used, and tests it. */
function line(): { joules: number; watts: number } {
  const [slow, , fast] = TRUENORTH_POWERS;
  const joules = (fast.watts - slow.watts) / (eventsASecond(fast.hertz) - eventsASecond(slow.hertz));
  return { joules, watts: slow.watts - joules * eventsASecond(slow.hertz) };
}
export const TRUENORTH_LINE = line();

const SILICON = {
  process: "28 nm",
  voltage: 0.8,
  source: "Akopyan et al. 2015, IEEE TCAD 34(10), figure 17; straight line through two of its three powers (ours)",
  grade: "derived",
} as const satisfies Partial<Price>;

const [CORES, AXONS, NEURONS] = [4096, 256, 256];
const coresOf = (layer: LayerCounts): number => Math.ceil(layer.neurons / NEURONS) * Math.ceil(inputsOf(layer) / AXONS);
const cores = (counts: Counts): number => coresNeeded(counts, coresOf);

const LEAK = "the chip's leak takes a constant off in each tick, not a share: it would have to be trained for that";
const MODELS: Models = { "integrate-and-fire": true, lif: LEAK, "parametric-lif": LEAK, "leaky-integrator": LEAK };

export const truenorth: ChipTable = {
  name: "truenorth",
  title: "IBM TrueNorth, 28 nm",
  lines: chipLines({
    synapticEvents: {
      component: "synapses",
      price: () => ({
        ...SILICON,
        value: exactly(TRUENORTH_LINE.joules * 1e12),
        unit: "pJ",
        includes:
          "one more synaptic event, with its share of a spike that crosses 21 cores in x and in y and meets 128 synapses",
        excludes: "power at rest",
      }),
    },
    neuronUpdates: {
      includedIn: "seconds: every neuron of every core is updated in every tick, used or not",
      refuses: onlyModels(MODELS, "the neuron of the chip"),
    },
    eventReads: { includedIn: "synapticEvents" },
    seconds: {
      component: "static",
      price: (counts) =>
        staticPower(cores(counts), CORES, TRUENORTH_LINE.watts, {
          ...SILICON,
          includes: "leakage, clocks, and the update of all neurons in every tick of 1 ms",
          excludes: "the board",
        }),
    },
  }),
  duration: (counts, options) => paced(counts, options, exactly(1e-3), "one tick each, in real time"),
  refuses: needsSpikes,
  strains: (counts) => [
    ...counts.layers
      .filter((l) => inputsOf(l) > AXONS)
      .map((l) => `${l.name}: its ${inputsOf(l)} inputs do not fit the ${AXONS} axons of a core.`),
    ...modelNotes(counts, MODELS),
  ],
  notes: (counts) => [
    `At least ${cores(counts)} of ${CORES} cores; a neuron hears ${AXONS} axons with one of four weights each, and feeds one axon.`,
  ],
  excludes: ["encoding of the input", "splitters and wider weights, which take neurons of their own", "the host"],
};
