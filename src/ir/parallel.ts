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
  const loops = program.regions.flatMap((r) => r.body.filter(isParallel));
  const sharedIn = sharedByName(loops);
  for (const loop of loops)
    for (const name of shared(loop)) copies.set(name, Math.max(copies.get(name) ?? 1, roundsOf(loop)));
  const scratch = new Set(loops.filter((l) => l.scratch).flatMap((l) => [...ownOf(l, program)]));
  const buffers = new Map(program.buffers.map((b) => [b.name, copied(b, copies.get(b.name), scratch.has(b.name))]));
  const region = ({ name, body }: Region): Region => ({
    name,
    body: body.map((node) => (isParallel(node) ? moved(node, sharedIn.get(node.name)!, buffers) : node)),
  });
  return { ...program, buffers: [...buffers.values()], regions: program.regions.map(region) };
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

/** Buffers for passing results within a round that nothing but the loop uses. */
function ownOf(loop: Loop, { buffers, regions }: Program): Set<string> {
  const others = regions.flatMap((r) => r.body.filter((node) => node !== loop));
  const used = new Set([...placesOf(others)].map((p) => p.buffer));
  return new Set(buffers.filter((b) => SCRATCH.has(b.role) && !used.has(b.name)).map((b) => b.name));
}
const SCRATCH: ReadonlySet<Role> = new Set<Role>(["work", "tape", "state"]);

/** Every place that nodes name. */
function* placesOf(nodes: readonly Node[]): Generator<Place> {
  for (const node of nodes) {
    const counts = node.tag === "invoke" ? Object.values(node.counts ?? {}) : [node.count, node.from ?? 0];
    for (const c of counts) if (typeof c !== "number") yield c;
    if (node.tag === "invoke") yield* Object.values(node.args);
    else yield* placesOf(node.body);
  }
}

/** Elements from one copy of a buffer of this length to the next. */
export const copyStride = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;
const copied = (b: Buffer, copies: number | undefined, scratch: boolean): Buffer =>
  copies === undefined ? b : { ...b, copies, length: copies * copyStride(b.length), ...(scratch && { scratch }) };
/** Elements of one copy, with what fills it up. */
export const lengthOfCopy = ({ length, copies = 1 }: Buffer): number => length / copies;

function moved(loop: Loop, names: ReadonlySet<string>, buffers: ReadonlyMap<string, Buffer>): Loop {
  const place = (p: Place): Place => {
    if (!names.has(p.buffer)) return p;
    const buffer = buffers.get(p.buffer)!;
    const variable = buffer.scratch ? slotOf(loop) : loop.name;
    return { ...p, terms: [along(variable, lengthOfCopy(buffer)), ...p.terms] };
  };
  const count = (c: Count): Count => (typeof c === "number" ? c : place(c));
  const record = <A, B>(from: Readonly<Record<string, A>>, f: (a: A) => B): Record<string, B> =>
    Object.fromEntries(Object.entries(from).map(([name, a]) => [name, f(a)]));
  const node = (n: Node): Node =>
    n.tag === "invoke"
      ? { ...n, args: record(n.args, place), ...(n.counts && { counts: record(n.counts, count) }) }
      : {
          ...n,
          count: count(n.count),
          ...(n.from !== undefined && { from: count(n.from) }),
          body: n.body.map(node),
        };
  return { ...loop, body: loop.body.map(node) };
}
