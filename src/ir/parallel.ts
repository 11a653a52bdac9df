/**
 * Parallel loops: which places depend on the round, and copies of those buffers that do not, one a round.
 *
 * A lowering writes the body of a parallel loop as if it were alone. `withCopies` then gives every buffer that the body
 * stores to at the same place in every round as many copies as there are rounds, so that no round disturbs another.
 */
import { writesOf } from "./kernelArguments.ts";
import type { Buffer, Count, Invoke, Loop, Node, Place, Program, Region } from "./program.ts";
import { along, invocations } from "./program.ts";

/** Copies start on cache lines of their own. */
const ALIGN = 16;

/** The loop and those inside it that start where it says: their variables differ from round to round. */
export function roundVariables(loop: Loop): Set<string> {
  const found = new Set([loop.name]);
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

export const isParallel = (node: Node): node is Loop => node.tag === "loop" && node.parallel === true;

/** Rounds of a parallel loop whose number is fixed; other parallel loops must not need copies. */
const roundsOf = (loop: Loop): number => (typeof loop.count === "number" ? loop.count : 1);

/** Gives each round of a parallel loop its own copy of what all rounds would store to. */
export function withCopies(program: Program): Program {
  const copies = new Map<string, number>();
  for (const loop of program.regions.flatMap((r) => r.body.filter(isParallel)))
    for (const name of shared(loop)) copies.set(name, Math.max(copies.get(name) ?? 1, roundsOf(loop)));
  const buffers = new Map(program.buffers.map((b) => [b.name, copied(b, copies.get(b.name))]));
  const region = ({ name, body }: Region): Region => ({
    name,
    body: body.map((node) => (isParallel(node) ? moved(node, shared(node), buffers) : node)),
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

/** Elements from one copy of a buffer of this length to the next. */
export const copyStride = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;
const copied = (b: Buffer, copies: number | undefined): Buffer =>
  copies === undefined ? b : { ...b, copies, length: copies * copyStride(b.length) };
/** Elements of one copy, with what fills it up. */
export const lengthOfCopy = ({ length, copies = 1 }: Buffer): number => length / copies;

function moved(loop: Loop, names: ReadonlySet<string>, buffers: ReadonlyMap<string, Buffer>): Loop {
  const place = (p: Place): Place =>
    names.has(p.buffer) ? { ...p, terms: [along(loop.name, lengthOfCopy(buffers.get(p.buffer)!)), ...p.terms] } : p;
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
