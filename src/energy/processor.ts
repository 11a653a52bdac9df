/**
 * A processor as Horowitz sketches one at 45 nm: beside adders and multipliers, every instruction is fetched, decoded and
 * controlled (70 pJ, of which 25 pJ are the cache of instructions and 6 pJ the register file), and every operand comes
 * from a level of the memory. What his table leaves out is derived here and says so: caches beyond 1 MB, and division.
 *
 * @see Horowitz 2014, ISSCC, figure 1.1.9
 */
import type { Counts } from "./counts.ts";
import {
  addition,
  DRAM,
  exactly,
  mapRange,
  multiplication,
  multiplyAccumulation,
  type Price,
  type Range,
  sram64,
} from "./horowitz.ts";
import type { Component, PriceTable, Pricing } from "./prices.ts";

const KB = 1024;
/** Where data of a processor lie, by their size. */
export type MemoryLevel = "L1" | "L2" | "L3" | "DRAM";
interface Level {
  readonly name: MemoryLevel;
  /** Data up to so many bytes live here. */
  readonly bytes: number;
  /** pJ for 64 bits. */
  readonly access: Range;
  readonly grade: Price["grade"];
}
/** Sizes are those of common server cores; energies are the table's at 32 KB and 1 MB, and grow with the root of the size. */
export const LEVELS: readonly Level[] = [
  { name: "L1", bytes: 32 * KB, access: exactly(sram64(32 * KB)), grade: "analytic" },
  { name: "L2", bytes: 1024 * KB, access: exactly(sram64(1024 * KB)), grade: "analytic" },
  { name: "L3", bytes: 32 * 1024 * KB, access: exactly(sram64(32 * 1024 * KB)), grade: "derived" },
  { name: "DRAM", bytes: Infinity, access: DRAM, grade: "analytic" },
];
const levelOf = (bytes: number): Level => LEVELS.find((level) => bytes <= level.bytes)!;

/** pJ; shared by 16 numbers of 32 bits, by 4 (the vectors of WebAssembly), or borne by one. */
const INSTRUCTION = 70;
const LANES: Range = { low: 16, typical: 4, high: 1 };
const overhead = (): Range => mapRange(LANES, (lanes) => INSTRUCTION / lanes);

/** A division takes as much as 7.1 multiplications, measured on a Cortex-M4F. */
const DIVISION = 7.1 * 3.7;

const SOURCE = "Horowitz 2014, ISSCC, figure 1.1.9";
const facts = {
  unit: "pJ",
  process: "45 nm",
  voltage: 0.9,
  excludes: "stalls, speculation, leakage, cores that idle",
} as const satisfies Partial<Price>;

const sum = (a: Range, b: Range): Range => ({
  low: a.low + b.low,
  typical: a.typical + b.typical,
  high: a.high + b.high,
});

/** An operation by an instruction: its unit, and its share of what every instruction costs. */
function instruction(price: Price): Pricing {
  const cost: Price = {
    ...facts,
    value: sum(price.value, overhead()),
    includes: `${price.includes}, and the instruction (${INSTRUCTION} pJ, for 16, 4 or 1 numbers)`,
    grade: price.grade,
    source: price.source,
  };
  return { component: "arithmetic", price: () => cost };
}

const division: Price = {
  ...facts,
  value: exactly(DIVISION),
  includes: "one fp32 division or root",
  grade: "derived",
  source: `${SOURCE}, times 7.1 for a division against a multiplication, measured on a Cortex-M4F (PMC8934428, table 3)`,
};

const NUMBER_BITS = 32;
const bytesOf = (count: number): number => (count * NUMBER_BITS) / 8;

/** All data share the caches: at worst each access goes where all of them fit, and is a whole one. */
function access(component: Component, count: "parameterCount" | "stateCount" | "bufferCount"): Pricing {
  return {
    component,
    price: ({ total }: Counts) => {
      const own = levelOf(bytesOf(total[count]));
      const all = levelOf(bytesOf(total.parameterCount + total.stateCount + total.bufferCount));
      const share = NUMBER_BITS / 64;
      const value = { low: own.access.low * share, typical: own.access.typical * share, high: all.access.high };
      return {
        ...facts,
        value: sum(value, overhead()),
        includes: `one 32-bit access to ${own.name}, its share of 64 bits (high: a whole one to ${all.name}), and the instruction (${INSTRUCTION} pJ, for 16, 4 or 1 numbers)`,
        grade: own.grade === "derived" || all.grade === "derived" ? "derived" : "analytic",
        source: `${SOURCE}; sizes of levels, and the root of the size beyond 1 MB, are ours`,
      };
    },
  };
}

const states = access("stateMemory", "stateCount");
const buffers = access("activationMemory", "bufferCount");

/** Price table of a processor at 45 nm, instructions included. */
export const processor: PriceTable = {
  name: "processor",
  title: "a processor at 45 nm, 32-bit floating point",
  family: "processor at 45 nm",
  lines: {
    macs: instruction(multiplyAccumulation("fp32", "fp32")!),
    acs: instruction(addition("fp32")),
    additions: instruction(addition("fp32")),
    multiplications: instruction(multiplication("fp32")!),
    otherOperations: instruction(division),
    weightReads: access("weightMemory", "parameterCount"),
    stateReads: states,
    stateWrites: states,
    activationReads: buffers,
    activationWrites: buffers,
    eventReads: buffers,
    eventWrites: buffers,
    synapticEvents: { includedIn: "acs, weightReads, stateReads and stateWrites" },
    neuronUpdates: { includedIn: "additions, multiplications, otherOperations, stateReads and stateWrites" },
    seconds: { unpriced: "the table has no static power: measure it" },
  },
  excludes: ["leakage and whatever idles", "stalls and speculation", "selections and conversions", "loops"],
};
