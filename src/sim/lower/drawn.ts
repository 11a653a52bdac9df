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

/** Numbers of synapses, in order of source, then of target. */
export interface Series<Numbers> {
  /** Of synapse k. */
  readonly at: (k: number) => number;
  /** Of synapses from `first` on, as many as there is room for. */
  into(out: Numbers, first: number, source: WordSource): void;
}
export interface Drawn {
  readonly rows: Rows;
  readonly steps: Series<Int32Array>;
  readonly weights: Series<Float64Array>;
  /** Weights as whole numbers of a unit. */
  units(form: "i8" | "i16", unit: number): Series<Int32Array>;
}
interface Named {
  readonly name: string;
  readonly seed: number;
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
      ? wholeNumbersOf(c.delays, { name: `${c.name}.delay`, seed }, steps, (x) => stepsOf(x, net.dt), c.delay)
      : oneByOne(steps),
    weights: numbersOf(c.weight, draw, own),
    units: (form, unit) =>
      wholeNumbersOf(
        c.weight,
        draw,
        (k) => unitsOf(own(k), form, unit),
        (x) => unitsOf(x, form, unit),
      ),
  };
}

const oneByOne = (at: (k: number) => number): Series<Int32Array | Float64Array> => ({
  at,
  into: (out, first) => {
    for (let i = 0; i < out.length; i++) out[i] = at(first + i);
  },
});

/** Words of a numbered stream, into an array that is used again. */
function streamWords(name: string, seed: number): (first: number, count: number, source: WordSource) => Uint32Array {
  const key = { seed, stream: streamOf(name), step: HOST_STEP };
  let words = new Uint32Array(0);
  return (first, count, source) => {
    if (words.length < count) words = new Uint32Array(2 * count);
    wordsInto(words, source, key, first, first + count);
    return words;
  };
}
/** What lies outside is drawn again, one by one. */
const limitsOf = (from: Initializer): { low: number; high: number } =>
  from.kind === "truncatedNormal"
    ? { low: from.low, high: from.high ?? Number.POSITIVE_INFINITY }
    : { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** @param at the definition */
function numbersOf(from: Initializer, { name, seed }: Named, at: (k: number) => number): Series<Float64Array> {
  const law = lawOf(from, name);
  if (!law) return oneByOne(at);
  const { low, high } = limitsOf(from);
  const wordsFrom = streamWords(name, seed);
  return {
    at,
    into: (out, first, source) => {
      const words = wordsFrom(first, out.length, source);
      for (let k = 0; k < out.length; k++) {
        const x = law(words[k]!);
        out[k] = x < low || x > high ? at(first + k) : x;
      }
    },
  };
}

/** What asks to be drawn one by one. */
const ASK = 2 ** 31 - 1;
/**
 * @param at the definition
 * @param whole the whole number that is wanted of what the law gives; never falls
 * @param least numbers below it are asked one by one, because they may be errors
 */
function wholeNumbersOf(
  from: Initializer,
  { name, seed }: Named,
  at: (k: number) => number,
  whole: (x: number) => number,
  least = Number.NEGATIVE_INFINITY,
): Series<Int32Array> {
  const law = lawOf(from, name);
  if (!law) return oneByOne(at);
  const { low, high } = limitsOf(from);
  // Below comes before all numbers and above after all, so that the whole never falls, or never rises.
  const lookup = lookupOf((word) => {
    const x = law(word);
    const n = whole(x);
    return x < low || n < least || n <= -ASK ? -ASK : x > high || n >= ASK ? ASK : n;
  });
  const wordsFrom = streamWords(name, seed);
  return {
    at,
    into: (out, first, source) => {
      lookup.into(out, wordsFrom(first, out.length, source));
      for (let k = 0; k < out.length; k++) if (Math.abs(out[k]!) === ASK) out[k] = at(first + k);
    },
  };
}
