/**
 * Operations and bytes of one kernel call. Counts that the program fixes come from it; those that data decide
 * (`events`: list entries, `synapses`) come from the run's trace, under the names that each rule asks for.
 */
import { COUNT_GROUP, COUNT_WORDS } from "../base/draws.ts";
import { quadWords } from "./blocks.ts";
import { countStep, type Item, OPERATIONS, type OperationCounts, type StepCounts, tally } from "./count.ts";
import type { Kernel, KernelKind, KernelOf } from "./program.ts";
import { type Space, slotOf } from "./step.ts";
import { BYTES, type FloatType, TYPES } from "./types.ts";
import { groupTargets, pairCount, sourceCount, targetCount, type Windows } from "./windows.ts";

/** Operations and bytes of a kernel call. */
export interface KernelCounts {
  readonly operations: OperationCounts;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}
/** How much work a call did: the counts of its invocation by name, and what only data decide. */
export type Work = Readonly<Record<string, number>>;

/** Bytes of a list entry or a position. */
const ENTRY = 4;
/** Operations of xoshiro128++ for a word (`base/xoshiro.ts`). */
const WORD = { logic: 12, add: 2 } as const;

/** `cells` multiply-adds (or bare adds) and `more` adds; what is read and written in elements of the type; list entries. */
function matrixWork(
  type: FloatType,
  {
    cells,
    more = 0,
    multiplied = true,
    read,
    entries = 0,
    written,
  }: { cells: number; more?: number; multiplied?: boolean; read: number; entries?: number; written: number },
): KernelCounts {
  const items: Item[] = [["add", type, cells + more], ...(multiplied ? [["multiply", type, cells] as const] : [])];
  return {
    operations: tally(items),
    bytesRead: read * BYTES[type] + entries * ENTRY,
    bytesWritten: written * BYTES[type],
  };
}

