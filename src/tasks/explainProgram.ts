/** A program as it was compiled: its text, its memory by role, and the work of each kernel call. */
import { OPERATIONS, type Operation, type OperationCounts } from "../ir/count.ts";
import { countKernel, type Work } from "../ir/countKernel.ts";
import { printProgram } from "../ir/print.ts";
import { type Count, type Invoke, invocations, type Loop, type Program } from "../ir/program.ts";
import { BYTES, TYPES } from "../ir/types.ts";
import type { Network } from "../model/network.ts";
import { whole } from "../report/numbers.ts";
import { type Row, table, wrap } from "../report/terminal/layout.ts";
import { type Context, SAMPLE_STEPS, SEGMENT, SEGMENT_STEPS } from "../sim/lower/context.ts";
import { SEGMENT_START } from "../sim/lower/segments.ts";
import type { Input } from "./batches.ts";
import type { Training } from "./task.ts";

export interface Compiled {
  readonly name: string;
  readonly program: Program;
  readonly wat: string;
  readonly context: Context;
}

/** As much of how a network is trained as its program depends on. */
export type HowTrained = Pick<Training, "rate" | "surrogate" | "algorithm">;

/** A network, the programs it becomes, and how it learns where that is known. */
export interface Explained {
  readonly from: string;
  readonly net: Network;
  readonly encoder: Input;
  readonly training?: HowTrained;
  readonly programs: readonly Compiled[];
}

