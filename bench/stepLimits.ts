/**
 * What a simulation must take at least on this machine: the steps of its neurons, and the events of its synapses, from what
 * its program was counted to do (`work.ts`). What the host does (drawing input spikes, keeping records) is not in it.
 */
import type { LimitName } from "../src/backend/wasm/limits.ts";
import { quadWords } from "../src/ir/blocks.ts";
import { countStep, OPERATIONS, type Operation } from "../src/ir/count.ts";
import type { Program } from "../src/ir/program.ts";
import { BYTES, TYPES } from "../src/ir/types.ts";
import type { CallWork } from "./work.ts";

export const LIMITS = ["mulAdd", "divide", "update", "scatter", "copy"] as const satisfies readonly LimitName[];
export type Limits = Readonly<Record<(typeof LIMITS)[number], number>>;

/** What some calls do together. */
export interface Amount {
  /** Synapses of all events. */
  readonly events: number;
  readonly operations: Readonly<Record<Operation, number>>;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** s that one thread needs at least. */
  readonly least: number;
}
export interface RunWork {
  readonly neurons: Amount;
  readonly synapses: Amount;
}

export function runWork(work: readonly CallWork[], program: Program, limits: Limits): RunWork {
  const done = work.filter((w) => w.calls > 0);
  const amount = (of: readonly CallWork[]): Amount => amountOf(of, program, limits);
  return {
    neurons: amount(done.filter((w) => !isSynaptic(w))),
    synapses: amount(done.filter(isSynaptic)),
  };
}
const isSynaptic = ({ kernel: { kind } }: CallWork): boolean =>
  kind === "perSynapse" || kind === "deliver" || kind === "lateColumns";

function amountOf(work: readonly CallWork[], program: Program, limits: Limits): Amount {
  const sum = (of: (w: CallWork) => number): number => work.reduce((n, w) => n + of(w), 0);
  const counted = OPERATIONS.map((o) => [o, sum((w) => TYPES.reduce((n, t) => n + w.each[o][t], 0))]);
  return {
    events: sum((w) => w.synapses),
    operations: Object.fromEntries(counted) as Record<Operation, number>,
    bytesRead: sum((w) => w.bytesRead),
    bytesWritten: sum((w) => w.bytesWritten),
    least: sum((w) => leastSeconds(w, program, limits)),
  };
}

/** Tables larger than that lie in memory, whatever the caches. */
const LARGE = 32 * 2 ** 20;

/**
 * Of one thread, which may do all of these at once: arithmetic at the rate of multiplications and additions in registers (of
 * vectors of 16 bytes, so f64 at half the rate), divisions at theirs, loads and stores as if all lay in the first-level cache,
 * additions at listed addresses, one a synapse, and tables that no cache holds as fast as memory is copied. A lower bound of
 * the program as compiled: another program for the same mathematics may need less.
 */
function leastSeconds(w: CallWork, program: Program, limits: Limits): number {
  const f32s = (operations: readonly Operation[]): number =>
    operations.reduce((n, o) => n + TYPES.reduce((m, t) => m + (w.each[o][t] * BYTES[t]) / 4, 0), 0);
  return (
    Math.max(
      f32s(OPERATIONS) / limits.mulAdd,
      f32s(["divide"]) / limits.divide,
      (w.bytesRead + w.bytesWritten) / limits.update,
      isScattered(w) ? w.synapses / limits.scatter : 0,
      tableBytes(w, program) > LARGE ? (w.synapses * bytesASynapse(w)) / limits.copy : 0,
    ) / 1e9
  );
}

/** Whether each synapse stores at a place of its own: targets of a row of all targets are neighbours. */
function isScattered({ kernel }: CallWork): boolean {
  if (kernel.kind === "deliver") return true;
  if (kernel.kind !== "perSynapse" || kernel.full) return false;
  const far = new Set(kernel.step.slots.filter((s) => s.space === farEnd(kernel.domain)).map((s) => s.name));
  return kernel.domain === "columns" || kernel.step.stores.some((s) => far.has(s.slot));
}
const farEnd = (domain: "all" | "rows" | "columns"): "pre" | "post" => (domain === "columns" ? "pre" : "post");

/** Read of tables for each synapse. */
function bytesASynapse({ kernel }: CallWork): number {
  if (kernel.kind === "deliver") return quadWords(kernel.narrow, kernel.weight);
  if (kernel.kind !== "perSynapse") return 0;
  return countStep(kernel.step).read.synapse + (kernel.full || kernel.drawn ? 0 : 4);
}

/** Of the tables that have an entry for each synapse. */
function tableBytes({ kernel, args }: CallWork, { buffers }: Program): number {
  const own =
    kernel.kind === "perSynapse"
      ? [
          "target",
          "source",
          "columnSynapse",
          ...kernel.step.slots.filter((s) => s.space === "synapse").map((s) => s.name),
        ]
      : ["rows"];
  const names = new Set(own.flatMap((name) => args[name]?.buffer ?? []));
  return buffers.reduce((sum, b) => (names.has(b.name) ? sum + b.length * BYTES[b.type] : sum), 0);
}

const GIGA = 1e9;
/** As a row of counts. */
export function countsOf({ neurons, synapses }: RunWork): Record<string, number> {
  const of = (what: string, { operations: o, bytesRead, bytesWritten, least }: Amount): Record<string, number> => ({
    [`${what}: add, G`]: o.add / GIGA,
    [`${what}: multiply, G`]: o.multiply / GIGA,
    [`${what}: divide, G`]: o.divide / GIGA,
    [`${what}: other, G`]: (o.compare + o.logic + o.select + o.convert + o.special) / GIGA,
    [`${what}: read, GB`]: bytesRead / GIGA,
    [`${what}: written, GB`]: bytesWritten / GIGA,
    [`${what}: least, s`]: least,
  });
  return { "synaptic events, G": synapses.events / GIGA, ...of("neurons", neurons), ...of("synapses", synapses) };
}
