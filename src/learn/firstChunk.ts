/**
 * Gradients of rows that the first chunk of a shard writes, where it would else add to zeros that were written before: what is
 * summed in registers, row by row, once a chunk, needs no zeros to begin with.
 */
import {
  along,
  type Invoke,
  invocations,
  invoke,
  type Loop,
  loop,
  type Node,
  type Place,
  place,
} from "../ir/program.ts";
import type { Context } from "../sim/lower/context.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { GRADIENTS } from "./windowGradients.ts";

/** Host-provided flags: whether a chunk is the first of its shard, or not; whether a shard has none. */
export const FIRST_CHUNK = "chunk.isFirst";
export const LATER_CHUNK = "chunk.isLater";
export const IDLE_SHARD = "shard.isIdle";

/** Elements of the gradients. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** @param start what a shard does before its chunks, the clearing of all gradients among it */
export function firstChunkWrites(
  start: readonly Node[],
  chunk: readonly Node[],
  { context: c, parameters }: Lowered,
): { start: Node[]; chunk: Node[] } {
  const rows = chunk.flatMap((node) => {
    const stretch = stretchOf(node);
    return stretch && isAlone(stretch, chunk) ? [{ node, stretch }] : [];
  });
  if (rows.length === 0) return { start: [...start], chunk: [...chunk] };
  const written = new Set(rows.map((r) => r.node));
  const stretches = rows.map((r) => r.stretch).sort((a, b) => a.from - b.from);
  const idle = place(c.buffer(IDLE_SHARD, "i32", c.options.shards, "argument"), 0, along("shard", 1));
  const clear = [
    ...between(stretches, parameters.learnedLength).map((s) => cleared(s, c)),
    loop(
      "idle",
      idle,
      stretches.map((s) => cleared(s, c)),
    ), // a shard without a chunk has gradients of zero
  ];
  return {
    start: start.flatMap((node) => (isClear(node) ? clear : [node])),
    chunk: chunk.flatMap((node) => (written.has(node) ? eitherWay(node as Loop, c) : [node])),
  };
}

/** What a loop over the rows of a gradient adds to, each row once. */
function stretchOf(node: Node): Stretch | undefined {
  if (node.tag !== "loop" || node.name !== "row" || typeof node.count !== "number" || node.from !== undefined)
    return undefined;
  const [call] = node.body;
  if (node.body.length !== 1 || call?.tag !== "invoke" || call.kernel.kind !== "gatherRows") return undefined;
  const { out, init } = call.args as { out: Place; init?: Place };
  const { width } = call.kernel;
  const [row, other] = out.terms;
  const lies = out.buffer === GRADIENTS && row?.loop === "row" && row.stride === width && !row.modulo && !other;
  if (!lies || !init || JSON.stringify(init) !== JSON.stringify(out)) return undefined;
  return { from: out.offset, to: out.offset + node.count * width };
}
/** Whether nothing else is stored there, or read: other calls name stretches by where they begin. */
function isAlone({ from, to }: Stretch, chunk: readonly Node[]): boolean {
  const inside = [...invocations(chunk)]
    .flatMap(({ call }) => Object.values(call.args))
    .filter((p) => p.buffer === GRADIENTS && p.offset >= from && p.offset < to);
  return inside.length === 2; // the row, and what it starts from
}
const isClear = (node: Node): boolean =>
  node.tag === "invoke" && node.kernel.kind === "zero" && node.args.out!.buffer === GRADIENTS;

/** What lies between stretches that are in order. */
function between(stretches: readonly Stretch[], length: number): Stretch[] {
  const ends = [0, ...stretches.map((s) => s.to)];
  const starts = [...stretches.map((s) => s.from), length];
  return ends.map((from, k) => ({ from, to: starts[k]! })).filter(({ from, to }) => to > from);
}
const cleared = ({ from, to }: Stretch, { type }: Context): Node =>
  invoke({ kind: "zero", type }, { out: place(GRADIENTS, from) }, { n: to - from });

/** The loop as it is, and one that starts from nothing: one of them runs. */
function eitherWay(rows: Loop, c: Context): Node[] {
  const flag = (name: string): Place => place(c.buffer(name, "i32", c.chunks, "argument"), 0, along("chunk", 1));
  const call = rows.body[0] as Invoke;
  const { init: _, ...args } = call.args;
  const fresh: Node = { ...call, kernel: { ...call.kernel, init: false } as Invoke["kernel"], args };
  return [loop("first", flag(FIRST_CHUNK), [{ ...rows, body: [fresh] }]), loop("added", flag(LATER_CHUNK), [rows])];
}
