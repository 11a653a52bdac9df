/**
 * Samples abreast: where only one step of each is kept, a product of one row that every sample forms for itself becomes one
 * product of as many rows as there are samples, so that a weight is loaded once for several of them. What stands before and
 * after it is then done by all samples first. Every number is formed as before: no bit changes.
 */
import { writesOf } from "../../ir/kernelArguments.ts";
import { type Count, type Invoke, type Loop, loop, type Node, type Place } from "../../ir/program.ts";
import type { Context } from "./context.ts";

const [SAMPLE, STEP] = ["s", "t"];

/** A call or a loop, and the loop over the step that stands around it, if one does. */
interface Atom {
  readonly node: Node;
  readonly step: Loop | undefined;
}

/** @param nodes loops over the samples, as `segmentNodes` makes them */
export function abreast(nodes: readonly Node[], c: Context): Node[] {
  return nodes.flatMap((node) => (node.tag === "loop" && node.name === SAMPLE ? apart(node, c) : [node]));
}

function apart(samples: Loop, c: Context): Node[] {
  const atoms = samples.body.flatMap(atomsOf);
  const out: Node[] = [];
  let group: Atom[] = [];
  const flush = (): void => {
    if (group.length > 0) out.push({ ...samples, body: regrouped(group) });
    group = [];
  };
  atoms.forEach((atom, k) => {
    const wide = atom.step && atom.node.tag === "invoke" ? widened(atom.node, samples.count) : undefined;
    if (!wide || handsOver(atoms.slice(0, k), atoms.slice(k + 1))) return void group.push(atom);
    flush();
    out.push(loop(STEP, c.stepsKept, [wide]));
  });
  flush();
  return out;
}

const atomsOf = (node: Node): Atom[] =>
  node.tag === "loop" && node.name === STEP && node.from === 0 && !node.reverse
    ? node.body.map((inner) => ({ node: inner, step: node }))
    : [{ node, step: undefined }];

/** Atoms of one loop over the step as one such loop again. */
function regrouped(atoms: readonly Atom[]): Node[] {
  const out: Node[] = [];
  let last: Loop | undefined;
  for (const { node, step } of atoms) {
    const before = out.at(-1);
    if (step && step === last && before?.tag === "loop")
      out[out.length - 1] = { ...before, body: [...before.body, node] };
    else out.push(step ? { ...step, body: [node] } : node);
    last = step;
  }
  return out;
}

/** The product of all samples, where each forms one row that starts from nothing, from what all share, or from itself. */
function widened(call: Invoke, samples: Count): Invoke | undefined {
  const { kernel, args, counts = {} } = call;
  if (kernel.kind !== "product" || counts.rows !== 1) return undefined;
  const { out, a, init } = args as Record<"out" | "a" | "b", Place> & { init?: Place };
  const strides = [out, a].map((p) => strideOf(p!));
  if (strides.some((s) => s === undefined) || strideOf(args.b!) !== undefined) return undefined;
  const again = init !== undefined && isSame(init, out!);
  if (init && !again && strideOf(init) !== undefined) return undefined;
  const { init: _init, ...others } = args;
  return {
    ...call,
    kernel: { ...kernel, outStride: strides[0]!, aRow: strides[1]!, ...(again && { start: "out" }) },
    args: { ...others, out: alone(out!), a: alone(a!), ...(init && !again && { init }) },
    counts: { ...counts, rows: samples },
  };
}
const strideOf = (p: Place): number | undefined => p.terms.find((t) => t.loop === SAMPLE)?.stride;
const alone = (p: Place): Place => ({ ...p, terms: p.terms.filter((t) => t.loop !== SAMPLE) });
const isSame = (a: Place, b: Place): boolean =>
  a.buffer === b.buffer && a.offset === b.offset && JSON.stringify(a.terms) === JSON.stringify(b.terms);

/** Whether a sample hands something over, from one to the other, in memory that all samples share. */
function handsOver(before: readonly Atom[], after: readonly Atom[]): boolean {
  const [first, then] = [before, after].map((atoms) => [...touched(atoms.map((a) => a.node))]) as [Touch[], Touch[]];
  return first.some((x) => x.shared && then.some((y) => y.buffer === x.buffer && (x.written || y.written)));
}
interface Touch {
  readonly buffer: string;
  readonly written: boolean;
  /** Whether all samples touch the same place. */
  readonly shared: boolean;
}
function* touched(nodes: readonly Node[]): Generator<Touch> {
  const touch = (p: Place, written: boolean): Touch => ({
    buffer: p.buffer,
    written,
    shared: strideOf(p) === undefined,
  });
  for (const node of nodes) {
    const counts = node.tag === "invoke" ? Object.values(node.counts ?? {}) : [node.count, node.from ?? 0];
    for (const count of counts) if (typeof count !== "number") yield touch(count, false);
    if (node.tag === "loop") {
      yield* touched(node.body);
      continue;
    }
    const written = new Set<string>(writesOf(node.kernel));
    for (const [name, p] of Object.entries(node.args)) yield touch(p, written.has(name));
  }
}
