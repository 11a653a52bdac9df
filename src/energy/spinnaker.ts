/**
 * SpiNNaker (first generation, 130 nm): ARM cores that simulate neurons in software, 1 ms a step.
 *
 * @see Höppner et al. 2019, arXiv:1903.08941: events and neurons
 * @see Painkras et al. 2013, IEEE JSSC 48(8):1943: router, 25 pJ a bit
 * @see SpiNNMachine, `version_spin1.py`: power of a chip at rest and of a core at work, measured on boards
 */
import { type ChipTable, chipLines, coresNeeded, type Models, needsSpikes, onlyModels, paced } from "./chip.ts";
import type { Counts } from "./counts.ts";
import { exactly, type Price } from "./horowitz.ts";

const SILICON = { process: "130 nm", voltage: undefined, grade: "measured silicon" } as const satisfies Partial<Price>;
const HOEPPNER = "Höppner et al. 2019, arXiv:1903.08941, as tabulated by keras-spiking";
const SPINNMACHINE =
  "SpiNNMachine, version_spin1.py: 16.82 W for 48 chips at rest; 31.88 to 59.38 W with 806 cores at work";

const [CORES_A_CHIP, NEURONS_A_CORE] = [16, 256];
const cores = (counts: Counts): number => coresNeeded(counts, (l) => Math.ceil(l.neurons / NEURONS_A_CORE));
const chips = (counts: Counts): number => Math.ceil(cores(counts) / CORES_A_CHIP);

/** At rest 16.82 W for 48 chips, quoted as 0.35 W each; a core at work (59.38 - 31.88) W / 806. */
const [CHIP_WATTS, CORE_WATTS] = [0.35, 0.034];

const MODELS: Models = {
  lif: true,
  "cuba-lif": true,
  "parametric-lif": true,
  "integrate-and-fire": true,
  "leaky-integrator": true,
};

export const spinnaker: ChipTable = {
  name: "spinnaker",
  title: "SpiNNaker 1, 130 nm",
  lines: chipLines({
    synapticEvents: {
      component: "synapses",
      price: () => ({
        ...SILICON,
        value: { low: 11_300, typical: 13_300, high: 13_300 },
        unit: "pJ",
        includes: "one synaptic event in software; low: as other texts quote it",
        excludes: "power at rest",
        source: HOEPPNER,
      }),
    },
    neuronUpdates: {
      component: "neurons",
      price: () => ({
        ...SILICON,
        value: { low: 26_000, typical: 26_000, high: 26_600 },
        unit: "pJ",
        includes: "one update of a leaky integrate-and-fire neuron in software; high: as other texts quote it",
        excludes: "power at rest",
        source: HOEPPNER,
      }),
      refuses: onlyModels(MODELS, "the published update"),
    },
    eventReads: {
      component: "transport",
      price: (counts) => ({
        ...SILICON,
        value: { low: 1000, typical: 1000 * Math.ceil(Math.sqrt(chips(counts))), high: 1000 * chips(counts) },
        unit: "pJ",
        includes:
          "a packet of 40 bits through one router (low), as many as the side of a square of the chips needed (typical), or each chip's (high)",
        excludes: "links between boards",
        source:
          "Painkras et al. 2013, IEEE JSSC 48(8):1943, 25 pJ a bit; routers passed are ours, before any placement",
      }),
    },
    seconds: {
      component: "static",
      price: (counts) => ({
        ...SILICON,
        value: {
          low: (CHIP_WATTS * cores(counts)) / CORES_A_CHIP,
          typical: CHIP_WATTS * chips(counts),
          high: CHIP_WATTS * chips(counts) + CORE_WATTS * cores(counts),
        },
        unit: "W",
        includes: `${chips(counts)} chip${chips(counts) === 1 ? "" : "s"} at rest, memory included (low: the share of the cores used; high: and ${cores(counts)} cores at work, part of which events and updates pay for already)`,
        excludes: "supplies and fans of the board",
        source: SPINNMACHINE,
      }),
    },
  }),
  duration: (counts, options) => paced(counts, options, exactly(1e-3), "one timer tick each, in real time"),
  refuses: needsSpikes,
  notes: (counts) => [
    `At least ${cores(counts)} cores of ${NEURONS_A_CORE} neurons on ${chips(counts)} chip${chips(counts) === 1 ? "" : "s"}, before any placement; sources of the input would take more.`,
  ],
  excludes: ["cores that send the input", "encoding of the input", "the host, supplies and fans of the board"],
};
