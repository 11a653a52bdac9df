/**
 * How many synapses the events of a call have: it is counted how often each source (or target) was an event, and that times
 * the length of its line, which the tables tell, is exact whatever the run does.
 */
import type { Executable } from "../src/backend/backend.ts";
import { blockAt, headerWords, headWords, QUAD, quadWords } from "../src/ir/blocks.ts";
import { compare, constant, convert, f64, read } from "../src/ir/expr.ts";
import { LISTED } from "../src/ir/kernelArguments.ts";
import {
  type Invoke,
  invoke,
  type Kernel,
  type KernelOf,
  type Node,
  type Place,
  type Program,
} from "../src/ir/program.ts";
import type { Step } from "../src/ir/step.ts";
import type { FloatType } from "../src/ir/types.ts";
import { groupSources, groupTargets, reachCount, sightsOf, sourceCount, targetCount } from "../src/ir/windows.ts";

/** Rows of sources, or columns of targets. */
export interface Lines {
  /** How many may be events. */
  readonly count: number;
  /** Calls that each event has, each with a part of its line. */
  readonly parts: number;
}

/** Lines of the call; nothing where it has no synapses. @throws Error for synapses that are drawn for each event */
export function linesOf({ kernel, args, counts = {} }: Invoke, { buffers }: Program): Lines | undefined {
  const length = (p: Place): number => buffers.find((b) => b.name === p.buffer)!.length;
  if (kernel.kind === "scatterBack") return { count: targetCount(kernel.windows), parts: 1 };
  if (isThroughWindows(kernel)) return kernel.listed ? { count: sourceCount(kernel.windows), parts: 1 } : undefined;
  if (kernel.kind === "deliver")
    return { count: length(args.heads!) / headWords(kernel) / kernel.parts, parts: kernel.parts };
  if (kernel.kind !== "perSynapse") return undefined;
  const { domain, full, drawn } = kernel;
  if (drawn) throw new Error("synapses that are drawn for each event cannot be counted yet");
  if (domain === "columns") return { count: full ? full[1] : length(args.columnStart!) - 1, parts: 1 };
  // Parts of full rows are told by a table of where each begins.
  if (full) return { count: full[0], parts: typeof counts.first === "object" ? length(counts.first) - 1 : 1 };
  const { parts = 1 } = kernel;
  return { count: (length(args.rowStart!) - 1) / parts, parts };
}

/** Sources of windows reach targets, fewer near a border. */
const isThroughWindows = (k: Kernel): k is KernelOf<"scatterWindows" | "windowDots" | "outerWindows"> =>
  k.kind === "scatterWindows" || k.kind === "windowDots" || k.kind === "outerWindows";

/** `visits += 1` */
const once: Step = {
  name: "bench.visit",
  slots: [{ name: "visits", type: "f64", space: "element" }],
  stores: [{ slot: "visits", mode: "add", value: f64(1) }],
};
/** `visits += (a is not zero)` */
const notZero = (type: FloatType): Step => ({
  name: "bench.error",
  slots: [
    { name: "a", type, space: "element" },
    { name: "visits", type: "f64", space: "element" },
  ],
  stores: [{ slot: "visits", mode: "add", value: convert("f64", compare("ne", read(type, "a"), constant(type, 0))) }],
});
/** Counts the events of a call, line by line; or the call itself for every line, where it goes through all of them. */
export function visit({ kernel, args, counts = {} }: Invoke, { count }: Lines, visits: Place): Node {
  if (kernel.kind === "scatterBack")
    return invoke({ kind: "perElement", step: notZero(kernel.type) }, { a: args.a!, visits }, { n: count });
  const { from, to } = counts;
  if (from === undefined || to === undefined)
    return invoke({ kind: "perElement", step: once }, { visits }, { n: count });
  return invoke({ kind: "perElement", step: once, domain: "list" }, { visits, [LISTED]: args.list! }, { from, to });
}

/** Synapses that the calls have gone through. */
export function synapsesOf(call: Invoke, { parts }: Lines, visits: ArrayLike<number>, x: Executable): number {
  const length = lengthsOf(call, parts, x);
  let sum = 0;
  for (let k = 0; k < visits.length; k++) if (visits[k]! > 0) sum += visits[k]! * length(k);
  return sum / parts;
}

/** Of each line how many synapses it has, of all parts. */
function lengthsOf({ kernel, args, counts }: Invoke, parts: number, x: Executable): (line: number) => number {
  if (kernel.kind === "scatterBack") {
    const { windows } = kernel;
    return (target) => sightsOf(windows, target).length * groupSources(windows);
  }
  if (isThroughWindows(kernel)) {
    const { windows } = kernel;
    return (source) => reachCount(windows, source) * groupTargets(windows);
  }
  if (kernel.kind === "deliver") return inBlocks(kernel, args, counts!.at as Place, x);
  if (kernel.kind !== "perSynapse") throw new Error(`${kernel.kind} has no synapses`);
  if (kernel.full) {
    const [sources, targets] = kernel.full;
    return () => (kernel.domain === "columns" ? sources : targets);
  }
  const starts = x.array((kernel.domain === "columns" ? args.columnStart : args.rowStart)!.buffer);
  return (k) => starts[(k + 1) * parts]! - starts[k * parts]!;
}

/** Those of one group of delays, without what fills segments up. */
function inBlocks(
  kernel: KernelOf<"deliver">,
  args: Invoke["args"],
  at: Place | number,
  x: Executable,
): (line: number) => number {
  const { narrow, group, cells, parts, weight } = kernel;
  const words = x.array(args.rows!.buffer) as Uint32Array;
  const half = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);
  const heads = x.array(args.heads!.buffer);
  const which = typeof at === "number" ? at : x.array(at.buffer)[at.offset]!;
  const [first, next] = narrow ? [which * group, (which + 1) * group] : [which, which + 1];
  const size = quadWords(narrow, weight);
  const isFilling = (cell: number): boolean => cell >= cells - QUAD && cell < cells;
  const inBlock = (block: number): number => {
    const quadAt = (k: number): number => (narrow ? half[2 * block + k]! : words[block + k]!);
    const head = block + headerWords(kernel);
    let count = 0;
    for (let k = QUAD * quadAt(first); k < QUAD * quadAt(next); k++) {
      const word = head + Math.floor(k / QUAD) * size;
      const cell = narrow ? half[2 * word + (k % QUAD)]! : words[word + (k % QUAD)]!;
      if (!isFilling(cell)) count++;
    }
    return count;
  };
  return (line) => {
    let sum = 0;
    for (let p = 0; p < parts; p++) sum += inBlock(blockAt(kernel, heads, (line * parts + p) * headWords(kernel)));
    return sum;
  };
}
