/**
 * ODIN (28 nm, one core of 256 neurons with all synapses between them). Its paper gives its power as
 * P = P_leak + P_idle · f + E_SOP · r, with each term measured; the 12.7 pJ of its title is P / r at the highest rate.
 *
 * @see Frenkel et al. 2019, IEEE TBioCAS 13(1):145, equations 2 and 3, figure 8b (arXiv:1804.07858)
 */
import {
  type ChipTable,
  chipLines,
  inputsOf,
  layersWithNeurons,
  type Models,
  modelNotes,
  needsSpikes,
  onlyModels,
  paced,
} from "./chip.ts";
import type { Counts } from "./counts.ts";
import { exactly, type Price } from "./horowitz.ts";

const SILICON = {
  process: "28 nm FDSOI",
  voltage: 0.55,
  grade: "measured silicon",
  source: "Frenkel et al. 2019, IEEE TBioCAS 13(1):145, figure 8b",
} as const satisfies Partial<Price>;

const NEURONS = 256;
/** pJ; W; W a MHz. */
const [SOP, LEAK, IDLE] = [8.43, 27.3e-6, 1.78e-6];
const CYCLES_A_SOP = 2;
/** At 0.55 V. */
const FASTEST = 75;

const MODELS: Models = {
  "integrate-and-fire": true,
  lif: "the chip's leak takes a constant off at each time reference, not a share",
  "parametric-lif": "the chip's leak takes a constant off at each time reference, not a share",
  "leaky-integrator": "the chip's leak takes a constant off at each time reference, not a share",
};

/** Options of `odin`. */
export interface OdinOptions {
  /** Of its clock, at most 75 (at 0.55 V), which is the default. */
  readonly megahertz?: number;
}

/** Every spike walks all 256 neurons of the core, whether connected or not. */
const operations = (counts: Counts): number => counts.total.eventReads * NEURONS;

/** Spikes come in through the same 256 rows that the neurons have. */
function tooLarge(counts: Counts): string[] {
  const layers = layersWithNeurons(counts);
  const neurons = layers.reduce((sum, l) => sum + l.neurons, 0);
  const rows = Math.max(0, ...layers.map(inputsOf));
  return [
    ...(neurons > NEURONS ? [`its ${neurons} neurons do not fit the ${NEURONS} of the one core`] : []),
    ...(rows > NEURONS ? [`its ${rows} inputs do not fit the ${NEURONS} rows of the one core`] : []),
  ];
}

/** The price table of ODIN at a clock. */
export const odin = ({ megahertz = FASTEST }: OdinOptions = {}): ChipTable => ({
  name: "odin",
  title: `ODIN, 28 nm${megahertz === FASTEST ? "" : `, ${megahertz} MHz`}`,
  lines: chipLines({
    synapticEvents: { includedIn: "eventReads" },
    neuronUpdates: {
      includedIn: "eventReads: a synaptic operation reads and updates the neuron",
      refuses: onlyModels(MODELS, "the neuron of the chip"),
    },
    eventReads: {
      component: "synapses",
      price: () => ({
        ...SILICON,
        value: exactly(NEURONS * SOP),
        unit: "pJ",
        includes: `one spike: ${NEURONS} synaptic operations of ${SOP} pJ, with the update of the neuron, controller and scheduler`,
        excludes: "leakage and the idle clock",
      }),
    },
    seconds: {
      component: "static",
      price: () => ({
        ...SILICON,
        value: exactly(LEAK + IDLE * megahertz),
        unit: "W",
        includes: `leakage, and the clock at ${megahertz} MHz`,
        excludes: "pads and the board",
      }),
    },
  }),
  duration: (counts, options) => {
    const step = (operations(counts) * CYCLES_A_SOP) / (megahertz * 1e6) / counts.steps;
    return paced(counts, options, exactly(step), `the time that its synaptic operations take at ${megahertz} MHz`);
  },
  refuses: (counts) => [...needsSpikes(counts), ...tooLarge(counts)],
  strains: (counts) => ["A synapse has a weight of 3 bits.", ...modelNotes(counts, MODELS)],
  excludes: ["encoding of the input", "the interface"],
});
