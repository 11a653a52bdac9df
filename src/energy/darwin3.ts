/**
 * Darwin3 (22 nm). Its paper states power as P = P_I + P_B + P_N · n + P_S · s: the chip at rest, active nodes, neuron
 * updates, synaptic operations. Of these we know the last alone, so that every total here is a lower bound.
 *
 * @see Ma et al. 2024, Darwin3, National Science Review 11(5):nwae102, equation 7 (arXiv:2312.17582)
 */
import { type ChipTable, chipLines, needsSpikes, paced } from "./chip.ts";
import { exactly } from "./horowitz.ts";

const UNKNOWN = "its paper has the term, and we have no source for its value";

export const darwin3: ChipTable = {
  name: "darwin3",
  title: "Darwin3, 22 nm",
  lines: chipLines({
    synapticEvents: {
      component: "synapses",
      price: () => ({
        value: exactly(5.47),
        unit: "pJ",
        process: "22 nm FDSOI",
        voltage: 0.8,
        includes: "one synaptic operation on average, measured at 333 MHz",
        excludes: "the chip at rest, active nodes, neuron updates",
        grade: "measured silicon",
        source: "Ma et al. 2024, National Science Review 11(5):nwae102",
      }),
    },
    neuronUpdates: { unpriced: UNKNOWN },
    eventReads: { unpriced: "no published price of a spike on its way" },
    seconds: { unpriced: UNKNOWN },
  }),
  duration: (counts, options) => paced(counts, options, exactly(1e-3), "in real time"),
  refuses: needsSpikes,
  excludes: ["encoding of the input", "the host"],
};
