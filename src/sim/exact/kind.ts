/** A model's exact form with numbers in it: what neurons with equal parameters share. */
import { ModelError } from "../../base/errors.ts";
import type { Expr } from "../../ir/expr.ts";
import { evaluate } from "../../ir/scalar.ts";
import { Bound } from "./bound.ts";
import { Cascade, type Coupling } from "./cascade.ts";
import { Crossing } from "./crossing.ts";
import type { Affine, ExactForm } from "./form.ts";

export interface Kind {
  readonly cascade: Cascade;
  /** Of the compared sum: coefficients, and what is added to it. */
  readonly compared: Float64Array;
  readonly offset: number;
  readonly crossing?: Crossing;
  readonly bound?: Bound;
  /** What a spike makes of the variables: `matrix · x + rest`, a row a variable, of those that it changes. */
  readonly resets: readonly ResetRow[];
  /** Seconds. */
  readonly refractory: number;
  /** Constant part of each derivative, and factors of inputs. */
  readonly rest: Float64Array;
  readonly inputs: readonly { readonly to: number; readonly input: string; readonly factor: number }[];
  /** By port: what a weight of 1 adds, variable by variable. */
  readonly jumps: ReadonlyMap<string, readonly Jump[]>;
  /** Of each variable, where the number lies that it adds up all the time; -1 where it has a state of rest. */
  readonly ramps: Int32Array;
}
export interface Jump {
  readonly variable: number;
  readonly factor: number;
}
export interface ResetRow {
  readonly variable: number;
  readonly factors: Float64Array;
  readonly rest: number;
}

/** Where each number of a state lies: constant drives of variables without leak first, then the variables. */
export interface Layout {
  readonly size: number;
  readonly place: ReadonlyMap<string, number>;
  /** Of each variable that may add up a constant drive. */
  readonly ramp: ReadonlyMap<string, number>;
}

type Numbers = ReadonlyMap<string, number>;
/** The value of an expression of parameters. */
export const numberOf = (e: Expr, parameters: Numbers): number =>
  evaluate(e, (leaf) => (leaf.tag === "read" ? parameters.get(leaf.slot)! : Number.NaN));

/** Room for the constant drive of variables that have no leak, in one of the kinds at least. */
export function layoutOf(form: ExactForm, kinds: readonly Numbers[]): Layout {
  const driven = form.variables.filter((name) => {
    const { own } = form.rows.get(name)!;
    return kinds.some((parameters) => numberOf(own, parameters) === 0);
  });
  const ramp = new Map(driven.map((name, k) => [name, k]));
  const place = new Map(form.variables.map((name, k) => [name, driven.length + k]));
  return { size: driven.length + form.variables.length, place, ramp };
}

/** @throws {ModelError} `unsupported` for a variable that grows by itself; `out-of-range` for numbers that are none */
export function kindOf(form: ExactForm, layout: Layout, parameters: Numbers): Kind {
  const { model, variables, rows } = form;
  const value = (e: Expr, what: string): number => {
    const x = numberOf(e, parameters);
    if (Number.isFinite(x)) return x;
    throw new ModelError("not-finite", `${model.name}.${what}`, `must be finite, got ${x}`);
  };
  const at = (name: string): number => layout.place.get(name)!;
  const rates = new Float64Array(layout.size);
  const rest = new Float64Array(layout.size);
  const couplings: Coupling[] = [];
  const ramps = new Int32Array(layout.size).fill(-1);
  for (const name of variables) {
    const row = rows.get(name)!;
    const rate = value(row.own, name);
    if (rate > 0)
      throw new ModelError(
        "unsupported",
        `${model.name}.d${name}/dt`,
        `${name} grows by itself, at ${rate} a second; exact spike times need variables that decay or stand still`,
      );
    rates[at(name)] = rate;
    rest[at(name)] = value(row.rest, name);
    for (const [from, gain] of row.others) couplings.push({ to: at(name), from: at(from), gain: value(gain, name) });
    if (rate !== 0) continue;
    ramps[at(name)] = layout.ramp.get(name)!;
    couplings.push({ to: at(name), from: layout.ramp.get(name)!, gain: 1 });
  }
  const cascade = new Cascade(rates, couplings);
  const rowFrom = (a: Affine, what: string): { factors: Float64Array; rest: number } => {
    const factors = new Float64Array(layout.size);
    for (const [name, k] of a.terms) factors[at(name)] = value(k, what);
    return { factors, rest: value(a.rest, what) };
  };
  checkQuiet(form, (a) => rowFrom(a, "after"), at);
  const compared = form.excess ? rowFrom(form.excess, "spike") : { factors: new Float64Array(layout.size), rest: 0 };
  const bound = form.excess && Bound.of(cascade, compared.factors);
  const refractory = form.refractory ? value(form.refractory, "refractory") : 0;
  if (refractory < 0)
    throw new ModelError("out-of-range", `${model.name}.refractory`, `must be at least 0 s, got ${refractory}`);
  return {
    cascade,
    compared: compared.factors,
    offset: compared.rest,
    ...(form.excess && { crossing: new Crossing(cascade, compared.factors) }),
    ...(bound && { bound }),
    resets: [...form.reset].map(([name, a]) => ({ variable: at(name), ...rowFrom(a, "reset") })),
    refractory,
    rest,
    inputs: variables.flatMap((name) =>
      [...rows.get(name)!.inputs].map(([input, k]) => ({ to: at(name), input, factor: value(k, input) })),
    ),
    jumps: new Map(
      [...form.jumps].map(([port, to]) => [
        port,
        [...to].map(([name, k]) => ({ variable: at(name), factor: value(k, port) })),
      ]),
    ),
    ramps,
  };
}

/** What ends every step of a clock must change nothing where there is no spike. */
function checkQuiet(
  { model, quiet }: ExactForm,
  rowFrom: (a: Affine) => { factors: Float64Array; rest: number },
  at: (name: string) => number,
): void {
  for (const [name, a] of quiet) {
    const { factors, rest } = rowFrom(a);
    if (rest === 0 && factors.every((x, i) => x === (i === at(name) ? 1 : 0))) continue;
    throw new ModelError(
      "unsupported",
      `${model.name}.after`,
      `changes ${name} in every step, and there are no steps; exact spike times need changes that 'spike' brings`,
    );
  }
}
