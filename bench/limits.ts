/** What the work of a run must take at least on this machine, phase by phase. */
import type { MachineLimits } from "../src/backend/wasm/limits.ts";
import { short, whole } from "../src/report/numbers.ts";
import { table } from "../src/report/terminal/layout.ts";
import type { ParameterLayout } from "../src/sim/lower/parameters.ts";
import { limitOf, limitRuns } from "./machine.ts";
import { type MeasureOptions, measure, type Run } from "./measure.ts";
import type { CallWork } from "./work.ts";

/** What bounds a kernel; copies are far larger than anything that a kernel works on. */
export type KernelLimits = Pick<MachineLimits, "mulAdd" | "loadAdd">;

/** Times candidates and this machine's limits in turns. */
export async function measureBeside<Name extends string>(
  candidates: Readonly<Record<Name, Run>>,
  options?: MeasureOptions,
): Promise<{ seconds: Record<Name, number[]>; limits: KernelLimits }> {
  const { mulAdd, loadAdd } = await limitRuns();
  const seconds = await measure<Name | keyof KernelLimits>({ ...candidates, mulAdd, loadAdd }, options);
  const limits = { mulAdd: limitOf("mulAdd", seconds.mulAdd), loadAdd: limitOf("loadAdd", seconds.loadAdd) };
  return { seconds, limits };
}

/** Calls of one kernel on the same weights. */
export interface Phase {
  readonly name: string;
  readonly calls: number;
  readonly events: number;
  readonly operations: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** s that one thread needs at least. */
  readonly least: number;
}

/**
 * One thread does no more arithmetic than `mulAdd` operations, and no more 16-byte loads than `loadAdd` feeds to additions
 * of four floats; both may happen at once. Neither stores nor cache misses are in it, so it is a lower bound of the
 * program as compiled: another program for the same mathematics may need less.
 */
const leastSeconds = (
  { operations, bytesRead }: Pick<Phase, "operations" | "bytesRead">,
  limits: KernelLimits,
): number => Math.max(operations / limits.mulAdd, bytesRead / 4 / limits.loadAdd) / 1e9;

/** Calls that ran, with those of one name put together, in the order of the program. */
export function phasesOf(work: readonly CallWork[], layout: ParameterLayout, limits: KernelLimits): Phase[] {
  const phases = new Map<string, Phase>();
  for (const w of work) {
    if (w.calls === 0) continue;
    const name = nameOf(w, layout);
    const before = phases.get(name);
    const sum = (key: "calls" | "events" | "operations" | "bytesRead" | "bytesWritten"): number =>
      w[key] + (before?.[key] ?? 0);
    const amounts = { operations: sum("operations"), bytesRead: sum("bytesRead"), bytesWritten: sum("bytesWritten") };
    const least = (before?.least ?? 0) + leastSeconds(w, limits);
    phases.set(name, { name, calls: sum("calls"), events: sum("events"), ...amounts, least });
  }
  return [...phases.values()];
}

/** The kernel, and the weights it reads or whose gradients it writes. */
function nameOf({ region, kernel, args }: CallWork, { blocks }: ParameterLayout): string {
  const weights = Object.values(args).find((p) => p.buffer === "parameters" || p.buffer === "gradients");
  const block = [...blocks.values()].find((b) => weights && b.offset === weights.offset);
  const label = "step" in kernel ? kernel.step.name : kernel.kind;
  return `${region === "update" ? "update " : ""}${label}${block && region !== "update" ? ` ${block.name}` : ""}`;
}

export const leastOf = (phases: readonly Phase[]): number => phases.reduce((sum, p) => sum + p.least, 0);

const mega = (n: number): string => short(n / 1e6);
export function phaseTable(title: string, phases: readonly Phase[]): string {
  const row = (p: Omit<Phase, "calls"> & { readonly calls?: number }): string[] => [
    p.name,
    p.calls === undefined ? "" : whole(p.calls),
    whole(p.events),
    ...[p.operations, p.bytesRead, p.bytesWritten].map(mega),
    short(1e3 * p.least),
  ];
  const total = (key: "events" | "operations" | "bytesRead" | "bytesWritten" | "least"): number =>
    phases.reduce((sum, p) => sum + p[key], 0);
  const all = {
    name: "all",
    events: total("events"),
    operations: total("operations"),
    bytesRead: total("bytesRead"),
    bytesWritten: total("bytesWritten"),
    least: total("least"),
  };
  const head = [title, "calls", "events", "Mop", "MB read", "MB written", "least, ms"];
  return table([head, ...phases.filter((p) => p.operations + p.bytesWritten > 0).map(row), row(all)]);
}
