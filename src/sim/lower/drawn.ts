/**
 * Who is at the other end of a connection's synapses, after how many steps and with what weight: one synapse after the other,
 * or many at a time, which gives the same.
 */
import { HOST_STEP, streamOf } from "../../base/random.ts";
import { type WordSource, wordsInto } from "../../base/words.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { type Rows, rowsOf } from "../../model/connectivity/rows.ts";
import { stepsOf } from "../../model/delays.ts";
import { drawing, type Initializer, lawOf } from "../../model/initializer.ts";
import { lookupOf } from "../../model/quantile.ts";
import { unitsOf } from "../../model/storage.ts";
import type { Context } from "./context.ts";
import { stepsDrawing } from "./delays.ts";

type Numbers = Int32Array | Float64Array;
/** Numbers of synapses, in order of source, then of target. */
export interface Series {
  /** Of synapse k. */
  readonly at: (k: number) => number;
  /** Of synapses from `first` on, as many as there is room for. */
  into(out: Numbers, first: number, source: WordSource): void;
}
export interface Drawn {
  readonly rows: Rows;
  readonly steps: Series;
  readonly weights: Series;
  /** Weights as whole numbers of a unit. */
  units(form: "i8" | "i16", unit: number): Series;
}

export function drawnOf(c: Connection, { net, options: { seed } }: Pick<Context, "net" | "options">): Drawn {
  const size = connectedSizes(net, c.from.node, c.to.node);
  const rows = rowsOf(c.connectivity, size, { name: c.name, seed });
  const draw = { name: `${c.name}.weight`, seed };
  const weight = drawing(c.weight, rows.count, { ...draw, fanIn: size.sources });
  const { origin } = rows;
  const given = c.weight.kind === "values" && origin;
  const own = given ? (k: number): number => weight(given[k]!) : weight;
  const steps = stepsDrawing(c, rows, { dt: net.dt, seed });
  return {
    rows,
    steps: c.delays
      ? ofWords(c.delays, { name: `${c.name}.delay`, seed }, steps, (x) => stepsOf(x, net.dt), c.delay)
      : oneByOne(steps),
    weights: ofWords(c.weight, draw, own),
    units: (form, unit) =>
      ofWords(
        c.weight,
        draw,
        (k) => unitsOf(own(k), form, unit),
        (x) => unitsOf(x, form, unit),
      ),
  };
}

const oneByOne = (at: (k: number) => number): Series => ({
  at,
  into: (out, first) => {
    for (let i = 0; i < out.length; i++) out[i] = at(first + i);
  },
});

/** What asks to be drawn one by one. */
const ASK = 2 ** 31 - 1;
/**
 * @param at the definition
 * @param whole what whole number is wanted of what the law gives, if one is; never falls
 * @param least whole numbers below it are asked one by one, because they may be errors
 */
function ofWords(
  from: Initializer,
  { name, seed }: { readonly name: string; readonly seed: number },
  at: (k: number) => number,
  whole?: (x: number) => number,
  least = Number.NEGATIVE_INFINITY,
): Series {
  const law = lawOf(from, name);
  if (!law) return oneByOne(at);
  const [low, high] =
    from.kind === "truncatedNormal"
      ? [from.low, from.high ?? Number.POSITIVE_INFINITY]
      : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  // Below comes before all numbers and above after all, so that the whole never falls, or never rises.
  const wanted = (word: number): number => {
    const x = law(word);
    const n = whole!(x);
    return x < low || n < least || n <= -ASK ? -ASK : x > high || n >= ASK ? ASK : n;
  };
  const lookup = whole && lookupOf(wanted);
  let words = new Uint32Array(0);
  const key = { seed, stream: streamOf(name), step: HOST_STEP };
  return {
    at,
    into: (out, first, source) => {
      if (words.length < out.length) words = new Uint32Array(out.length);
      wordsInto(words, source, key, first, first + out.length);
      for (let i = 0; i < out.length; i++) {
        const x = lookup ? lookup(words[i]!) : law(words[i]!);
        out[i] = (lookup ? x === ASK || x === -ASK : x < low || x > high) ? at(first + i) : x;
      }
    },
  };
}
