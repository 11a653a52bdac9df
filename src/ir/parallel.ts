/**
 * Parallel loops: which places depend on the round, and copies of those buffers that do not, one a round.
 *
 * A lowering writes the body of a parallel loop as if it were alone. `withCopies` then gives every buffer that the body
 * stores to at the same place in every round as many copies as there are rounds, so that no round disturbs another. In a `scratch` loop those that only the loop itself uses have a copy for each round that runs at the same
 * time: the next round finds it in the cache.
 */
import { writesOf } from "./kernelArguments.ts";
import type { Buffer, Count, Invoke, Loop, Node, Place, Program, Region, Role } from "./program.ts";
import { along, invocations, slotOf, variablesOf } from "./program.ts";

/** Copies start on cache lines of their own. */
const ALIGN = 16;

/** The loop and those inside it that start where it says: their variables differ from round to round. */
export function roundVariables(loop: Loop): Set<string> {
  const found = new Set(variablesOf(loop));
  const visit = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.tag !== "loop") continue;
      if (typeof node.from === "object" && dependsOn(node.from, found)) found.add(node.name);
      visit(node.body);
    }
  };
  visit(loop.body);
  return found;
}
export const dependsOn = (place: Place, variables: ReadonlySet<string>): boolean =>
  place.terms.some((t) => variables.has(t.loop));

/** Places that a loop's body stores to. */
export function* writtenPlaces(loop: Loop): Generator<{ call: Invoke; argument: string; place: Place }> {
  for (const { call } of invocations(loop.body))
    for (const argument of writesOf(call.kernel)) {
      const place = call.args[argument];
      if (place) yield { call, argument, place };
    }
}

export const isParallel = (node: Node): node is Loop & { readonly parallel: true } =>
  node.tag === "loop" && node.parallel === true;

/** Rounds of a parallel loop whose number is fixed; other parallel loops must not need copies. */
const roundsOf = (loop: Loop): number => (typeof loop.count === "number" ? loop.count : 1);

/** Gives each round of a parallel loop its own copy of what all rounds would store to. */
export function withCopies(program: Program): Program {
  const copies = new Map<string, number>();
  const loops = [...new Set(program.regions.flatMap((r) => [...withRounds(r.body)]))]; // regions may share some
  const sharedIn = sharedByName(loops);
  for (const loop of loops)
    for (const name of shared(loop)) copies.set(name, Math.max(copies.get(name) ?? 1, roundsOf(loop)));
  const scratch = scratchOf(program);
  const buffers = new Map(program.buffers.map((b) => [b.name, copied(b, copies.get(b.name), scratch.has(b.name))]));
  const known = new Map(loops.map((l) => [l.name, new Map<Node, Node>()]));
  const rewritten = new Map(loops.map((l) => [l, moved(l, sharedIn.get(l.name)!, buffers, known.get(l.name)!)]));
  const node = (n: Node): Node => (n.tag === "invoke" ? n : (rewritten.get(n) ?? { ...n, body: n.body.map(node) }));
  const regions = program.regions.map(({ name, body }): Region => ({ name, body: body.map(node) }));
  return { ...program, buffers: [...buffers.values()], regions };
}

/** Loops whose rounds may need copies: the outermost parallel ones, and `scratch` loops within others. */
function* withRounds(body: readonly Node[], outermost = true): Generator<Loop> {
  for (const node of body) {
    if (node.tag === "invoke") continue;
    if (isParallel(node)) {
      if (outermost || node.scratch) yield node;
    } else yield* withRounds(node.body, false);
  }
}

/**
 * Makes buffers keep what is theirs from one visit of a loop to the next: a copy for each round of the loops of that name,
 * in which alone they are used.
 */
export function keptByRound(program: Program, names: ReadonlySet<string>, of: string, rounds: number): Program {
  const lengths = new Map(program.buffers.map((b) => [b.name, b.length]));
  const at = (p: Place): Place =>
    names.has(p.buffer) ? { ...p, terms: [along(of, copyStride(lengths.get(p.buffer)!)), ...p.terms] } : p;
  const buffers = program.buffers.map((b) => (names.has(b.name) ? { ...b, length: rounds * copyStride(b.length) } : b));
  const known = new Map<Node, Node>();
  const regions = program.regions.map(
    ({ name, body }): Region => ({ name, body: body.map((n) => replaced(n, at, known)) }),
  );
  return { ...program, buffers, regions };
}

