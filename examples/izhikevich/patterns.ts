/**
 * The twenty kinds of neurons of Izhikevich 2004, "Which model to use for cortical spiking neurons?", IEEE Trans. Neural
 * Netw. 15, 1063, figure 1, with the numbers of its program figure1.m, in its units: millivolt and millisecond.
 */
import type { izhikevich } from "rheobase";

/** One of the panels. */
export interface Pattern {
  readonly name: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** Voltage at the start; `u` is then `b·v`, unless it is given. */
  readonly v: number;
  readonly u?: number;
  /** Of the step, and of the whole panel. */
  readonly dt: number;
  readonly until: number;
  readonly current: (t: number) => number;
  /** Where the polynomial is not 0.04v² + 5v + 140. */
  readonly polynomial?: readonly [p1: number, p0: number];
  /** Accommodation has `u' = a·b·(v + 65)`. */
  readonly undamped?: boolean;
}

const within = (t: number, from: number, length: number): boolean => t > from && t < from + length;
const step =
  (from: number, height: number) =>
  (t: number): number =>
    t > from ? height : 0;
const pulses =
  (height: number, length: number, ...starts: readonly number[]) =>
  (t: number): number =>
    starts.some((from) => within(t, from, length)) ? height : 0;
const inhibited = (t: number): number => (t < 50 || t > 250 ? 80 : 75);
const class1 = [4.1, 108] as const;

export const PATTERNS: readonly Pattern[] = [
  { name: "tonic spiking", a: 0.02, b: 0.2, c: -65, d: 6, v: -70, dt: 0.25, until: 100, current: step(10, 14) },
  { name: "phasic spiking", a: 0.02, b: 0.25, c: -65, d: 6, v: -64, dt: 0.25, until: 200, current: step(20, 0.5) },
  { name: "tonic bursting", a: 0.02, b: 0.2, c: -50, d: 2, v: -70, dt: 0.25, until: 220, current: step(22, 15) },
  { name: "phasic bursting", a: 0.02, b: 0.25, c: -55, d: 0.05, v: -64, dt: 0.2, until: 200, current: step(20, 0.6) },
  { name: "mixed mode", a: 0.02, b: 0.2, c: -55, d: 4, v: -70, dt: 0.25, until: 160, current: step(16, 10) },
  {
    name: "spike frequency adaptation",
    a: 0.01,
    b: 0.2,
    c: -65,
    d: 8,
    v: -70,
    dt: 0.25,
    until: 85,
    current: step(8.5, 30),
  },
  {
    ...{ name: "class 1", a: 0.02, b: -0.1, c: -55, d: 6, v: -60, dt: 0.25, until: 300, polynomial: class1 },
    current: (t) => (t > 30 ? 0.075 * (t - 30) : 0),
  },
  {
    ...{ name: "class 2", a: 0.2, b: 0.26, c: -65, d: 0, v: -64, dt: 0.25, until: 300 },
    current: (t) => -0.5 + (t > 30 ? 0.015 * (t - 30) : 0),
  },
  { name: "spike latency", a: 0.02, b: 0.2, c: -65, d: 6, v: -70, dt: 0.2, until: 100, current: pulses(7.04, 3, 10) },
  {
    ...{ name: "subthreshold oscillations", a: 0.05, b: 0.26, c: -60, d: 0, v: -62, dt: 0.25, until: 200 },
    current: pulses(2, 5, 20),
  },
  {
    ...{ name: "resonator", a: 0.1, b: 0.26, c: -60, d: -1, v: -62, dt: 0.25, until: 400 },
    current: pulses(0.65, 4, 40, 60, 280, 320),
  },
  {
    ...{ name: "integrator", a: 0.02, b: -0.1, c: -55, d: 6, v: -60, dt: 0.25, until: 100, polynomial: class1 },
    current: pulses(9, 2, 100 / 11, 100 / 11 + 5, 70, 80),
  },
  { name: "rebound spike", a: 0.03, b: 0.25, c: -60, d: 4, v: -64, dt: 0.2, until: 200, current: pulses(-15, 5, 20) },
  { name: "rebound burst", a: 0.03, b: 0.25, c: -52, d: 0, v: -64, dt: 0.2, until: 200, current: pulses(-15, 5, 20) },
  {
    ...{ name: "threshold variability", a: 0.03, b: 0.25, c: -60, d: 4, v: -64, dt: 0.25, until: 100 },
    current: (t) => pulses(1, 5, 10, 80)(t) + pulses(-6, 5, 70)(t),
  },
  {
    ...{ name: "bistability", a: 0.1, b: 0.26, c: -60, d: 0, v: -61, dt: 0.25, until: 300 },
    current: (t) => 0.24 + pulses(1, 5, 37.5, 216)(t),
  },
  {
    ...{ name: "depolarising after-potential", a: 1, b: 0.2, c: -60, d: -21, v: -70, dt: 0.1, until: 50 },
    current: (t) => (Math.abs(t - 10) < 1 ? 20 : 0),
  },
  {
    ...{ name: "accommodation", a: 0.02, b: 1, c: -55, d: 4, v: -65, u: -16, dt: 0.5, until: 400, undamped: true },
    current: (t) => (t < 200 ? t / 25 : t >= 300 && t < 312.5 ? ((t - 300) / 12.5) * 4 : 0),
  },
  {
    name: "inhibition-induced spiking",
    a: -0.02,
    b: -1,
    c: -60,
    d: 8,
    v: -63.8,
    dt: 0.5,
    until: 350,
    current: inhibited,
  },
  {
    name: "inhibition-induced bursting",
    a: -0.026,
    b: -1,
    c: -45,
    d: -2,
    v: -63.8,
    dt: 0.5,
    until: 350,
    current: inhibited,
  },
];

/** The panel's parameters as `izhikevich` takes them. */
export const parametersOf = (p: Pattern): NonNullable<Parameters<typeof izhikevich>[0]> => ({
  a: `${p.a}/ms`,
  b: `${p.b}/ms`,
  c: `${p.c} mV`,
  d: `${p.d} mV/ms`,
  ...(p.polynomial && { p1: `${p.polynomial[0]}/ms`, p0: `${p.polynomial[1]} mV/ms` }),
  ...(p.undamped && { vU: "-65 mV", decay: 0 }),
});
/** Current in every step of the panel, which includes its last moment. */
export const currentsOf = ({ current, dt, until }: Pattern): number[] =>
  Array.from({ length: Math.round(until / dt) + 1 }, (_, k) => current(k * dt));
