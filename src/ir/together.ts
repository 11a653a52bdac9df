/**
 * Parallel loops within a loop over time: threads run that loop together, each its own rounds of the parallel ones, and
 * wait for each other where a round may touch what another has touched.
 *
 * Rounds are parts of populations. What a kernel touches is its round's own where the place or the range of elements
 * depends on the round; the convention is that all parallel loops of a body divide the same buffers in the same way.
 */
import { LISTED, signatureOf, writesOf } from "./kernelArguments.ts";
import { dependsOn, isParallel, roundVariables } from "./parallel.ts";
import { type Count, type Invoke, invocations, type Kernel, type Loop, type Node, type Place } from "./program.ts";
import type { Space } from "./step.ts";

interface Touch {
  readonly place: Place;
  readonly written: boolean;
  /** Whether no other round of the loop touches it. */
  readonly own: boolean;
}

/** A place of the round itself, not of one some rounds away. */
const isOwn = ({ terms }: Place, variables: ReadonlySet<string>): boolean =>
  terms.some((t) => variables.has(t.loop) && !t.shift && !t.modulo && t.most === undefined);

/** Spaces whose elements belong to the round that a synapse or a range of elements belongs to. */
const OWN: ReadonlySet<Space> = new Set<Space>(["element", "post", "synapse"]);

/** What a node touches, as one round of it sees it; what is not parallel has no rounds. */
function touchesOf(node: Node): Touch[] {
  const variables = node.tag === "loop" && isParallel(node) ? roundVariables(node) : new Set<string>();
  return [...invocations([node])].flatMap(({ call, loops }) => [
    ...argumentTouches(call, variables),
    ...[...loops.flatMap((l) => [l.count, l.from ?? 0]), ...Object.values(call.counts ?? {})].flatMap((c) =>
      typeof c === "number" ? [] : [{ place: c, written: false, own: isOwn(c, variables) }],
    ),
  ]);
}
function argumentTouches(call: Invoke, variables: ReadonlySet<string>): Touch[] {
  const written = new Set(writesOf(call.kernel));
  return signatureOf(call.kernel).args.map((name) => {
    const place = call.args[name]!;
    const own = isOwn(place, variables) || belongs(name, call, variables);
    return { place, written: written.has(name), own };
  });
}

/** Whether an argument's elements that a call touches are those of its round, though the place is the same in all. */
export function belongs(name: string, { kernel, counts = {} }: Invoke, variables: ReadonlySet<string>): boolean {
  const ofRound = (c: Count | undefined): boolean =>
    c !== undefined && typeof c !== "number" && dependsOn(c, variables);
  if (kernel.kind === "perElement")
    return (
      ofRound(kernel.domain === "list" ? counts.from : counts.first) && (name === LISTED || isRanged(name, kernel))
    );
  // Lists have entries of all parts, and each takes those of its own; so do rows.
  if (kernel.kind === "lateColumns")
    return (
      ofRound(counts.first) && (name === "events" || kernel.step.slots.some((s) => s.name === name && OWN.has(s.space)))
    );
  if (kernel.kind === "drawCounts") return name === "out" && ofRound(counts.first);
  if (kernel.kind !== "perSynapse") return false;
  if (name === "list") return kernel.domain === "columns" && ofRound(counts.from);
  const slot = kernel.step.slots.find((s) => s.name === name);
  return slot !== undefined && OWN.has(slot.space);
}
/** Elements of the range, or a list that begins where it does. */
function isRanged(name: string, { step }: Extract<Kernel, { kind: "perElement" }>): boolean {
  const slot = step.slots.find((s) => s.name === name);
  return (
    slot?.space === "element" || step.stores.some((s) => s.slot === name && (s.mode === "append" || s.mode === "bits"))
  );
}

/**
 * Whether a round of `b` must wait until all rounds of `a` are done.
 * @param time the loop around both
 * @param ahead rounds of `time` by which `b` comes later
 */
const conflict = (a: readonly Touch[], b: readonly Touch[], time: string, ahead: number): boolean =>
  a.some((x) => b.some((y) => collide(x, y) && !inOtherRow(x.place, y.place, time, ahead)));