const RULES: { readonly [K in KernelKind]: (kernel: KernelOf<K>, need: (name: string) => number) => KernelCounts } = {
  perElement: ({ step, domain }, need) => {
    if (domain !== "list") return body(countStep(step), { element: need("n") - (domain ? need("first") : 0) });
    const events = need("events");
    const inner = body(countStep(step), { element: events });
    return { ...inner, bytesRead: inner.bytesRead + events * ENTRY };
  },
  // Each synapse reads its target (or source), if there are tables; a row's two ends are shared between neighbours. What is drawn
  // again for each spike is not read, and what it takes to draw it is not the network's own work.
  perSynapse: ({ step, full, drawn }, need) => {
    const synapses = need("synapses");
    const inner = body(countStep(step), { synapse: synapses, pre: synapses, post: synapses });
    const again = Object.keys(drawn?.numbers ?? {}).reduce((sum, name) => sum + BYTES[slotOf(step, name).type], 0);
    return { ...inner, bytesRead: inner.bytesRead + synapses * ((full || drawn ? 0 : ENTRY) - again) };
  },
  // What rows take in when they are asked for, the call for all at the end counts: each of them takes in every event once.
  lateColumns: ({ domain, step, motion, full: [sources] }, need) => {
    const events = need("events");
    if (domain === "rows") return { operations: tally([]), bytesRead: events * ENTRY, bytesWritten: 0 };
    const taken = body(countStep(step), { synapse: events * sources, pre: events * sources });
    const moved = body(countStep(motion), { element: need("steps") * sources });
    return {
      operations: summed(taken.operations, moved.operations),
      bytesRead: taken.bytesRead + moved.bytesRead + events * ENTRY,
      bytesWritten: taken.bytesWritten + moved.bytesWritten,
    };
  },
  // Of each event where its block begins and two numbers of its header; of each synapse its target and weight, and a sum.
  deliver: ({ type, narrow, weight }, need) => {
    const [events, synapses] = [need("events"), need("synapses")];
    const whole = weight === "i8" || weight === "i16";
    const items: Item[] = [["add", type, synapses], ...(whole ? [["multiply", type, synapses] as const] : [])];
    return {
      operations: tally(items),
      bytesRead: events * 4 * ENTRY + synapses * (quadWords(narrow, weight) + BYTES[type]),
      bytesWritten: synapses * BYTES[type],
    };
  },
  enlist: (_kernel, need) => ({
    operations: tally([]),
    bytesRead: need("events") * ENTRY,
    bytesWritten: need("events") * ENTRY,
  }),
  // What was put off is counted where it was noted.
  settle: () => ({ operations: tally([]), bytesRead: 0, bytesWritten: 0 }),
  // What it brings nearer is counted where it is used.
  touch: (_kernel, need) => ({ operations: tally([]), bytesRead: need("events") * 3 * ENTRY, bytesWritten: 0 }),
  gatherRows: ({ type, width, valued, init }, need) => {
    const events = need("events");
    return matrixWork(type, {
      cells: events * width,
      multiplied: valued,
      entries: events,
      written: width,
      read: events * width + (init ? width : 0) + (valued ? events : 0),
    });
  },
  product: ({ type, width, start }, need) => {
    const [rows, depth] = [need("rows"), need("depth")];
    const out = start === "out" ? rows * width : start === "init" ? width : 0;
    return matrixWork(type, {
      cells: rows * depth * width,
      read: rows * depth + depth * width + out,
      written: rows * width,
    });
  },
  rowDots: ({ type, parts, listed, accumulate, abreast }, need) => {
    const width = parts.reduce((sum, p) => sum + p.width, 0);
    const rows = need(listed ? "events" : "rows");
    const samples = abreast ? need("samples") : 1;
    const more = accumulate ? samples * rows : 0;
    const read = rows * width + samples * width + more;
    const [cells, written] = [samples * rows * width, samples * rows];
    return matrixWork(type, { cells, more, read, entries: listed ? rows : 0, written });
  },
  outerRows: ({ type, width, valued }, need) => {
    const [events, steps] = [need("events"), need("steps")];
    return matrixWork(type, {
      cells: events * width,
      multiplied: valued,
      entries: events + steps + 1,
      written: events * width,
      read: events * width + steps * width + (valued ? events : 0),
    });
  },
  // Every entry is counted, then placed; every row's count is added up.
  transposeLists: ({ type, rows, valued }, need) => {
    const [events, ends] = [need("events"), need("groups") * (need("steps") + 1)];
    const values = valued ? events * BYTES[type] : 0;
    return {
      operations: tally([["add", "u32", 2 * events + rows]]),
      bytesRead: (4 * events + ends + rows) * ENTRY + values,
      bytesWritten: (3 * events + 2 * rows + 1) * ENTRY + values,
    };
  },
  // Where weights and sums lie of a source is looked up once; of each target that it reaches a weight and a sum move.
  scatterWindows: ({ type, windows, listed, valued }, need) => {
    const [events, cells] = windowWork(windows, listed, need);
    const read = 2 * cells + (valued ? events : 0);
    return matrixWork(type, { cells, multiplied: valued, read, entries: events * lookUps(listed), written: cells });
  },
  // All errors are looked at; those that are not zero are noted. What a window sees is read and written once a position.
  scatterBack: ({ type, windows }, need) => {
    const [events, cells] = [need("events"), need("synapses")];
    const [targets, seen] = [targetCount(windows), pairCount(windows) * windows.sources];
    const work = matrixWork(type, { cells, read: cells + targets + seen, entries: 2 * events, written: seen });
    const operations = tally([
      ["add", type, cells],
      ["multiply", type, cells],
      ["compare", type, targets],
    ]);
    return { ...work, operations };
  },
  windowDots: ({ type, windows, listed, accumulate }, need) => {
    const [events, cells] = windowWork(windows, listed, need);
    const more = accumulate ? events : 0;
    return matrixWork(type, {
      cells,
      more,
      read: 2 * cells + more,
      entries: events * lookUps(listed),
      written: events,
    });
  },
  outerWindows: ({ type, windows, listed, valued }, need) => {
    const [events, cells] = windowWork(windows, listed, need);
    const read = 2 * cells + (valued ? events : 0);
    return matrixWork(type, { cells, multiplied: valued, read, entries: events * lookUps(listed), written: cells });
  },
  maxPool: ({ type, windows, indexed }) => {
    const [seen, targets] = [pairCount(windows) * windows.sources, targetCount(windows)];
    return {
      operations: tally([
        ["compare", type, seen - targets],
        ["add", type, targets],
      ]),
      bytesRead: (seen + targets) * BYTES[type],
      bytesWritten: targets * (BYTES[type] + (indexed ? ENTRY : 0)),
    };
  },
  unpool: ({ type }, need) =>
    matrixWork(type, {
      cells: need("n"),
      multiplied: false,
      read: 2 * need("n"),
      entries: need("n"),
      written: need("n"),
    }),
  pick: ({ type }, need) => ({
    operations: tally([]),
    bytesRead: need("n") * (BYTES[type] + ENTRY),
    bytesWritten: need("n") * BYTES[type],
  }),
  foldRows: ({ type, width }, need) =>
    matrixWork(type, {
      cells: need("rows") * width,
      multiplied: false,
      read: (need("rows") + 1) * width,
      written: width,
    }),
  unpackBits: (_kernel, need) => ({
    operations: tally([["logic", "u32", need("n")]]),
    bytesRead: need("n") / 8,
    bytesWritten: need("events") * ENTRY,
  }),
  // Each entry's key is looked at once a place, and once more to see who stays.
  winners: ({ type, most, parts, flagged }, need) => {
    const events = need("events");
    return {
      operations: tally([["compare", type, (most + 1) * events]]),
      bytesRead: (most + 1) * events * (ENTRY + BYTES[type]) + 2 * parts * ENTRY,
      bytesWritten: events * (flagged ? BYTES[type] : 0) + parts * ENTRY,
    };
  },
  zero: ({ type }, need) => ({ operations: tally([]), bytesRead: 0, bytesWritten: need("n") * BYTES[type] }),
  // Of each element 12 bits of a generator's word, a place in two tables and two comparisons; what it seldom takes is left out.
  drawCounts: ({ type, time }, need) => {
    const n = need("n") - need("first");
    const words = (n * COUNT_WORDS * 4) / COUNT_GROUP;
    return {
      operations: tally([
        ["logic", "u32", words * WORD.logic + 2 * n],
        ["compare", "u32", 2 * n],
        ["add", "u32", words * WORD.add + n],
        ["convert", type, n],
        ["add", type, time > 0 ? n : 0],
      ]),
      bytesRead: time > 0 ? n * BYTES[type] : 0,
      bytesWritten: n * BYTES[type],
    };
  },
  // What builds tables is no part of a run: of its work only what is moved is counted.
  drawRows: ({ law }, need) => moved(law === "counts" ? 0 : need("synapses"), law === "counts" ? need("n") : 0),
  sortRows: (_kernel, need) => ({ ...moved(need("synapses")), bytesRead: need("synapses") * ENTRY }),
  weave: (_kernel, need) => ({ ...moved(4 * need("n")), bytesRead: 4 * need("n") * ENTRY }),
  lookUp: (_kernel, need) => ({ ...moved(need("n")), bytesRead: 4 * need("n") * ENTRY }),
  fillBlocks: ({ narrow, weight }, need) => ({
    operations: tally([]),
    bytesRead: need("synapses") * 3 * ENTRY,
    bytesWritten: need("synapses") * quadWords(narrow, weight),
  }),
};
const moved = (entries: number, more = 0): KernelCounts => ({
  operations: tally([]),
  bytesRead: 0,
  bytesWritten: (entries + more) * ENTRY,
});

