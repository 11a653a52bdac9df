/**
 * Errors of the samples of a chunk side by side: where the error of every neuron is formed, in each step, all weights are gone
 * through once for all samples, and not once for each. Steps that not all of them have come first, sample by sample. Every
 * number is formed as before: no bit changes.
 */
import { writesOf } from "../ir/kernelArguments.ts";
import { replaced } from "../ir/parallel.ts";
import { along, type Invoke, type Loop, loop, type Node, ofPart, type Place, place } from "../ir/program.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSamples } from "../sim/lower/contributions.ts";

const [SAMPLE, STEP] = ["s", "t"];
/** The loop over steps that not all samples have: it begins where a chunk says, which `ir/parallel.ts` tells by its name. */
const LATER = "later";

/** Host-provided: the steps that all samples of a chunk have, and those of each sample behind them. */
export const COMMON_STEPS = "chunk.common";
export const LATER_STEPS = "sample.later";

/** @param nodes those of a chunk, of which loops over the samples are looked into */
export function errorsAbreast(nodes: readonly Node[], c: Context): Node[] {
  if (c.options.samples === 1) return [...nodes];
  return nodes.flatMap((node) => (node.tag === "loop" && node.name === SAMPLE ? apart(node, nodes, c) : [node]));
}

/** The loop in pieces, around each of its loops over the steps in which dots can be formed for all samples at once. */
function apart(samples: Loop, all: readonly Node[], c: Context): Node[] {
  const out: Node[] = [];
  let rest: Node[] = [];
  const flush = (): void => {
    if (rest.length > 0) out.push({ ...samples, body: rest });
    rest = [];
  };
  samples.body.forEach((node, k) => {
    const others = [samples.body.slice(0, k), samples.body.slice(k + 1)] as const;
    const steps = isReversed(node) && isAlone(node, others) ? widened(node, all, c) : undefined;
    if (!steps) return void rest.push(node);
    flush();
    out.push(...steps);
  });
  flush();
  return out;
}
const isReversed = (node: Node): node is Loop =>
  node.tag === "loop" && node.name === STEP && node.reverse === true && node.body.some(isDots);
const isDots = (node: Node): node is Invoke =>
  node.tag === "invoke" &&
  node.kernel.kind === "rowDots" &&
  !node.kernel.listed &&
  strideOf(node.args.out!) === undefined;

/** Whether samples hand nothing to one another: in memory that they share, only the dots are stored within the loop. */
function isAlone(steps: Loop, [before, after]: readonly [readonly Node[], readonly Node[]]): boolean {
  const dots = new Set(steps.body.filter(isDots).map((d) => d.args.out!.buffer));
  const [first, own, then] = [before, steps.body, after].map((nodes) => [...shared(nodes)]) as [
    Touch[],
    Touch[],
    Touch[],
  ];
  const clash = (a: readonly Touch[], b: readonly Touch[]): boolean =>
    a.some((x) => b.some((y) => x.buffer === y.buffer && (x.written || y.written)));
  return (
    !own.some((x) => x.written && !dots.has(x.buffer)) && !clash(first, own) && !clash(own, then) && !clash(first, then)
  );
}
interface Touch {
  readonly buffer: string;
  readonly written: boolean;
}
/** Places that are the same for all samples. */
function* shared(nodes: readonly Node[]): Generator<Touch> {
  for (const node of nodes) {
    const counts = node.tag === "invoke" ? Object.values(node.counts ?? {}) : [node.count, node.from ?? 0];
    for (const p of counts)
      if (typeof p !== "number" && strideOf(p) === undefined) yield { buffer: p.buffer, written: false };
    if (node.tag === "loop") yield* shared(node.body);
    else {
      const written = new Set<string>(writesOf(node.kernel));
      for (const [name, p] of Object.entries(node.args))
        if (strideOf(p) === undefined) yield { buffer: p.buffer, written: written.has(name) };
    }
  }
}

/** Steps of one sample each, then those that all have; nothing where dots are not of vectors that lie apart evenly. */
function widened(steps: Loop, all: readonly Node[], c: Context): Node[] | undefined {
  const dots = steps.body.filter(isDots);
  const rooms = new Map(dots.map((d) => [d.args.out!.buffer, c.buffers.get(d.args.out!.buffer)!.length]));
  const within = usesOf(steps.body, rooms);
  if (dots.some((d) => !isWide(d)) || within !== usesOf(all, rooms)) return undefined;
  for (const [name, length] of rooms)
    c.buffers.set(name, { ...c.buffers.get(name)!, length: c.options.samples * length });
  const own = (p: Place): Place => {
    const length = rooms.get(p.buffer);
    return length === undefined ? p : { ...p, terms: [along(SAMPLE, length), ...p.terms] };
  };
  const body = steps.body.map((node) => replaced(node, own));
  const inLater = (p: Place): Place => ({
    ...p,
    terms: p.terms.map((t) => (t.loop === STEP ? { ...t, loop: LATER } : t)),
  });
  const common = place(c.buffer(COMMON_STEPS, "i32", c.chunks, "argument"), 0, along("chunk", 1));
  const later = c.ofSample(LATER_STEPS, "i32");
  return [
    ...overSamples(c, [
      loop(
        LATER,
        later,
        body.map((node) => replaced(node, inLater)),
        { from: common, reverse: true },
      ),
    ]),
    loop(STEP, common, together(body, c), { from: 0, reverse: true }),
  ];
}
/** How often buffers are named. */
function usesOf(nodes: readonly Node[], buffers: ReadonlyMap<string, unknown>): number {
  return nodes.reduce((sum, node) => {
    if (node.tag === "loop") return sum + usesOf(node.body, buffers);
    return sum + Object.values(node.args).filter((p) => buffers.has(p.buffer)).length;
  }, 0);
}
const isWide = ({ kernel, args }: Invoke): boolean =>
  kernel.kind === "rowDots" &&
  kernel.parts.every(
    (_, p) => strideOf(args[ofPart("a", p)]!) !== undefined && strideOf(args[ofPart("weights", p)]!) === undefined,
  );

/** One step of all samples: dots abreast, everything else sample by sample. */
function together(body: readonly Node[], c: Context): Node[] {
  const out: Node[] = [];
  let group: Node[] = [];
  const flush = (): void => {
    out.push(...overSamples(c, group));
    group = [];
  };
  for (const node of body) {
    if (node.tag !== "invoke" || node.kernel.kind !== "rowDots") {
      group.push(node);
      continue;
    }
    flush();
    out.push(abreast(node, c));
  }
  flush();
  return out;
}
function abreast(call: Invoke, c: Context): Invoke {
  const { kernel, args, counts } = call;
  if (kernel.kind !== "rowDots") return call;
  const strides = { a: kernel.parts.map((_, p) => strideOf(args[ofPart("a", p)]!)!), out: strideOf(args.out!)! };
  const first = Object.fromEntries(Object.entries(args).map(([name, p]) => [name, ofFirst(p)]));
  return {
    ...call,
    kernel: { ...kernel, abreast: strides },
    args: first,
    counts: { ...counts, samples: c.sampleCount },
  };
}
const strideOf = (p: Place): number | undefined => p.terms.find((t) => t.loop === SAMPLE)?.stride;
const ofFirst = (p: Place): Place => ({ ...p, terms: p.terms.filter((t) => t.loop !== SAMPLE) });