/** Whether one writes where another round may read or write, at some time. */
const collide = (x: Touch, y: Touch): boolean =>
  x.place.buffer === y.place.buffer && (x.written || y.written) && !(x.own && y.own);
/** Whether two places lie in different rows of a ring. */
function inOtherRow(a: Place, b: Place, time: string, ahead: number): boolean {
  const [x, y] = [a, b].map((p) => p.terms.find((t) => t.loop === time));
  if (!x?.modulo || x.modulo !== y?.modulo || x.stride !== y.stride) return false;
  return ((x.shift ?? 0) - (y.shift ?? 0) - ahead) % x.modulo !== 0;
}

const sameHeader = (a: Loop, b: Loop): boolean => a.name === b.name && a.from === b.from && a.count === b.count;

/** Joins parallel loops that follow one another, where a round of the later one needs no other round of the earlier. */
export function joined(body: readonly Node[], time: string): Node[] {
  const out: Node[] = [];
  for (const node of body) {
    const last = out.at(-1);
    const both = last?.tag === "loop" && node.tag === "loop" && isParallel(last) && isParallel(node);
    if (both && sameHeader(last, node) && !conflict(touchesOf(last), touchesOf(node), time, 0))
      out[out.length - 1] = { ...last, body: [...last.body, ...node.body] };
    else out.push(node);
  }
  return out;
}

/**
 * Before which nodes of a loop's body all threads must meet; the last entry says so of the end of a round. What is not
 * parallel is done by one thread, so all meet before and after it.
 */
export function meetings({ name, body }: Loop): boolean[] {
  const touched = body.map((node) => (node.tag === "loop" && isParallel(node) ? touchesOf(node) : undefined));
  const apart = (a: number, b: number, ahead: number): boolean => {
    const [x, y] = [touched[a], touched[b]];
    if (hasInnerParallel(body[a]!) || hasInnerParallel(body[b]!)) return true;
    if (!x || !y) return x !== y; // one thread does in order what is not parallel
    return conflict(x, y, name, ahead);
  };
  const meets = body.map(() => false);
  let since = 0;
  for (let k = 1; k < body.length; k++) {
    const before = Array.from({ length: k - since }, (_, j) => since + j);
    if (!before.some((j) => apart(j, k, 0))) continue;
    meets[k] = true;
    since = k;
  }
  const first = meets.indexOf(true);
  if (first < 0 && areIndependent(touched)) return [...meets, false];
  const [late, early] = [
    body.slice(since).map((_, j) => since + j),
    body.slice(0, Math.max(0, first)).map((_, j) => j),
  ];
  const end = first < 0 || late.some((a) => early.some((b) => apart(a, b, 1)));
  return [...meets, end];
}

/**
 * Where all that a loop does is one parallel loop, and threads meet at its end: the first node of that loop's body which may
 * need what another round has done the time before. Up to there a thread need not wait for others.
 */
export function waitingAt(loop: Loop): number | undefined {
  const [only, ...more] = loop.body;
  if (more.length > 0 || only?.tag !== "loop" || !isParallel(only) || !meetings(loop).at(-1)) return undefined;
  const all = touchesOf(only);
  const found = only.body.findIndex((node) => conflict(all, touchesOf({ ...only, body: [node] }), loop.name, 1));
  return found < 0 ? only.body.length : found;
}

/** Whether no round ever touches what another writes, however far apart in time: then nobody need wait for anybody. */
function areIndependent(nodes: readonly (readonly Touch[] | undefined)[]): boolean {
  if (nodes.some((touches) => touches === undefined)) return false;
  const all = nodes.flatMap((touches) => touches!);
  return !all.some((x) => x.written && all.some((y) => collide(x, y)));
}

/** Whether a body has a parallel loop within another loop. */
export const hasInnerParallel = (node: Node): boolean =>
  node.tag === "loop" &&
  !isParallel(node) &&
  node.body.some((n) => n.tag === "loop" && (isParallel(n) || hasInnerParallel(n)));
