/** Connections whose rows are drawn again for each spike: what kernels need to draw them, and the little that lies in memory. */
import { streamOf } from "../../base/random.ts";
import {
  type DrawnNumber,
  type DrawnRing,
  type DrawnSynapses,
  drawnArguments,
  drawnWork,
  isKept,
  isMade,
  isNumbered,
  KEPT_STATE,
  keptWords,
  NUMBER,
  tableOf,
  WORD,
} from "../../ir/drawnRows.ts";
import { expand } from "../../ir/expand.ts";
import { add, call, draw, type Expr, f64, max, min, mul, read, sub } from "../../ir/expr.ts";
import { along, type Place, place } from "../../ir/program.ts";
import { applyLaw } from "../../ir/random.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Step } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { proceduralRows } from "../../model/connectivity/procedural.ts";
import { rowsOf } from "../../model/connectivity/rows.ts";
import type { Thinned } from "../../model/connectivity/thinned.ts";
import { type Draw, drawing, type Initializer } from "../../model/initializer.ts";
import type { Context } from "./context.ts";
import { delayLaw } from "./drawn.ts";
import { PART } from "./parts.ts";

/** How a connection is drawn, and the arguments of kernels that do it. */
export interface Again {
  readonly drawn: DrawnSynapses;
  readonly args: Readonly<Record<string, Place>>;
}

/**
 * @param ring where delays of its synapses differ, or arrivals are added up beforehand
 * @param calls groups of slots that its synapses may be in
 */
export function drawnAgain(
  c: Connection,
  context: Context,
  ring?: Pick<DrawnRing, "group" | "cells">,
  calls = 1,
): Again {
  const { seed } = context.options;
  const size = connectedSizes(context.net, c.from.node, c.to.node);
  const { rows, degrees, thinned } = proceduralRows(c.connectivity, size, { name: c.name, seed });
  const own = c.weight.kind !== "constant";
  const steps = ring && c.delays && { seed, stream: streamOf(`${c.name}.delay`) };
  const plain: DrawnSynapses = {
    ...rows,
    ...(own && { numbers: { w: drawnNumber(c.weight, { name: `${c.name}.weight`, seed, fanIn: size.sources }) } }),
    ...(ring && { ring: { ...ring, ...(steps && { steps }) } }),
  };
  if (c.weight.kind === "constant") context.constant(`${c.name}.w`, [c.weight.value]);
  if (degrees && !isMade(plain))
    context.filled(`${c.name}.degree`, "u32", degrees.length, "constant", (to) => to.set(degrees));
  const drawn = isMade(plain) ? withRoom(c, plain, calls, context) : plain;
  if (steps) delayTable(c, context);
  if (thinned) boxTables(c, thinned, context);
  return { drawn, args: argumentsOf(c, drawn, context) };
}

/** Where rows begin, if they were stored one after the other; and of each part room for the longest, and for some. */
function withRoom(c: Connection, plain: DrawnSynapses, calls: number, context: Context): DrawnSynapses {
  const { seed, counter } = context.options;
  const size = connectedSizes(context.net, c.from.node, c.to.node);
  const { start } = rowsOf(c.connectivity, size, { name: c.name, seed }, counter);
  let longest = 1;
  for (let k = 0; k < size.sources; k++) longest = Math.max(longest, start[k + 1]! - start[k]!);
  context.constant(`${c.name}.rowStart`, start, "i32");
  const numberWords = plain.numbers ? BYTES[context.type] / 4 : 0;
  const own = { sources: size.sources, synapses: start[size.sources]!, longest };
  const { group = 1 } = plain.ring ?? {};
  const words = roomForRows(own, { calls, group }, numberWords, context);
  const drawn = calls > 1 ? { ...plain, ring: { ...plain.ring!, kept: { calls, words } } } : plain;
  const rooms: Readonly<Record<string, number>> = {
    ...{ row: longest, spare: longest, bins: 256, marks: Math.ceil(size.targets / 32) },
    ...{
      kept: words + keptWords(calls, longest, numberWords),
      where: size.sources,
      state: KEPT_STATE,
      keys: calls + longest,
    },
  };
  for (const name of drawnWork(drawn)) {
    const room = LINE * Math.ceil((rooms[name] ?? longest) / LINE);
    context.transient(`${c.name}.${name}`, name in rooms ? "u32" : context.type, context.parts * room);
  }
  return drawn;
}
/** Numbers of a cache line, so that threads share none. */
const LINE = 16;
/** Spikes a second of each neuron that there is room for; a share of all rows, and words of all parts together, at most. */
const [RATE, SHARE, MOST_KEPT] = [40, 1 / 4, 2 ** 26];
/** Words of each part for rows that several calls go through: for those that are under way, and for two in any case. */
function roomForRows(
  { sources, synapses, longest }: Readonly<Record<"sources" | "synapses" | "longest", number>>,
  { calls, group }: Readonly<Record<"calls" | "group", number>>,
  numberWords: number,
  { parts, net }: Context,
): number {
  const all = sources * keptWords(calls, 0, 0) + synapses * (1 + numberWords);
  const share = Math.min(SHARE, RATE * calls * group * net.dt);
  return Math.max(2 * keptWords(calls, longest, numberWords), Math.ceil(Math.min(MOST_KEPT, share * all) / parts));
}
/** Everything of a lowered network that is drawn again. */
interface Drawing {
  readonly sources: {
    readonly again: ReadonlyMap<string, Again>;
    readonly synapses: ReadonlyMap<string, { readonly again?: Again }>;
  };
}
const allOf = ({ sources: { again, synapses } }: Drawing): [string, Again][] => [
  ...again,
  ...[...synapses].flatMap(([name, tables]): [string, Again][] => (tables.again ? [[name, tables.again]] : [])),
];
/** What tells which rows are kept for spikes under way: to be zero where those change from outside. */
export const keptBuffers = (l: Drawing): string[] =>
  allOf(l).flatMap(([name, { drawn }]) => (isKept(drawn) ? [`${name}.where`, `${name}.state`] : []));

