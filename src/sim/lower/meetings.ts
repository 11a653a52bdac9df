/**
 * All samples of a batch take a step together, and some of what they do needs all of them first (`stepNorms.ts`). A lowering
 * writes down what one sample does, one node after the other, and in its place what must be known of all: a meeting.
 * `inStages` then takes the nodes apart: what may come before a meeting does, what waits for one comes after it, and meetings
 * that need nothing of each other are held at once. All nodes of one stage are done by all samples before the next begins.
 */
import { writesOf } from "../../ir/kernelArguments.ts";
import { type Invoke, type Loop, loop, type Node, type Place } from "../../ir/program.ts";
import { readsOf } from "../../ir/step.ts";
import type { Context } from "./context.ts";
import { overSteps } from "./contributions.ts";

/** What is done when all samples are there. */
export interface Meeting {
  /** By each chunk, of its own samples. */
  readonly chunk: readonly Node[];
  /** By each shard for itself, when all chunks have done that. */
  readonly batch: readonly Node[];
}
const MEETING = "meeting";
/** A meeting in its place among the nodes of a sample's step. */
export const meetingNode = ({ chunk, batch }: Meeting): Node =>
  loop(MEETING, 1, [loop("chunk", 1, chunk), loop("batch", 1, batch)]);
const meetingOf = ({ body: [chunk, batch] }: Loop): Meeting => ({
  chunk: (chunk as Loop).body,
  batch: (batch as Loop).body,
});

/** Nodes of the sample at hand, if it takes the step. */
export const takingPart = (c: Context, body: readonly Node[]): Node[] => overSteps(c, body);

/** A stretch of the work that all samples have done before any goes on. */
export interface TogetherStage {
  /** By each shard, before its chunks. */
  readonly shard: readonly Node[];
  readonly chunk: readonly Node[];
}

/** A node, the loops over samples and steps that stand around it, and which of the given nodes it came from. */
interface Atom {
  readonly node: Node;
  readonly around: readonly Loop[];
  readonly origin: number;
  readonly meeting?: Meeting;
  readonly touches: ReadonlyMap<string, Touch>;
}
/** How nodes touch a buffer. */
interface Touch {
  readonly written: boolean;
  /** Whether they do no more than add to it: then no order matters but that it is always the same. */
  readonly adds: boolean;
  /** Whether all samples touch the same place. */
  readonly shared: boolean;
}

/** @param nodes of a chunk: those of its samples in loops over them */
export function inStages(nodes: readonly Node[]): TogetherStage[] {
  const atoms = nodes.flatMap((node, origin) => atomsOf(node, origin, []));
  const levels = levelsOf(atoms);
  const count = Math.max(0, ...levels) + 1;
  const ofLevel = (level: number): Atom[] => atoms.filter((_, k) => levels[k] === level);
  const meetings = (level: number): Meeting[] => ofLevel(level).flatMap((a) => a.meeting ?? []);
  return Array.from({ length: count }, (_, level) => ({
    shard: meetings(level - 1).flatMap((m) => m.batch),
    chunk: [...regrouped(ofLevel(level).filter((a) => !a.meeting)), ...meetings(level).flatMap((m) => m.chunk)],
  }));
}

const AROUND: ReadonlySet<string> = new Set(["s", "t"]);
function atomsOf(node: Node, origin: number, around: readonly Loop[]): Atom[] {
  if (node.tag === "loop" && node.name === MEETING) {
    const meeting = meetingOf(node);
    return [{ node, around: [], origin, meeting, touches: touchesOf([...meeting.chunk, ...meeting.batch]) }];
  }
  if (node.tag === "loop" && AROUND.has(node.name))
    return node.body.flatMap((inner) => atomsOf(inner, origin, [...around, node]));
  const counts = around.map((l) => ({ ...l, body: [] }));
  return [{ node, around, origin, touches: touchesOf([...counts, node]) }];
}
/** Neighbours within the same loops again in one. */
function regrouped(atoms: readonly Atom[]): Node[] {
  const inside = (depth: number, group: readonly Atom[]): Node[] => {
    const out: Node[] = [];
    for (let k = 0; k < group.length; ) {
      const around = group[k]!.around[depth];
      let end = k + 1;
      if (around) while (end < group.length && group[end]!.around[depth] === around) end++;
      const run = group.slice(k, end);
      out.push(around ? { ...around, body: inside(depth + 1, run) } : run[0]!.node);
      k = end;
    }
    return out;
  };
  return inside(0, atoms);
}

