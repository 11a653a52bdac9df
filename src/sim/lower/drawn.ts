/**
 * Who is at the other end of a connection's synapses, after how many steps and with what weight: one synapse after the other,
 * and where kernels can draw the same (`sim/mill/`), how.
 */
import { streamOf } from "../../base/random.ts";
import { LOOK_AGAIN, LOOK_ASK } from "../../ir/lookUp.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { endsOf } from "../../model/connectivity/ends.ts";
import { type RowCounter, type Rows, rowsOf } from "../../model/connectivity/rows.ts";
import { stepsOf } from "../../model/delays.ts";
import { drawing, type Initializer, lawOf } from "../../model/initializer.ts";
import { type LookTable, lookTable } from "../../model/quantile.ts";
import { unitsOf } from "../../model/storage.ts";
import type { Context } from "./context.ts";
import { stepsDrawing } from "./delays.ts";

/** Numbers of synapses, in order of source, then of target. */
export interface Series<Law> {
  /** Of synapse k. */
  readonly at: (k: number) => number;
  /** What all have. */
  readonly all?: number | undefined;
  /** How that of synapse k comes of word k of a numbered stream. */
  readonly law?: Law | undefined;
}
interface Keyed {
  readonly seed: number;
  readonly stream: number;
}
/** Looked up; equal laws have equal names. */
export interface WholeLaw extends Keyed {
  readonly name: string;
  table(): LookTable | undefined;
}
/** `offset + scale·z`, z being uniform from 0 to 1 or standard normal. What lies outside is drawn again, or put at the bound. */
export interface FloatLaw extends Keyed {
  readonly of: "uniform" | "normal";
  readonly offset: number;
  readonly scale: number;
  readonly low: number;
  readonly high: number;
  readonly outside: "again" | "bound";
}
export interface Drawn {
  readonly rows: Rows;
  readonly steps: Series<WholeLaw>;
  readonly weights: Series<FloatLaw>;
  /** Weights as whole numbers of a unit. */
  units(form: "i8" | "i16", unit: number): Series<WholeLaw>;
}
interface Named {
  readonly name: string;
  readonly seed: number;
}
type Given = Pick<Context, "net"> & {
  readonly options: { readonly seed: number; readonly counter?: RowCounter | undefined };
};

export function drawnOf(c: Connection, { net, options: { seed, counter } }: Given): Drawn {
  const size = connectedSizes(net, c.from.node, c.to.node);
  const rows = rowsOf(c.connectivity, size, { name: c.name, seed }, counter);
  const draw = { name: `${c.name}.weight`, seed };
  const ends = () => endsOf(rows, size.targets);
  const weight = drawing(c.weight, rows.count, { ...draw, fanIn: size.sources, ends });
  const { origin } = rows;
  const given = c.weight.kind === "values" && origin;
  const own = given ? (k: number): number => weight(given[k]!) : weight;
  const steps = stepsDrawing(c, rows, { dt: net.dt, seed });
  return {
    rows,
    steps: c.delays
      ? { at: steps, law: lawOfDelays(c, c.delays, { net, options: { seed } }) }
      : { at: steps, all: c.delay },
    weights: { at: own, law: floatLaw(c.weight, draw) },
    units: (form, unit) => ({
      at: (k) => unitsOf(own(k), form, unit),
      law: wholeLaw(c.weight, draw, `${form} ${unit}`, (x) => unitsOf(x, form, unit)),
    }),
  };
}

function lawOfDelays(
  c: Connection,
  delays: Initializer,
  { net: { dt }, options: { seed } }: Given,
): WholeLaw | undefined {
  return wholeLaw(delays, { name: `${c.name}.delay`, seed }, `delay ${dt}`, (x) => stepsOf(x, dt), c.delay);
}
/** Of delays that have been checked to follow a law. */
export const delayLaw = (c: Connection, given: Given): WholeLaw => lawOfDelays(c, c.delays!, given)!;

/** What lies outside is drawn again. */
const limitsOf = (from: Initializer): { low: number; high: number } =>
  from.kind === "truncatedNormal"
    ? { low: from.low, high: from.high ?? Number.POSITIVE_INFINITY }
    : { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/**
 * @param what tells which whole numbers are wanted
 * @param whole the whole number that is wanted of what the law gives; never falls
 * @param least numbers below it are asked one by one, because they may be errors
 */
function wholeLaw(
  from: Initializer,
  { name, seed }: Named,
  what: string,
  whole: (x: number) => number,
  least = Number.NEGATIVE_INFINITY,
): WholeLaw | undefined {
  const law = lawOf(from, name);
  if (!law) return undefined;
  const { low, high } = limitsOf(from);
  const of = (word: number): number => {
    const x = law(word);
    return x < low ? Number.NEGATIVE_INFINITY : x > high ? Number.POSITIVE_INFINITY : whole(x);
  };
  const stored = (n: number): number =>
    !Number.isFinite(n) ? LOOK_AGAIN : n < least || Math.abs(n) >= LOOK_ASK ? LOOK_ASK : n;
  return {
    ...{ seed, stream: streamOf(name) },
    name: JSON.stringify([from, what, least]),
    table: () => lookTable(of, stored),
  };
}

/** Also of numbers that lie in no blocks. */
export function floatLaw(from: Initializer, { name, seed }: Named): FloatLaw | undefined {
  const key = { seed, stream: streamOf(name) };
  const open = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, outside: "bound" } as const;
  switch (from.kind) {
    case "uniform":
      return { ...key, ...open, of: "uniform", offset: from.low, scale: from.high - from.low };
    case "normal":
      return { ...key, ...open, of: "normal", offset: from.mean, scale: from.sd };
    case "clippedNormal":
    case "truncatedNormal": {
      const { mean, sd, low, high = Number.POSITIVE_INFINITY, kind } = from;
      const outside = kind === "clippedNormal" ? "bound" : "again";
      return { ...key, low, high, outside, of: "normal", offset: mean, scale: sd };
    }
    default:
      return undefined;
  }
}
