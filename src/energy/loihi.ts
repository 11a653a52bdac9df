/**
 * Intel Loihi (first generation, 14 nm). Energies of events are simulations of the circuit before there was one; they
 * predict a measured board of 32 chips within 20 % (nearest-neighbour search, Frady et al. 2020: 1.33 mJ a query
 * measured, 1.45 to 1.60 mJ by these prices). Static power was measured there.
 *
 * @see Davies et al. 2018, Loihi, IEEE Micro 38(1):82, table 2
 * @see Frady et al. 2020, arXiv:2004.12691, table 2
 * @see Boyle et al. 2025, SANA-FE, IEEE TCAD 44(8):3165: prices fitted to a board of another kind, the upper bounds
 */
import {
  type ChipTable,
  chipLines,
  copiesOfSpike,
  coresNeeded,
  layersWithNeurons,
  type Models,
  needsSpikes,
  onlyModels,
  paced,
  staticPower,
} from "./chip.ts";
import type { Counts, LayerCounts } from "./counts.ts";
import type { Price, Range } from "./horowitz.ts";

const DAVIES = "Davies et al. 2018, IEEE Micro 38(1), table 2";
const presilicon = (value: Range, includes: string, excludes: string, source = DAVIES): Price => ({
  value,
  unit: "pJ",
  process: "14 nm",
  voltage: 0.75,
  includes,
  excludes,
  grade: "pre-silicon",
  source,
});

const CORES = 128;
const NEURONS_A_CORE = 1024;
/** 64-bit words of synaptic memory of a core, and bits of a synapse in a dense block: 8, and 10 for each 64 of them. */
const [WORDS_A_CORE, BITS_A_SYNAPSE] = [16_384, 8 + 10 / 64];
const CORES_A_TILE = 4;

const MODELS: Models = {
  lif: true,
  "cuba-lif": true,
  "parametric-lif": true,
  "integrate-and-fire": true,
  "leaky-integrator": true,
};

const coresOf = ({ neurons, synapses }: LayerCounts): number =>
  Math.max(Math.ceil(neurons / NEURONS_A_CORE), Math.ceil((synapses * BITS_A_SYNAPSE) / (64 * WORDS_A_CORE)));
const cores = (counts: Counts): number => coresNeeded(counts, coresOf);

/** Dimension order in a mesh of tiles: 3.0 pJ a hop east or west, 4.0 pJ north or south, 1.7 pJ within the tile. */
const [WITHIN, HOP] = [1.7, 3.5];
const CORNER_TO_CORNER = 7 * 3 + 3 * 4;

/** One spike into one connection: a message for each core of the layer that it feeds. */
function transport(counts: Counts): Price {
  const copies = copiesOfSpike(counts, NEURONS_A_CORE);
  const side = Math.sqrt(Math.ceil(cores(counts) / CORES_A_TILE));
  const mean = ((2 / 3) * (side * side - 1)) / side;
  return presilicon(
    {
      low: copies * WITHIN,
      typical: copies * (WITHIN + HOP * mean),
      high: copies * (WITHIN + CORNER_TO_CORNER),
    },
    "a message within its tile (low), across a square of as many tiles as the network needs (typical), or from corner to corner of the chip (high)",
    "links between chips, and spikes that the host sends in",
    `${DAVIES}; hops are ours, before any placement`,
  );
}

const [UPDATE_NS, EVENT_NS] = [
  { low: 5.3, typical: 5.3, high: 8.4 },
  { low: 3.5, typical: 3.5, high: 3.8 },
];
/** Synchronising 1 tile, 32 tiles, and as fitted to a board. */
const BARRIER_NS: Range = { low: 113, typical: 465, high: 1800 };

/** The slowest core makes the step: its neurons one by one, its events one by one, and then all cores wait for all. */
function stepTime(counts: Counts): Range {
  const busiest = layersWithNeurons(counts).map((layer) => {
    const used = coresOf(layer);
    return { updates: layer.neurons / used, events: layer.synapticEvents / counts.steps / used };
  });
  const step = (bound: keyof Range): number =>
    1e-9 *
    (BARRIER_NS[bound] +
      Math.max(0, ...busiest.map((core) => core.updates * UPDATE_NS[bound] + core.events * EVENT_NS[bound])));
  return { low: step("low"), typical: step("typical"), high: step("high") };
}

export const loihi: ChipTable = {
  name: "loihi",
  title: "Intel Loihi, 14 nm",
  lines: chipLines({
    synapticEvents: {
      component: "synapses",
      price: () =>
        presilicon(
          { low: 23.6, typical: 23.6, high: 35.5 },
          "one synaptic operation: reading the synapse and adding its weight; a minimum (low, typical), as fitted to silicon (high)",
          "static power, learning (120 pJ an update of a synapse)",
          `${DAVIES}; high: SANA-FE (Boyle et al. 2025), fitted`,
        ),
    },
    neuronUpdates: {
      component: "neurons",
      price: () =>
        presilicon(
          { low: 52, typical: 52, high: 81 },
          "one update of one compartment, inactive (low, typical) or active (high); paid in every step",
          "static power",
        ),
      refuses: onlyModels(MODELS, "the published update"),
    },
    eventReads: { component: "transport", price: transport },
    seconds: {
      component: "static",
      price: (counts) =>
        staticPower(cores(counts), CORES, 3.34 / 32, {
          process: "14 nm",
          voltage: undefined,
          includes: "a 32nd of the static power of a board of 32 chips (3.34 W)",
          excludes: "the host and its interface",
          grade: "measured silicon",
          source: "Frady et al. 2020, arXiv:2004.12691, table 2",
        }),
    },
  }),
  duration: (counts, options) =>
    paced(counts, options, stepTime(counts), "as fast as the busiest core and the barrier after each step allow"),
  refuses: needsSpikes,
  notes: (counts) => [`At least ${cores(counts)} of ${CORES} cores, before any placement.`],
  excludes: [
    "the host, its processors on the chip and what it reads out of membranes",
    "encoding of the input",
    "learning",
  ],
};
