/**
 * Regions as functions: loops in locals, addresses as constants plus strides, one call a kernel. A region is a list of
 * stages, so that threads can share the rounds of its parallel loops.
 */

import { signatureOf } from "../../ir/kernelArguments.ts";
import { isParallel } from "../../ir/parallel.ts";
import {
  type Count,
  type Invoke,
  invocations,
  type Loop,
  type Node,
  type Place,
  type Region,
  slotOf,
  type Term,
  variablesOf,
} from "../../ir/program.ts";
import { hasInnerParallel, meetings, waitingAt } from "../../ir/together.ts";
import { BYTES } from "../../ir/types.ts";
import type { Layout } from "../layout.ts";
import { defineFunction, type Emitter, type Func } from "./code.ts";
import { ARRIVE, AWAIT, MEET, pushRound } from "./meet.ts";
import { range } from "./tiles.ts";

/** The name of the function that runs a kernel call. */
export type NameOf = (call: Invoke) => string;

/**
 * A part of a region: a function without parameters, or one of a parallel loop's round and slot. Where threads run loops
 * `together`, one of the thread's number, how many there are, and whether it may park: each runs it once, at the same time.
 */
export interface Stage {
  readonly name: string;
  readonly rounds?: { readonly from: Count; readonly count: Count };
  readonly together?: boolean;
}
export interface StageCode {
  readonly stage: Stage;
  /** The last of them; those before are called by it. */
  readonly code: readonly Func[];
}

/** The stages of a region: each loop that threads share is one, and so is what stands between them. */
export function regionStages(region: Region, at: Layout, nameOf: NameOf): StageCode[] {
  const parts: (Loop | Node[])[] = [];
  for (const node of region.body) {
    const last = parts.at(-1);
    if (node.tag === "loop" && (isParallel(node) || hasInnerParallel(node))) parts.push(node);
    else if (Array.isArray(last)) last.push(node);
    else parts.push([node]);
  }
  return parts.map((part, k): StageCode => {
    const name = `${region.name}.${k}`;
    if (Array.isArray(part)) {
      const code = defineFunction(name, [], (f) => new RegionWriter(f, at, nameOf).body(part), { exported: true });
      return { stage: { name }, code: [code] };
    }
    if (!isParallel(part)) {
      const called: Func[] = [];
      const team = { ...TEAM, apart: { name, add: (f: Func) => called.push(f) } };
      const write = (f: Emitter): void => new RegionWriter(f, at, nameOf, new Map(), team).body([part]);
      const code = defineFunction(name, ["i32", "i32", "i32"], write, { exported: true });
      return { stage: { name, together: true }, code: [...called, code] };
    }
    const variables = new Map([part.name, slotOf(part)].map((variable, local) => [variable, local]));
    const round = (f: Emitter): void => new RegionWriter(f, at, nameOf, variables).body(part.body);
    const { from = 0, count } = part;
    return {
      stage: { name, rounds: { from, count } },
      code: [defineFunction(name, ["i32", "i32"], round, { exported: true })],
    };
  });
}

/** The parameters of a stage that threads run together. */
interface TeamLocals {
  readonly thread: number;
  readonly threads: number;
  readonly parks: number;
  /** Takes functions that the stage calls, whose names begin so. */
  readonly apart?: { readonly name: string; readonly add: (f: Func) => number };
  /** Whether the rounds of the next parallel loop are run downwards, where the caller says that. */
  readonly down?: number;
  /** Before which node of that loop to wait for the round in a local. */
  readonly waiting?: { readonly at: number; readonly round: number };
}
/**
 * Kernel calls from which on a parallel loop is a function of its own: an engine compiles that while the stage still runs,
 * and needs little memory for it. One function of all 177 calls of `train-fptt` took 3.3 MB and 116 ms.
 */
const LARGE = 8;
/** Locals of a loop: its variable, the first value, and that behind the last. */
interface Rounds {
  readonly variable: number;
  readonly first: number;
  readonly end: number;
}
const TEAM: TeamLocals = { thread: 0, threads: 1, parks: 2 };

