/** White noise in a system of equations: what multiplies it, and the method of Milstein. */
import { type Draw, type Expr, f64, read, rewrite } from "../../ir/expr.ts";
import { isZero, minus, plus, times, total } from "../algebra.ts";
import { type Linear, linearForm } from "../linear.ts";
import { TIME } from "../slots.ts";
import { here, type Method, readsOf, type System, substitute, unsupported } from "./system.ts";

const slotOf = (stream: number): string => `xi.${stream}`;

/** Each derivative as drift and, for each noise, what multiplies its normal number of the step. */
function noiseForms(system: System): Map<string, Linear> {
  const draws = new Map<string, Draw>();
  const named = (slope: Expr): Expr =>
    rewrite([slope], (e) => {
      if (e.tag !== "draw" || !system.noise.has(e.stream)) return e;
      draws.set(slotOf(e.stream), e);
      return read("f64", slotOf(e.stream));
    })[0]!;
  const slopes = [...system.equations].map(([name, slope]) => [name, named(slope)] as const);
  return new Map(
    slopes.map(([name, slope]) => {
      const form = linearForm(slope, new Set(draws.keys()));
      if (!form) throw unsupported(system, `d${name}/dt must be linear in its white noise (xi)`);
      return [name, { ...form, terms: new Map([...form.terms].filter(([, c]) => !isZero(c))) }];
    }),
  );
}

/** Whether noise is multiplied by something that moves, or by time: Brian then takes Heun's method, and so Stratonovich's meaning. */
export function isMultiplicative(system: System): boolean {
  const coefficients = [...noiseForms(system).values()].flatMap((form) => [...form.terms.values()]);
  return coefficients.some((c) => readsOf(c).some((slot) => slot === TIME || system.equations.has(slot)));
}

/**
 * Milstein's method without derivatives, in Stratonovich's meaning, for noise that is diagonal: each equation has one of its
 * own at most. Strong order 1. (Kloeden and Platen 1992, sec. 11.1; Brian 2's `milstein`.) With N the normal number of the
 * step and G = g/√h:  x + h f + h G N + h/2 (G(x + h f + h G) - G) N².
 */
export const milstein: Method = (system, h) => {
  const forms = noiseForms(system);
  const used = [...forms.values()].flatMap(({ terms }) => [...terms.keys()]);
  const shared = used.find((name, k) => used.indexOf(name) !== k);
  if (shared !== undefined || [...forms.values()].some(({ terms }) => terms.size > 1))
    throw unsupported(
      system,
      "milstein needs noise of its own for each equation, one at most (xi_a, xi_b, …); use heun",
    );
  const gain = (form: Linear): Expr => [...form.terms.values()][0] ?? f64(0);
  const drawn = new Map<string, Expr>();
  const draws = (e: Expr): Expr => {
    if (e.tag === "draw" && system.noise.has(e.stream)) drawn.set(slotOf(e.stream), e);
    return e;
  };
  rewrite([...system.equations.values()], draws);
  const support = new Map(
    [...forms].map(([name, form]) => [name, total([here(name), times(h, form.rest), times(h, gain(form))])]),
  );
  return new Map(
    [...forms].map(([name, form]) => {
      const drift = plus(here(name), times(h, form.rest));
      const [noise] = form.terms.keys();
      if (noise === undefined) return [name, drift];
      const [g, n] = [gain(form), drawn.get(noise)!];
      const change = minus(substitute([g], support)[0]!, g);
      const half = times(times(f64(0.5), h), times(change, times(n, n)));
      return [name, total([drift, times(times(h, g), n), half])];
    }),
  );
};
