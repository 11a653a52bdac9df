/**
 * What training goes on from, as if nothing had happened: parameters, the optimiser's states, the number of updates.
 * Nothing else lives from one update to the next. Random draws are functions of seed, sample, step and update, and every
 * other number in memory is written before it is read, or never changes (padding, rows before the first step). Plain data: `structuredClone` copies it.
 */
import type { Elements, Executable } from "../backend/backend.ts";
import { RunError } from "../base/errors.ts";
import type { Program } from "../ir/program.ts";
import { OPTIMISER } from "./update.ts";

/** What a trainer goes on from. Plain data. */
export interface TrainerSnapshot {
  /** Updates done. */
  readonly updates: number;
  /** As they lie in memory, padding included. */
  readonly buffers: ReadonlyMap<string, Elements>;
}

const changing = ({ buffers }: Program): string[] =>
  buffers
    .filter((b) => b.role === "parameter" || (b.role === "state" && b.name.startsWith(OPTIMISER)))
    .map((b) => b.name);

export const copyChanging = (x: Executable, program: Program): Map<string, Elements> =>
  new Map(changing(program).map((name) => [name, x.array(name).slice()]));

/** @throws {RunError} `shape-mismatch`, and then nothing has changed */
export function writeChanging(x: Executable, program: Program, buffers: TrainerSnapshot["buffers"]): void {
  const names = changing(program);
  const unfit =
    names.find((name) => !isLike(buffers.get(name), x.array(name))) ??
    [...buffers.keys()].find((name) => !names.includes(name));
  if (unfit !== undefined) throw new RunError("shape-mismatch", "snapshot", `'${unfit}' does not fit this trainer`);
  for (const [name, values] of buffers) x.array(name).set(values);
}

const isLike = (a: Elements | undefined, b: Elements): boolean =>
  a?.length === b.length && a.BYTES_PER_ELEMENT === b.BYTES_PER_ELEMENT;
