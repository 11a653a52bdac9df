/**
 * Price tables: for each kind of work that counts record, what it costs, which other price covers it, or why nobody
 * knows. The record is exhaustive, so that no work is free by oversight.
 */
import { requireInteger } from "../base/errors.ts";
import type { CountName, Counts, LayerCounts } from "./counts.ts";
import {
  accumulation,
  addition,
  memoryAccess,
  multiplication,
  multiplyAccumulation,
  type NumberFormat,
  narrowMultiplyAccumulation,
  type Price,
  type Range,
} from "./horowitz.ts";

/** Kinds of work that must be priced. `seconds` is the duration of an inference, for static power. */
export type Work =
  | Extract<
      CountName,
      | "macs"
      | "acs"
      | "additions"
      | "multiplications"
      | "otherOperations"
      | "weightReads"
      | "stateReads"
      | "stateWrites"
      | "activationReads"
      | "activationWrites"
      | "eventReads"
      | "eventWrites"
      | "synapticEvents"
      | "neuronUpdates"
    >
  | "seconds";

/** In words. */
export const WORK_LABELS: Readonly<Record<Work, string>> = {
  macs: "products with values",
  acs: "sums of weights",
  additions: "additions",
  multiplications: "multiplications",
  otherOperations: "divisions and roots",
  weightReads: "reads of weights",
  stateReads: "reads of state",
  stateWrites: "writes of state",
  activationReads: "reads of values",
  activationWrites: "writes of values",
  eventReads: "spikes on their way",
  eventWrites: "writes of spikes",
  synapticEvents: "synaptic events",
  neuronUpdates: "neuron updates",
  seconds: "static power",
};

/** What a part of the energy is spent on. */
export type Component =
  | "arithmetic"
  | "weightMemory"
  | "stateMemory"
  | "activationMemory"
  | "synapses"
  | "neurons"
  | "transport"
  | "static";

/** How one kind of work is paid: at a price, by another line of the table, or nobody knows. */
export type Pricing =
  | {
      readonly component: Component;
      /** The price of one unit of the work; none where nobody knows it for such a network. */
      /** The price of one unit of the work; none where nobody knows it for such a network. */
      readonly price: (counts: Counts, options: PriceOptions) => Price | undefined;
      /** Why this price does not hold for a layer; nothing where it does. That layer's work then has no price. */
      readonly refuses?: (layer: LayerCounts) => string | undefined;
    }
  /** Covered by other lines of the table. */
  | {
      readonly includedIn: string;
      /** Why it is not covered for a layer; nothing where it is. */
      readonly refuses?: (layer: LayerCounts) => string | undefined;
    }
  /** Costs something, nobody says what. */
  | { readonly unpriced: string };

/** What a price table may be told of the machine. */
export interface PriceOptions {
  /** Memories above this size are DRAM; by default 1 MB, the largest SRAM of the table. */
  readonly largestSram?: number;
  /** Seconds from one step to the next, where something outside sets the pace, such as a stream of samples. */
  readonly stepSeconds?: number;
}

/** How long one inference takes, s, and why. */
export interface Duration {
  readonly seconds: Range;
  readonly text: string;
}

/** A price for every kind of work, or the reason why there is none. */
export interface PriceTable {
  readonly name: string;
  readonly title: string;
  readonly lines: Readonly<Record<Work, Pricing>>;
  /** Tables of one family leave the same things open: their bounds are one setting, and ratios are taken within it. */
  readonly family?: string;
  /** For how long static power is charged, where nobody says otherwise. */
  readonly duration?: (counts: Counts, options: PriceOptions) => Duration;
  /** Why such a network cannot run there at all; empty where it can. */
  readonly refuses?: (counts: Counts) => readonly string[];
  /** What would have to change before such a network ran there as it is priced. */
  readonly strains?: (counts: Counts) => readonly string[];
  /** What a reader must know of such a network there. */
  readonly notes?: (counts: Counts) => readonly string[];
  /** What no line of the table pays for. */
  readonly excludes: readonly string[];
}