/** Buffers to which every round stores at the same place. */
function shared(loop: Loop): Set<string> {
  const variables = roundVariables(loop);
  const names = new Set<string>();
  for (const { place } of writtenPlaces(loop)) if (!dependsOn(place, variables)) names.add(place.buffer);
  return names;
}

/** Loops of one name go over the same rounds, and each round finds what it left in the copies of those before. */
function sharedByName(loops: readonly Loop[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const loop of loops) all.set(loop.name, new Set([...(all.get(loop.name) ?? []), ...shared(loop)]));
  return all;
}

/** Buffers for passing results within a round that nothing but one `scratch` loop of each region uses. */
function scratchOf({ buffers, regions }: Program): Set<string> {
  const used = new Set(regions.flatMap((r) => [...placesOf(r.body), ...passedOn(r.body)].map((p) => p.buffer)));
  return new Set(buffers.filter((b) => SCRATCH.has(b.role) && !used.has(b.name)).map((b) => b.name));
}
const SCRATCH: ReadonlySet<Role> = new Set<Role>(["work", "tape", "state"]);

/** Every place that nodes name, but for those within `scratch` loops. */
function* placesOf(nodes: readonly Node[]): Generator<Place> {
  for (const node of nodes) {
    if (node.tag === "loop" && node.scratch) continue;
    const counts = node.tag === "invoke" ? Object.values(node.counts ?? {}) : [node.count, node.from ?? 0];
    for (const c of counts) if (typeof c !== "number") yield c;
    if (node.tag === "invoke") yield* Object.values(node.args);
    else yield* placesOf(node.body);
  }
}

/** Places in `scratch` loops that another such loop of the same region names too. */
function* passedOn(body: readonly Node[]): Generator<Place> {
  const loops = scratchLoops(body).map((l) => [...placesOf(l.body)]);
  const first = new Map<string, number>();
  for (const [k, places] of loops.entries())
    for (const p of places) {
      if ((first.get(p.buffer) ?? k) !== k) yield p;
      else first.set(p.buffer, k);
    }
}
const scratchLoops = (body: readonly Node[]): Loop[] =>
  body.flatMap((n) => (n.tag === "invoke" ? [] : n.scratch ? [n] : scratchLoops(n.body)));

/** Elements from one copy of a buffer of this length to the next. */
export const copyStride = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;
const copied = (b: Buffer, copies: number | undefined, scratch: boolean): Buffer =>
  copies === undefined ? b : { ...b, copies, length: copies * copyStride(b.length), ...(scratch && { scratch }) };
/** Elements of one copy, with what fills it up. */
export const lengthOfCopy = ({ length, copies = 1 }: Buffer): number => length / copies;

function moved(
  loop: Loop,
  names: ReadonlySet<string>,
  buffers: ReadonlyMap<string, Buffer>,
  known: Map<Node, Node>,
): Loop {
  const place = (p: Place): Place => {
    if (!names.has(p.buffer)) return p;
    const buffer = buffers.get(p.buffer)!;
    const variable = buffer.scratch ? slotOf(loop) : loop.name;
    return { ...p, terms: [along(variable, lengthOfCopy(buffer)), ...p.terms] };
  };
  return { ...loop, body: loop.body.map((n) => replaced(n, place, known)) };
}

/**
 * A node with other places.
 * @param known what nodes became, where the same places are replaced in many: what regions share they still share then
 */
export function replaced(n: Node, place: (p: Place) => Place, known?: Map<Node, Node>): Node {
  const before = known?.get(n);
  if (before) return before;
  const made = withPlaces(n, place, known);
  known?.set(n, made);
  return made;
}
function withPlaces(n: Node, place: (p: Place) => Place, known: Map<Node, Node> | undefined): Node {
  const count = (c: Count): Count => (typeof c === "number" ? c : place(c));
  const record = <A, B>(from: Readonly<Record<string, A>>, f: (a: A) => B): Record<string, B> =>
    Object.fromEntries(Object.entries(from).map(([name, a]) => [name, f(a)]));
  if (n.tag === "invoke")
    return { ...n, args: record(n.args, place), ...(n.counts && { counts: record(n.counts, count) }) };
  const from = n.from !== undefined && { from: count(n.from) };
  return { ...n, count: count(n.count), ...from, body: n.body.map((inner) => replaced(inner, place, known)) };
}
