/** What an engine needs to go on later, or elsewhere, as if nothing had happened. Plain data: `structuredClone` copies it. */
import type { Elements, Executable } from "../backend/backend.ts";
import { RunError } from "../base/errors.ts";
import type { State as DigestState } from "../base/hash.ts";
import type { Program, Role } from "../ir/program.ts";
import type { PendingEvents } from "./eventQueue.ts";
import type { Lowered } from "./lower/lower.ts";

/** A copy of everything that changes in an engine. Plain data. */
export interface Snapshot {
  readonly step: number;
  readonly buffers: ReadonlyMap<string, Elements>;
  /** Delayed input spikes that have not arrived yet, by signal. */
  readonly pending: ReadonlyMap<string, PendingEvents>;
  readonly digest: DigestState;
}

const CHANGING: ReadonlySet<Role> = new Set(["state", "work", "parameter"]);

/** Buffers whose contents matter to later steps; values that the host gave are among them, because they may be delayed. */
function changing({ sources, net }: Lowered, { buffers }: Program): string[] {
  const given = new Set([...sources.values.values()].filter((v) => v.node in net.inputs).map((v) => v.name));
  return buffers.filter((b) => CHANGING.has(b.role) || given.has(b.name)).map((b) => b.name);
}

export const copyBuffers = (x: Executable, l: Lowered, program: Program): Map<string, Elements> =>
  new Map(changing(l, program).map((name) => [name, x.array(name).slice()]));

export function restoreBuffers(x: Executable, l: Lowered, program: Program, { buffers, pending }: Snapshot): void {
  const names = changing(l, program);
  const fits = (name: string): boolean => buffers.get(name)?.length === x.array(name).length;
  const unfit = names.find((name) => !fits(name)) ?? [...buffers.keys()].find((name) => !names.includes(name));
  const missing = [...l.sources.inputSpikes.values()].find((s) => !pending.has(s.name))?.name;
  if (unfit !== undefined || missing !== undefined)
    throw new RunError("shape-mismatch", "snapshot", `'${unfit ?? missing}' does not fit this engine`);
  for (const [name, values] of buffers) x.array(name).set(values);
}
