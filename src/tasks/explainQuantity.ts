/** Quantities and encoders in words. */
import { type Dimension, formatDimension, isDimensionless, NAMED, sameDimension } from "../base/dimension.ts";
import { scale } from "../base/units.ts";
import type { Encoder } from "../data/encoder.ts";

const SYMBOLS: Readonly<Record<string, string>> = {
  volt: "V",
  amp: "A",
  siemens: "S",
  farad: "F",
  ohm: "ohm",
  second: "s",
  hertz: "Hz",
  metre: "m",
  mole: "mol",
  coulomb: "C",
  watt: "W",
  joule: "J",
};
const PREFIXES: readonly (readonly [exponent: number, prefix: string])[] = [
  [9, "G"],
  [6, "M"],
  [3, "k"],
  [0, ""],
  [-3, "m"],
  [-6, "µ"],
  [-9, "n"],
  [-12, "p"],
  [-15, "f"],
];

/** What SI calls a dimension that has a name of its own; nothing for others. */
export function symbolOf(dimension: Dimension): string | undefined {
  const name = Object.keys(SYMBOLS).find((unit) => sameDimension(dimension, NAMED[unit]!));
  return name === undefined ? undefined : SYMBOLS[name];
}

/** @param value in SI */
export function quantityText(value: number, dimension: Dimension): string {
  if (isDimensionless(dimension)) return String(value);
  const name = Object.keys(SYMBOLS).find((unit) => sameDimension(dimension, NAMED[unit]!));
  if (name === undefined) return `${value} ${formatDimension(dimension)}`;
  const [exponent, prefix] = PREFIXES.find(([e]) => Math.abs(scale(value, -e)) >= 1) ?? [0, ""];
  return `${scale(value, -exponent)} ${prefix}${SYMBOLS[name]}`;
}
export const secondsText = (value: number): string => quantityText(value, NAMED.second!);

type Kind = Encoder["kind"];
const CODES: { readonly [K in Kind]: (encoder: Extract<Encoder, { kind: K }>) => readonly string[] } = {
  current: ({ gain = 1, levels }) => [
    `a constant current of ${gain} times the feature`,
    ...(levels === undefined ? [] : [`rounded to ${levels} parts of 1`]),
  ],
  stream: ({ width, gain = 1 }) => [`a current of ${gain} times the feature, ${width} features a step`],
  bernoulli: ({ gain = 1 }) => [`spikes by chance, in a step with probability ${gain} times the feature`],
  poisson: ({ rate }) => [`spikes by chance, on average ${rate} times the feature in a step`],
  rate: ({ gain = 1 }) => [`evenly spaced spikes, in a share of steps that is ${gain} times the feature`],
  latency: ({ threshold = 0.01, tau, steps }) => [
    "one spike, the larger the feature the earlier",
    `none below ${threshold}`,
    ...(tau === undefined ? [] : [`with a time constant of ${tau} steps`]),
    ...(steps === undefined ? [] : [`within the first ${steps} steps`]),
  ],
};
/** How a feature enters. */
export const codeText = (encoder: Encoder): string =>
  (CODES[encoder.kind] as (encoder: Encoder) => readonly string[])(encoder).join(", ");