/** Counts of a call that are known when compiling. */
export const knownCounts = (call: Invoke): Record<string, number> =>
  Object.fromEntries(Object.entries(call.counts ?? {}).filter((c): c is [string, number] => typeof c[1] === "number"));

/**
 * Addresses are worked out where their parts become known: what depends on the loops around, once before an inner loop;
 * what depends on its own variable, once a round, for all places that share it. A call then adds two numbers an argument.
 */
class RegionWriter {
  readonly #f: Emitter;
  readonly #at: Layout;
  readonly #nameOf: NameOf;
  /** The locals that hold the variables of the loops around. */
  readonly #loops: Map<string, number>;
  /** Locals that hold terms of places, in bytes, and whole sums of them, by what they are. */
  #known = new Map<string, number>();

  /** Where threads run what is written together. */
  readonly #team: TeamLocals | undefined;
  #calledApart = 0;

  constructor(f: Emitter, at: Layout, nameOf: NameOf, loops = new Map<string, number>(), team?: TeamLocals) {
    this.#team = team;
    this.#loops = loops;
    this.#f = f;
    this.#at = at;
    this.#nameOf = nameOf;
  }

  body(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.tag === "loop") this.#loop(node);
      else this.#invoke(node);
    }
  }

  #loop(loop: Loop, team = this.#team): void {
    const { name, from = 0, count, reverse = false, parallel = false, body } = loop;
    const f = this.#f;
    const shared = team && parallel ? team : undefined;
    const [variable, first, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
    this.#count(from);
    f.tee(first);
    this.#count(count);
    f.op("i32.add");
    f.set(end);
    const outside = new Map(this.#known);
    if (shared && loop.scratch) this.#loops.set(slotOf(loop), shared.thread);
    for (const place of directPlaces(body)) this.#rememberBase(place, name);
    this.#loops.set(name, variable);
    const meeting = team && hasInnerParallel(loop) ? team : undefined;
    const waiting = meeting && this.#waiting(loop);
    const round = (): void => {
      const before = new Map(this.#known);
      for (const place of allPlaces(body))
        for (const term of place.terms) if (term.loop === name) this.#rememberTerm(term, place.buffer);
      if (meeting) this.#meetingBody(loop, waiting ? { ...meeting, waiting } : meeting);
      else if (shared?.waiting) this.#waitingBody(body, shared, shared.waiting);
      else this.body(body);
      this.#known = before;
    };
    if (shared) {
      this.#ownRounds(shared, { variable, first, end }, round);
    } else if (reverse) {
      f.get(end);
      f.i32(1);
      f.op("i32.sub");
      f.set(variable);
      const more = (): void => {
        f.get(variable, first);
        f.op("i32.ge_s");
      };
      f.while(more, () => {
        round();
        f.advance(variable, -1);
      });
    } else {
      f.get(first);
      f.set(variable);
      f.upTo(variable, () => f.get(end), 1, round);
    }
    if (waiting) this.#await(meeting!, waiting.round);
    for (const variable of variablesOf(loop)) this.#loops.delete(variable);
    this.#known = outside;
  }
  /** Where threads that run a loop need not wait at the end of its rounds: what they remember of the first is behind them. */
  #waiting(loop: Loop): TeamLocals["waiting"] {
    const at = waitingAt(loop);
    if (at === undefined) return undefined;
    const f = this.#f;
    const round = f.local("i32");
    pushRound(f);
    f.i32(1);
    f.op("i32.sub");
    f.set(round);
    return { at, round };
  }
  #waitingBody(body: readonly Node[], team: TeamLocals, { at, round }: NonNullable<TeamLocals["waiting"]>): void {
    this.body(body.slice(0, at));
    this.#await(team, round);
    this.body(body.slice(at));
  }
  #await({ threads, parks }: TeamLocals, round: number): void {
    this.#f.get(threads, parks, round);
    this.#f.op("call", AWAIT);
  }
  /**
   * The rounds of a thread: every so many-th, one time upwards and the next time downwards. What the last round has left in the
   * cache is then used by the first of the next, where rounds in one order would find nothing of theirs there.
   */
  #ownRounds({ thread, threads, down: told }: TeamLocals, { variable, first, end }: Rounds, round: () => void): void {
    const f = this.#f;
    const [next, both] = [f.local("i32"), f.local("i32")];
    const down = told ?? f.local("i32");
    f.get(first, thread);
    f.op("i32.add");
    f.tee(next);
    f.get(end);
    f.op("i32.lt_s");
    f.if(() => {
      // both = 2·next + threads·((end - 1 - next) div threads): the sum of its first round and its last
      f.get(end);
      f.i32(1);
      f.op("i32.sub");
      f.get(next);
      f.op("i32.sub");
      f.get(threads);
      f.op("i32.div_u");
      f.get(threads);
      f.op("i32.mul");
      f.get(next);
      f.i32(2);
      f.op("i32.mul");
      f.op("i32.add");
      f.set(both);
      f.op("loop");
      f.get(both, next);
      f.op("i32.sub");
      f.get(next, down);
      f.op("select");
      f.set(variable);
      round();
      f.get(next, threads);
      f.op("i32.add");
      f.tee(next);
      f.get(end);
      f.op("i32.lt_s");
      f.op("br_if", 0);
      f.op("end");
      if (told === undefined) this.#turn(down);
    });
  }
  #turn(down: number): void {
    this.#f.get(down);
    this.#f.op("i32.eqz");
    this.#f.set(down);
  }
  /** A parallel loop as a function of its own, of the team, its direction, and the loops around. */
  #apart(loop: Loop, team: TeamLocals, { name, add }: NonNullable<TeamLocals["apart"]>, number: number): void {
    const f = this.#f;
    const { waiting } = team;
    const around = [...this.#loops.keys()];
    const more = [...around.map((variable) => this.#loops.get(variable)!), ...(waiting ? [waiting.round] : [])];
    const variables = new Map(around.map((variable, k) => [variable, 4 + k]));
    const own = {
      ...TEAM,
      down: 3,
      ...(waiting && { waiting: { at: waiting.at, round: 4 + around.length } }),
    };
    const write = (inner: Emitter): void =>
      new RegionWriter(inner, this.#at, this.#nameOf, variables, own).body([loop]);
    const params = range(4 + more.length).map(() => "i32" as const);
    const code = defineFunction(`${name}.${number}`, params, write);
    add(code);
    const down = f.local("i32");
    f.get(team.thread, team.threads, team.parks, down, ...more);
    f.op("call", code.name);
    this.#turn(down);
  }
  /** Each thread runs the rounds that are its own; the first alone does what nobody shares. */
  #meetingBody(loop: Loop, team: TeamLocals): void {
    const f = this.#f;
    const meets = meetings(loop);
    const meet = (): void => {
      f.get(team.threads, team.parks);
      f.op("call", MEET);
    };
    loop.body.forEach((node, k) => {
      if (meets[k]) meet();
      if (team.apart && isLarge(node)) return this.#apart(node, team, team.apart, this.#calledApart++);
      if (node.tag === "loop" && (isParallel(node) || hasInnerParallel(node))) return this.#loop(node, team);
      f.get(team.thread);
      f.op("i32.eqz");
      f.if(() => this.body([node]));
    });
    if (!meets.at(-1)) return;
    if (!team.waiting) return meet();
    this.#await(team, team.waiting.round); // a thread without rounds of its own has not waited
    pushRound(f);
    f.set(team.waiting.round);
    f.get(team.threads);
    f.op("call", ARRIVE);
  }
  #invoke(call: Invoke): void {
    const { args, counts } = signatureOf(call.kernel);
    for (const name of args) {
      const p = call.args[name];
      if (!p) throw new Error(`${call.kernel.kind}: argument '${name}' is missing`);
      this.#address(p);
    }
    for (const name of counts) {
      const c = call.counts?.[name];
      if (c === undefined) throw new Error(`${call.kernel.kind}: count '${name}' is missing`);
      if (typeof c !== "number") this.#count(c);
    }
    this.#f.op("call", this.#nameOf(call));
  }

  #count(c: Count): void {
    if (typeof c === "number") return this.#f.i32(c);
    this.#address(c);
    this.#f.op("i32.load", 0);
  }

  #bytesOf(buffer: string): number {
    const b = this.#at.buffers.get(buffer);
    if (!b) throw new Error(`no buffer '${buffer}'`);
    return BYTES[b.type];
  }

  /** Keeps in a local what a place is without the terms of a loop that is about to begin. */
  #rememberBase(place: Place, loop: string): void {
    const key = baseKey(place, loop);
    if (this.#known.has(key) || place.terms.every((t) => t.loop === loop)) return;
    this.#address({ ...place, terms: place.terms.filter((t) => t.loop !== loop) });
    this.#keep(key);
  }
  /** Keeps in a local what a term adds in this round. */
  #rememberTerm(term: Term, buffer: string): void {
    const bytes = this.#bytesOf(buffer);
    const key = termKey(term, bytes);
    if (this.#known.has(key)) return;
    this.#term(term, buffer);
    this.#keep(key);
  }
  #keep(key: string): void {
    const local = this.#f.local("i32");
    this.#f.set(local);
    this.#known.set(key, local);
  }

  /** Pushes the address: from the longest part that is known, the rest term by term. */
  #address(place: Place): void {
    const f = this.#f;
    const inner = this.#innermost;
    const base = this.#known.get(baseKey(place, inner));
    if (base !== undefined) f.get(base);
    else {
      f.address(this.#at.offsets.get(place.buffer)! + place.offset * this.#bytesOf(place.buffer));
      for (const term of place.terms) if (term.loop !== inner) this.#plusTerm(term, place.buffer);
    }
    for (const term of place.terms) if (term.loop === inner) this.#plusTerm(term, place.buffer);
  }
  /** The variable of the innermost loop that is running. */
  get #innermost(): string | undefined {
    let last: string | undefined;
    for (const name of this.#loops.keys()) last = name;
    return last;
  }
  #plusTerm(term: Term, buffer: string): void {
    this.#term(term, buffer);
    this.#f.op("i32.add");
  }
  #term(term: Term, buffer: string): void {
    const f = this.#f;
    const bytes = this.#bytesOf(buffer);
    const known = this.#known.get(termKey(term, bytes));
    if (known !== undefined) return f.get(known);
    const variable = this.#loops.get(term.loop);
    if (variable === undefined) throw new Error(`place in '${buffer}': no loop '${term.loop}' around it`);
    f.get(variable);
    if (term.shift) {
      f.i32(term.shift);
      f.op("i32.add");
    }
    if (term.modulo) {
      f.i32(term.modulo - 1);
      f.op("i32.and");
    }
    if (term.most !== undefined) {
      const moved = f.local("i32");
      f.tee(moved);
      f.i32(term.most);
      f.get(moved);
      f.i32(term.most);
      f.op("i32.lt_s");
      f.op("select");
    }
    f.i32(term.stride * bytes);
    f.op("i32.mul");
  }
}

