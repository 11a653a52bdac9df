/**
 * What stands for the derivative of a spike (`u > 0`) in training. A surrogate is plain data, so that an artefact can
 * record it; `RULES` gives each kind its formula. `u` is the distance to threshold in the model's own unit.
 *
 * `smooth` is the antiderivative: a network whose spikes are replaced by it (`smoothSpikes`) has, as its true gradient,
 * exactly the surrogate gradient. Finite differences test it that way. Arctan and the normal densities have none here,
 * because the IR has neither atan nor erf.
 */
import { requirePositive } from "../base/errors.ts";
import { abs, add, call, compare, constant, div, type Expr, max, min, mul, neg, rewrite, select, sub } from "./expr.ts";

/** What stands for the derivative of a spike in training. Plain data. */
export type Surrogate =
  | { readonly kind: "triangle"; readonly width: number; readonly scale?: number }
  | { readonly kind: "boxcar"; readonly width: number }
  | { readonly kind: "sigmoid"; readonly slope: number }
  | { readonly kind: "arctan"; readonly alpha: number }
  | { readonly kind: "fastSigmoid"; readonly slope: number }
  | { readonly kind: "gaussian"; readonly sigma: number }
  | {
      readonly kind: "multiGaussian";
      readonly sigma: number;
      readonly spread: number;
      readonly height: number;
      readonly scale: number;
    };
export type SurrogateKind = Surrogate["kind"];
export type SurrogateOf<K extends SurrogateKind> = Extract<Surrogate, { kind: K }>;

function positive<S extends Surrogate>(s: S): S {
  for (const [name, value] of Object.entries(s))
    if (name !== "kind") requirePositive(`${s.kind}.${name}`, value as number);
  return s;
}
/**
 * `γ·max(0, 1 − |u|/w) / w`, zero from |u| = w on; its integral is γ, 1 unless said. Esser et al. 2016 (PNAS 113:11441);
 * Bellec et al. 2018 with w = 1 and γ = 0.3, which keeps errors from growing on their way through many steps.
 */
export const triangle = (width: number, scale = 1): Surrogate =>
  positive({ kind: "triangle", width, ...(scale !== 1 && { scale }) });
/** `1/(2w)` for |u| < w, else 0. Wu et al. 2018 (Front. Neurosci. 12:331), h1 with a = 2w. */
export const boxcar = (width: number): Surrogate => positive({ kind: "boxcar", width });
/** `k·σ(ku)·(1 − σ(ku))`: the derivative of the logistic function. snnTorch `sigmoid(slope)`; SpikingJelly `Sigmoid(alpha)`. */
export const sigmoid = (slope: number): Surrogate => positive({ kind: "sigmoid", slope });
/** `(α/2) / (1 + (π/2·α·u)²)`. snnTorch `atan(alpha)` and SpikingJelly `ATan(alpha)`, both with α = 2 unless said. */
export const arctan = (alpha: number): Surrogate => positive({ kind: "arctan", alpha });
/** `1 / (1 + k|u|)²`, whose integral is 2/k. Zenke & Ganguli 2018 (SuperSpike); snnTorch `fast_sigmoid(slope)`, 25 unless said. */
export const fastSigmoid = (slope: number): Surrogate => positive({ kind: "fastSigmoid", slope });
/** The normal density of mean 0 and deviation σ. */
export const gaussian = (sigma: number): Surrogate => positive({ kind: "gaussian", sigma });
/**
 * `γ·[(1 + h)·G(u; 0, σ) − h·G(u; σ, sσ) − h·G(u; −σ, sσ)]`, G(u; mean, deviation) the normal density: negative far out,
 * integral γ(1 − h). Yin, Corradi & Bohté 2021 (Nat. Mach. Intell. 3:905) with σ = 0.5, s = 6, h = 0.15, γ = 0.5.
 */
export function multiGaussian(
  options: { sigma?: number; spread?: number; height?: number; scale?: number } = {},
): Surrogate {
  const { sigma = 0.5, spread = 6, height = 0.15, scale = 0.5 } = options;
  return positive({ kind: "multiGaussian", sigma, spread, height, scale });
}

interface Rule<S extends Surrogate> {
  /** Half-width of the support: the derivative is exactly zero from |u| = support on. Infinity if it never is. */
  support(s: S): number;
  /** Integral over all u: 1 where a spike is worth one spike. */
  mass(s: S): number;
  derivative(s: S, u: Expr): Expr;
  smooth(s: S, u: Expr): Expr | undefined;
}