/** How many meetings each atom waits for. */
function levelsOf(atoms: readonly Atom[]): number[] {
  const pairs = conflicts(atoms);
  const levels = atoms.map(() => 0);
  const most = atoms.filter((a) => a.meeting).length;
  for (let changed = true; changed; ) {
    changed = false;
    const raise = (k: number, level: number): void => {
      if (levels[k]! >= level) return;
      if (level > most) throw new Error(`${buffersOf(atoms[k]!)}: handed over across what all samples wait for`);
      levels[k] = level;
      changed = true;
    };
    for (const { first, second, handed } of pairs) {
      raise(second, levels[first]! + Number(atoms[first]!.meeting !== undefined));
      if (handed) raise(first, levels[second]!);
    }
  }
  return levels;
}
const buffersOf = (a: Atom): string => [...a.touches.keys()].join(", ");

interface Conflict {
  readonly first: number;
  readonly second: number;
  /** Whether a sample hands something over in memory that all samples share: then the two must not be parted. */
  readonly handed: boolean;
}
function conflicts(atoms: readonly Atom[]): Conflict[] {
  const found: Conflict[] = [];
  for (let first = 0; first < atoms.length; first++)
    for (let second = first + 1; second < atoms.length; second++) {
      const [a, b] = [atoms[first]!, atoms[second]!];
      const both = collisions(a, b);
      if (both === 0) continue;
      const bySamples = a.around.length > 0 && b.around.length > 0;
      found.push({ first, second, handed: bySamples && both === 2 });
    }
  return found;
}
/** Whether two must keep their order: 0 for not, 1 for that they must, 2 where it is for the sake of what samples share. */
function collisions(a: Atom, b: Atom): 0 | 1 | 2 {
  let found: 0 | 1 | 2 = 0;
  a.touches.forEach((x, buffer) => {
    const y = b.touches.get(buffer);
    if (!y || !(x.written || y.written) || (x.adds && y.adds)) return;
    if (x.shared || y.shared) found = 2;
    else if (found === 0) found = 1;
  });
  return found;
}

function touchesOf(nodes: readonly Node[]): Map<string, Touch> {
  const found = new Map<string, Touch>();
  const touch = ({ buffer, terms }: Place, written: boolean, adds: boolean): void => {
    const x = found.get(buffer);
    const shared = terms.every((t) => t.loop !== "s");
    found.set(buffer, {
      written: written || (x?.written ?? false),
      adds: adds && (x?.adds ?? true),
      shared: shared || (x?.shared ?? false),
    });
  };
  const visit = (node: Node): void => {
    const counts = node.tag === "invoke" ? Object.values(node.counts ?? {}) : [node.count, node.from ?? 0];
    for (const count of counts) if (typeof count !== "number") touch(count, false, false);
    if (node.tag === "loop") return node.body.forEach(visit);
    const written = new Set<string>(writesOf(node.kernel));
    for (const [name, p] of Object.entries(node.args))
      touch(p, written.has(name), written.has(name) && adds(node, name));
  };
  nodes.forEach(visit);
  return found;
}
/** Whether a call only adds to what an argument names. */
function adds({ kernel }: Invoke, argument: string): boolean {
  if (kernel.kind === "perElement")
    return (
      kernel.step.stores.every((s) => s.slot !== argument || s.mode === "add" || s.mode === "sum") &&
      !readsOf(kernel.step).has(argument)
    );
  if (kernel.kind === "product") return kernel.start === "out";
  return kernel.kind === "outerRows" || kernel.kind === "foldRows";
}