/** Sources, and numbers that go to or come from targets through their windows. */
function windowWork(w: Windows, listed: boolean, need: (name: string) => number): [events: number, cells: number] {
  if (listed) return [need("events"), need("synapses")];
  return [sourceCount(w), pairCount(w) * w.sources * groupTargets(w)];
}
/** List entry, and count, position and place along two dimensions. */
const lookUps = (listed: boolean): number => (listed ? 7 : 6);

/**
 * Operations and bytes of a call that did so much work.
 *
 * @throws Error naming the count that is missing
 */
export function countKernel(kernel: Kernel, work: Work): KernelCounts {
  const need = (name: string): number => {
    const n = work[name];
    if (n === undefined) throw new Error(`count of ${kernel.kind}: how many '${name}'?`);
    return n;
  };
  return (RULES[kernel.kind] as (k: Kernel, need: (name: string) => number) => KernelCounts)(kernel, need);
}

const summed = (a: OperationCounts, b: OperationCounts): OperationCounts =>
  tally([a, b].flatMap((x) => OPERATIONS.flatMap((o) => TYPES.map((t): Item => [o, t, x[o][t]]))));
/** A body run over so many elements or synapses; uniform values move once. */
function body(counts: StepCounts, times: Partial<Record<Space, number>>): KernelCounts {
  const runs = times.element ?? times.synapse ?? 0;
  const items = OPERATIONS.flatMap((o) =>
    TYPES.map((t): Item => [o, t, runs * counts.operations[o][t] + counts.once[o][t]]),
  );
  const moved = (bytes: StepCounts["read"]): number =>
    Object.entries({ ...times, uniform: 1 }).reduce((sum, [space, n]) => sum + n * bytes[space as Space], 0);
  return { operations: tally(items), bytesRead: moved(counts.read), bytesWritten: moved(counts.written) };
}