const isLarge = (node: Node): node is Loop => isParallel(node) && [...invocations(node.body)].length >= LARGE;

const termKey = ({ loop, stride, shift = 0, modulo = 0, most }: Term, bytes: number): string =>
  `${loop}*${stride * bytes}+${shift}%${modulo}<${most ?? ""}`;
/** A place without the terms of a loop. */
function baseKey({ buffer, offset, terms }: Place, loop: string | undefined): string {
  let key = `${buffer}+${offset}:`;
  for (let k = 0; k < terms.length; k++) if (terms[k]!.loop !== loop) key += `${termKey(terms[k]!, 1)} `;
  return key;
}

/** Places that the nodes of a body use themselves: arguments and counts of calls, bounds of loops. */
function* directPlaces(body: readonly Node[]): Generator<Place> {
  for (const node of body) {
    const counts = node.tag === "invoke" ? Object.values(node.counts ?? {}) : [node.count, node.from ?? 0];
    for (const c of counts) if (typeof c !== "number") yield c;
    if (node.tag === "invoke")
      for (const name of signatureOf(node.kernel).args) if (node.args[name]) yield node.args[name];
  }
}
/** Those of inner loops too. */
function* allPlaces(body: readonly Node[]): Generator<Place> {
  yield* directPlaces(body);
  for (const node of body) if (node.tag === "loop") yield* allPlaces(node.body);
}