function boxTables({ name }: Connection, { members, boxStart, tables }: Thinned, context: Context): void {
  context.constant(`${name}.members`, members, "u32");
  context.constant(`${name}.boxStart`, boxStart, "u32");
  for (const [slot, values] of Object.entries(tables)) context.constant(`${name}.${tableOf(slot)}`, values, "f64");
}
function delayTable(c: Connection, context: Context): void {
  const { cells, bounds, values } = delayLaw(c, context).table()!;
  context.constant(`${c.name}.cells`, cells, "i32");
  context.constant(`${c.name}.bounds`, bounds, "u32");
  context.constant(`${c.name}.values`, values, "i32");
}

function argumentsOf(c: Connection, drawn: DrawnSynapses, context: Context): Record<string, Place> {
  const names = [...drawnArguments(drawn), ...(isNumbered(drawn) && drawn.numbers ? [] : ["w"])];
  return Object.fromEntries(
    names.map((name) => {
      const buffer = context.buffers.get(`${c.name}.${name}`)!;
      const own = buffer.role === "work" && context.parts > 1;
      return [name, place(buffer.name, 0, ...(own ? [along(PART, buffer.length / context.parts)] : []))];
    }),
  );
}

/** What `drawing` of the same law gives of the same synapse, bit for bit. */
function drawnNumber(from: Initializer, at: Draw): DrawnNumber {
  drawing(from, 0, at); // looks at what the law says
  const value = (FORMULAS[from.kind] as Formula<Initializer> | undefined)?.(from, at);
  if (!value) throw new Error(`${at.name}: ${from.kind} is not drawn again (was the connection checked?)`);
  const step: Step = {
    name: from.kind,
    slots: [
      { name: WORD, type: "u32", space: "element" },
      { name: NUMBER, type: "f64", space: "element" },
    ],
    stores: [{ slot: NUMBER, mode: "set", value }],
  };
  return {
    ...{ seed: at.seed, stream: streamOf(at.name), step: simplify(expand(step)) },
    ...(from.kind === "truncatedNormal" && { within: { low: from.low, high: from.high ?? Number.POSITIVE_INFINITY } }),
  };
}
type Kind<K extends Initializer["kind"]> = Extract<Initializer, { kind: K }>;
type Formula<T> = (from: T, draw: Draw) => Expr;
const word = read("u32", WORD);
const uniform = applyLaw(draw("uniform", "f64", 0) as never, word);
const normal = applyLaw(draw("normal", "f64", 0) as never, word);
const scaled = (offset: number, scale: number, of: Expr): Expr => add(f64(offset), mul(f64(scale), of));
/** As the rules of `model/initializer.ts` have them, operation by operation. */
const FORMULAS: { readonly [K in Initializer["kind"]]?: Formula<Kind<K>> } = {
  uniform: ({ low, high }) => scaled(low, high - low, uniform),
  normal: ({ mean, sd }) => scaled(mean, sd, normal),
  truncatedNormal: ({ mean, sd }) => scaled(mean, sd, normal),
  clippedNormal: ({ mean, sd, low, high = Number.POSITIVE_INFINITY }) =>
    min(f64(high), max(f64(low), scaled(mean, sd, normal))),
  logNormal: ({ mu, sigma }) => call("exp", scaled(mu, sigma, normal)),
  exponential: ({ mean }) => mul(f64(-mean), call("log", uniform)),
  fanIn: ({ gain }, { fanIn = 1 }) => mul(f64(gain / Math.sqrt(fanIn)), sub(mul(f64(2), uniform), f64(1))),
};