const num = (like: Expr, value: number): Expr => constant(like.type, value);
const scaled = (factor: number, x: Expr): Expr => mul(x, num(x, factor));
const plus = (x: Expr, value: number): Expr => add(x, num(x, value));
const clamp = (u: Expr, limit: number): Expr => min(max(u, num(u, -limit)), num(u, limit));
const density = (u: Expr, mean: number, sigma: number): Expr => {
  const z = scaled(1 / sigma, mean === 0 ? u : plus(u, -mean));
  return scaled(1 / (sigma * Math.sqrt(2 * Math.PI)), call("exp", scaled(-0.5, mul(z, z))));
};
const everywhere = (): number => Number.POSITIVE_INFINITY;
const unit = (): number => 1;
const none = (): undefined => undefined;

const RULES: { readonly [K in SurrogateKind]: Rule<SurrogateOf<K>> } = {
  triangle: {
    support: (s) => s.width,
    mass: ({ scale = 1 }) => scale,
    // w − |u| and not 1 − |u|/w: exactly zero at the edge, so that elements outside the support may be skipped.
    derivative: ({ width, scale = 1 }, u) =>
      scaled(scale / (width * width), max(sub(num(u, width), abs(u)), num(u, 0))),
    smooth: ({ width, scale = 1 }, u) => {
      const c = clamp(u, width);
      return plus(sub(scaled(scale / width, c), scaled((0.5 * scale) / (width * width), mul(c, abs(c)))), 0.5 * scale);
    },
  },
  boxcar: {
    support: (s) => s.width,
    mass: unit,
    derivative: (s, u) => select(compare("lt", abs(u), num(u, s.width)), num(u, 0.5 / s.width), num(u, 0)),
    smooth: (s, u) => plus(scaled(0.5 / s.width, clamp(u, s.width)), 0.5),
  },
  sigmoid: {
    support: everywhere,
    mass: unit,
    // On the side where σ is small, so that 1 − σ loses nothing.
    derivative: (s, u) => {
      const y = call("sigmoid", scaled(-s.slope, abs(u)));
      return scaled(s.slope, mul(y, sub(num(u, 1), y)));
    },
    smooth: (s, u) => call("sigmoid", scaled(s.slope, u)),
  },
  arctan: {
    support: everywhere,
    mass: unit,
    derivative: (s, u) => {
      const z = scaled((Math.PI / 2) * s.alpha, u);
      return div(num(u, s.alpha / 2), plus(mul(z, z), 1));
    },
    smooth: none,
  },
  fastSigmoid: {
    support: everywhere,
    mass: (s) => 2 / s.slope,
    derivative: (s, u) => {
      const d = plus(scaled(s.slope, abs(u)), 1);
      return div(num(u, 1), mul(d, d));
    },
    smooth: (s, u) => div(u, plus(scaled(s.slope, abs(u)), 1)),
  },
  gaussian: {
    support: everywhere,
    mass: unit,
    derivative: (s, u) => density(u, 0, s.sigma),
    smooth: none,
  },
  multiGaussian: {
    support: everywhere,
    mass: (s) => s.scale * (1 - s.height),
    derivative: ({ sigma, spread, height, scale }, u) => {
      const sides = add(density(u, sigma, spread * sigma), density(u, -sigma, spread * sigma));
      return scaled(scale, add(scaled(1 + height, density(u, 0, sigma)), neg(scaled(height, sides))));
    },
    smooth: none,
  },
};
const ruleOf = (s: Surrogate): Rule<Surrogate> => RULES[s.kind] as Rule<Surrogate>;

/** The stand-in for d spike / du, in the type of `u`. */
export const surrogateDerivative = (s: Surrogate, u: Expr): Expr => ruleOf(s).derivative(s, u);
/** A smooth function with that derivative, where the IR can write it. */
export const surrogateSmooth = (s: Surrogate, u: Expr): Expr | undefined => ruleOf(s).smooth(s, u);
/** Half-width outside which the derivative is exactly zero; Infinity if there is none. */
export const surrogateSupport = (s: Surrogate): number => ruleOf(s).support(s);
/** Whether this is what one of the functions above makes. */
export const isSurrogate = (x: unknown): x is Surrogate =>
  typeof x === "object" && x !== null && Object.hasOwn(RULES, String((x as { kind?: unknown }).kind));
/** Integral of the derivative. */
export const surrogateMass = (s: Surrogate): number => ruleOf(s).mass(s);

/** Replaces every spike by its smooth form. @throws Error if the surrogate has none */
export function smoothSpikes(roots: readonly Expr[], s: Surrogate): Expr[] {
  return rewrite(roots, (e) => {
    if (e.tag !== "spike") return e;
    const smooth = surrogateSmooth(s, e.a);
    if (!smooth) throw new Error(`surrogate ${s.kind} has no smooth form in the IR`);
    return smooth;
  });
}