/** How numbers are held: weights and activations in one format, accumulators and state in another. */
interface Precision {
  readonly stored: NumberFormat;
  readonly state: NumberFormat;
  /** Of activations and inputs, where they are narrower than weights. */
  readonly activationBits?: number;
}
const BITS: Readonly<Record<NumberFormat, number>> = { int8: 8, int16: 16, int32: 32, fp16: 16, fp32: 32 };
/** An event is the index of its source. */
const EVENT_BITS = 32;

const arithmetic = (price: Price | undefined): Pricing => ({ component: "arithmetic", price: () => price });

/** A word of `bits` in the memory that holds `count` such words; each kind of data has a memory of its own. */
const memory = (
  component: Component,
  count: "parameterCount" | "stateCount" | "bufferCount",
  bits: number,
): Pricing => ({
  component,
  price: ({ total }, { largestSram }) => memoryAccess((total[count] * bits) / 8, bits, largestSram),
});

/** What its tables leave open: the width of sums, and whether memory is read in rows. */
export const HOROWITZ = "Horowitz 45 nm";

function horowitz(name: string, title: string, { stored, state, activationBits }: Precision): PriceTable {
  const states = memory("stateMemory", "stateCount", BITS[state]);
  const activations = memory("activationMemory", "bufferCount", activationBits ?? BITS[stored]);
  const events = memory("activationMemory", "bufferCount", EVENT_BITS);
  return {
    name,
    title,
    family: HOROWITZ,
    lines: {
      macs: arithmetic(
        activationBits === undefined
          ? multiplyAccumulation(stored, state)
          : narrowMultiplyAccumulation(activationBits, state),
      ),
      acs: arithmetic(accumulation(stored, state)),
      additions: arithmetic(addition(state)),
      multiplications: arithmetic(multiplication(state)),
      otherOperations: { unpriced: "the table has no division and no exponential" },
      weightReads: memory("weightMemory", "parameterCount", BITS[stored]),
      stateReads: states,
      stateWrites: states,
      activationReads: activations,
      activationWrites: activations,
      eventReads: events,
      eventWrites: events,
      synapticEvents: { includedIn: "acs, weightReads, stateReads and stateWrites" },
      neuronUpdates: { includedIn: "additions, multiplications, stateReads and stateWrites" },
      seconds: { unpriced: "the table has no static power" },
    },
    excludes: [
      "control and instruction fetch",
      "leakage",
      "transport of spikes between cores",
      "caches and reuse of operands",
    ],
  };
}

/** Price tables of arithmetic and memory at 45 nm (Horowitz 2014), by how numbers are held. */
export const prices = {
  f32: horowitz("f32", "Horowitz 45 nm, 32-bit floating point", { stored: "fp32", state: "fp32" }),
  int8: horowitz("int8", "Horowitz 45 nm, 8-bit weights and activations, 32-bit accumulators and state", {
    stored: "int8",
    state: "int32",
  }),
} as const satisfies Readonly<Record<string, PriceTable>>;

/**
 * Weights of 8 bits and activations of `bits`: what a conventional twin needs that tells as many levels apart as the spikes
 * of a network do (`equalBits`). All but products and activations costs what it does in `prices.int8`.
 * @param bits 1 to 8
 * @throws {ModelError} `out-of-range`
 */
export function equalPrecision(bits: number): PriceTable {
  requireInteger("equalPrecision.bits", bits, 1, 8);
  const title = `Horowitz 45 nm, 8-bit weights, ${bits}-bit activations, 32-bit accumulators and state`;
  return horowitz(`int8x${bits}`, title, { stored: "int8", state: "int32", activationBits: bits });
}

/** The figure of many papers: fp32 additions for a spiking network, fp32 multiply-additions for its twin, nothing else. */
export const POPULAR = {
  acs: addition("fp32"),
  macs: multiplyAccumulation("fp32", "fp32")!,
  label:
    "the popular figure: fp32 arithmetic alone (0.9 pJ an addition, 4.6 pJ a multiply-addition, 45 nm); no memory, no neuron updates, no control, no leakage",
} as const;