export interface MemoryLine {
  readonly name: string;
  readonly role: string;
  readonly type: string;
  readonly length: number;
  readonly bytes: number;
}
/** One kernel call of a program. */
export interface CallWork {
  readonly region: string;
  readonly kernel: string;
  /** The loops around it: it runs once a turn of the last. */
  readonly once: string;
  /** Data decide how many entries of a list it works through; the numbers are those of one. */
  readonly eachEvent: boolean;
  readonly additions: number;
  readonly multiplications: number;
  readonly otherOperations: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export const compiledDocument = (c: Compiled) => ({
  program: printProgram(c.program),
  wat: c.wat,
  memory: memoryPlan(c.program),
  time: timePlan(c),
  work: workOf(c),
  step: stepWork(workOf(c)),
});

export function compiledText(c: Compiled): string[] {
  return [
    `=== ${c.name}: program (buffers, then regions of loops with their kernels as IR)`,
    printProgram(c.program),
    `=== ${c.name}: memory plan, bytes by role`,
    ...timeText(c),
    memoryTable(c.program),
    [`=== ${c.name}: work of each kernel call`, wrap(WORK_NOTE)].join("\n"),
    workTable(workOf(c)),
    wrap(stepText(workOf(c))),
    `=== ${c.name}: kernels as WebAssembly text`,
    c.wat.trimEnd(),
  ];
}

export const memoryPlan = ({ buffers }: Program): MemoryLine[] =>
  buffers.map(({ name, role, type, length }) => ({ name, role, type, length, bytes: length * BYTES[type] }));

export interface TimePlan {
  readonly steps: number;
  /** Steps that rows are kept of at a time. */
  readonly segment: number;
  readonly segments: number;
  /** Of what segments start from, copied for each of them. */
  readonly startBytes: number;
}
export function timePlan({ context: c, program }: Compiled): TimePlan {
  const starts = memoryPlan(program).filter((m) => m.name.endsWith(SEGMENT_START));
  const startBytes = starts.reduce((sum, m) => sum + m.bytes, 0);
  return { steps: c.options.steps, segment: c.stepsKept, segments: c.segments, startBytes };
}
function timeText(c: Compiled): string[] {
  const { steps, segment, segments, startBytes } = timePlan(c);
  if (segments === 1) return [];
  const starts = startBytes > 0 ? `what they start from is kept in ${whole(startBytes)} bytes` : "errors end there";
  return [wrap(`${steps} steps are run in ${segments} segments of at most ${segment}; ${starts}.`)];
}

function memoryTable(program: Program): string {
  const roles = new Map<string, { buffers: number; bytes: number }>();
  for (const { role, bytes } of memoryPlan(program)) {
    const { buffers, bytes: before } = roles.get(role) ?? { buffers: 0, bytes: 0 };
    roles.set(role, { buffers: buffers + 1, bytes: before + bytes });
  }
  const total = [...roles.values()].reduce((sum, r) => sum + r.bytes, 0);
  const lines = [...roles].map(([role, r]): Row => [role, whole(r.buffers), whole(r.bytes)]);
  return table([["role", "buffers", "bytes"], ...lines, ["all", whole(program.buffers.length), whole(total)]]);
}

/** The samples and steps of the programs shown, where a count is read from memory. */
function numberOf(count: Count, { context }: Compiled): number {
  if (typeof count === "number") return count;
  const { samples, steps } = context.options;
  if (count.buffer === SAMPLE_STEPS) return steps;
  if (count.buffer === SEGMENT_STEPS) return context.stepsKept;
  if (count.buffer === "chunk.samples") return samples;
  return count.buffer === "chunk.rows" ? samples * steps : 1;
}

/** Lists that the data fill are counted for one entry. */
function workIn({ counts = {} }: Invoke, c: Compiled): Work {
  const known = Object.entries(counts).map(([name, count]) => [name, numberOf(count, c)] as const);
  return { events: 1, synapses: 1, ...Object.fromEntries(known) };
}
const LISTED: ReadonlySet<string> = new Set([
  "deliver",
  "enlist",
  "gatherRows",
  "outerRows",
  "perSynapse",
  "touch",
  "transposeLists",
]);
const isListed = ({ kernel }: Invoke): boolean => LISTED.has(kernel.kind) || ("listed" in kernel && kernel.listed);

const LOOPS: Readonly<Record<string, string>> = { chunk: "chunk", [SEGMENT]: "segment", s: "sample", t: "step" };
const turnOf = (loops: readonly Loop[]): string => {
  const name = loops.at(-1)?.name;
  return name === undefined ? "run" : (LOOPS[name] ?? name);
};

export function workOf(c: Compiled): CallWork[] {
  return c.program.regions.flatMap((region) =>
    [...invocations(region.body)].map(({ call, loops }): CallWork => {
      const { operations, bytesRead, bytesWritten } = countKernel(call.kernel, workIn(call, c));
      const [additions, multiplications] = [numbers(operations, "add"), numbers(operations, "multiply")];
      const all = OPERATIONS.reduce((sum, o) => sum + numbers(operations, o), 0);
      const kernel = "step" in call.kernel ? call.kernel.step.name : call.kernel.kind;
      const otherOperations = all - additions - multiplications;
      const counted = { additions, multiplications, otherOperations, bytesRead, bytesWritten };
      return { region: region.name, kernel, once: turnOf(loops), eachEvent: isListed(call), ...counted };
    }),
  );
}
const numbers = (operations: OperationCounts, o: Operation): number =>
  TYPES.reduce((sum, type) => sum + operations[o][type], 0);

type Amounts = Omit<CallWork, "region" | "kernel" | "once" | "eachEvent">;
/** What a step of one sample always does; lists come on top, event by event. */
export function stepWork(work: readonly CallWork[]): Amounts {
  const fixed = work.filter((w) => w.once === "step" && !w.eachEvent);
  const sum = (key: keyof Amounts): number => fixed.reduce((n, w) => n + w[key], 0);
  return {
    additions: sum("additions"),
    multiplications: sum("multiplications"),
    otherOperations: sum("otherOperations"),
    bytesRead: sum("bytesRead"),
    bytesWritten: sum("bytesWritten"),
  };
}
function stepText(work: readonly CallWork[]): string {
  const w = stepWork(work);
  const operations = `${whole(w.additions)} additions, ${whole(w.multiplications)} multiplications and ${whole(w.otherOperations)} others`;
  return `A step of one sample, lists apart: ${operations}; ${whole(w.bytesRead)} bytes read, ${whole(w.bytesWritten)} written.`;
}

const WORK_NOTE =
  "Once a run, a chunk of samples, a sample or a step; where a list decides (each event), the numbers are those of one " +
  "entry, with what the call does besides.";

function workTable(work: readonly CallWork[]): string {
  const lines = work.map(
    (w): Row => [
      w.kernel,
      `${w.once}${w.eachEvent ? ", event" : ""}`,
      ...[w.additions, w.multiplications, w.otherOperations, w.bytesRead, w.bytesWritten].map(whole),
    ],
  );
  return table([["kernel", "once a", "add", "mul", "other", "read, B", "written, B"], ...lines]);
}
