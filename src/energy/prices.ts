/**
 * Price tables: for each kind of work that counts record, what it costs, which other price covers it, or why nobody
 * knows. The record is exhaustive, so that no work is free by oversight.
 */
import type { CountName, Counts } from "./counts.ts";
import {
  accumulation,
  addition,
  memoryAccess,
  multiplication,
  multiplyAccumulation,
  type NumberFormat,
  type Price,
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

/** What a part of the energy is spent on. */
export type Component =
  | "arithmetic"
  | "weightMemory"
  | "stateMemory"
  | "activationMemory"
  | "synapses"
  | "neurons"
  | "static";

/** How one kind of work is paid: at a price, by another line of the table, or nobody knows. */
export type Pricing =
  | {
      readonly component: Component;
      /** The price of one unit of the work; none where nobody knows it for such a network. */
      readonly price: (counts: Counts, options: PriceOptions) => Price | undefined;
    }
  /** Covered by other lines of the table. */
  | { readonly includedIn: string }
  /** Costs something, nobody says what. */
  | { readonly unpriced: string };

/** What a price table may be told of the machine. */
export interface PriceOptions {
  /** Memories above this size are DRAM; by default 1 MB, the largest SRAM of the table. */
  readonly largestSram?: number;
}

/** A price for every kind of work, or the reason why there is none. */
export interface PriceTable {
  readonly name: string;
  readonly title: string;
  readonly lines: Readonly<Record<Work, Pricing>>;
  /** What no line of the table pays for. */
  readonly excludes: readonly string[];
}

/** How numbers are held: weights and activations in one format, accumulators and state in another. */
interface Precision {
  readonly stored: NumberFormat;
  readonly state: NumberFormat;
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

function horowitz(name: string, title: string, { stored, state }: Precision): PriceTable {
  const states = memory("stateMemory", "stateCount", BITS[state]);
  const activations = memory("activationMemory", "bufferCount", BITS[stored]);
  const events = memory("activationMemory", "bufferCount", EVENT_BITS);
  return {
    name,
    title,
    lines: {
      macs: arithmetic(multiplyAccumulation(stored, state)),
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

/** The price tables: Horowitz 2014 at 45 nm, for 32-bit floats and for 8-bit weights. */
export const prices = {
  f32: horowitz("f32", "Horowitz 45 nm, 32-bit floating point", { stored: "fp32", state: "fp32" }),
  int8: horowitz("int8", "Horowitz 45 nm, 8-bit weights and activations, 32-bit accumulators and state", {
    stored: "int8",
    state: "int32",
  }),
} as const satisfies Readonly<Record<string, PriceTable>>;

/** The figure of many papers: fp32 additions for a spiking network, fp32 multiply-additions for its twin, nothing else. */
export const POPULAR = {
  acs: addition("fp32"),
  macs: multiplyAccumulation("fp32", "fp32")!,
  label:
    "the popular figure: fp32 arithmetic alone (0.9 pJ an addition, 4.6 pJ a multiply-addition, 45 nm); no memory, no neuron updates, no control, no leakage",
} as const;
