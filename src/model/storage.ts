/**
 * How the weights of synapses are stored. Where all are one number none is stored, and where they are whole numbers of a
 * unit they are stored as such, which loses nothing; else as the network's numbers are, unless the connection says how
 * narrow they may be. Then the unit is the largest weight that the law may bring over 127 or 32,767, or up to twice that
 * where it is shared with others (`sharedUnits.ts`), and each weight is off by half a unit at most.
 */

import { ModelError } from "../base/errors.ts";
import type { FloatType } from "../ir/types.ts";
import { boundsOf } from "./bounds.ts";
import type { Connection } from "./connection.ts";
import { drawing, type Initializer } from "./initializer.ts";

/** Numbers that weights of synapses are stored in: floating point of 32 bits, or whole numbers of a unit. */
export type WeightStorage = "f32" | "i16" | "i8";
export const STORAGES: readonly WeightStorage[] = ["f32", "i16", "i8"];

/** Greatest whole number of a unit; its negative is the least. */
export const MOST_UNITS = { i8: 127, i16: 32767 } as const;

/** Whole numbers of a unit. */
export interface InUnits {
  readonly form: "i8" | "i16";
  readonly unit: number;
}
/** The weight of all synapses, what a whole number stands for, or neither. */
export type StoredWeight = { readonly form: "one"; readonly unit: number } | InUnits | { readonly form: "f32" | "f64" };

/**
 * A connection's weights by themselves.
 * @param type that of the network's numbers, to which weights and units are rounded
 */
export function storedWeight(
  { weight, storage, name }: Pick<Connection, "weight" | "storage" | "name">,
  type: FloatType,
  sources: number,
): StoredWeight {
  const round = type === "f32" ? Math.fround : (x: number) => x;
  if (weight.kind === "constant") return { form: "one", unit: round(weight.value) };
  if (storage === "f32") return { form: "f32" };
  if (storage === undefined) return exactUnits(weight, round) ?? { form: type };
  const { low, high } = boundsOf(weight, sources, `connection ${name}.weight`);
  return { form: storage, unit: round(Math.max(-low, high) / MOST_UNITS[storage]) };
}

/** Draws that tell what is lost, and the share of what weights bring on the average that may be. */
const [TRIED, LOST] = [4096, 0.05];
/**
 * Laws with a long tail have few units for all that is not in it.
 * @throws {ModelError} `out-of-range` for storage that would lose what weights bring
 */
export function requireKept(c: Pick<Connection, "weight" | "storage" | "name">, sources: number): void {
  const stored = storedWeight(c, "f64", sources);
  if (stored.form !== "i8" && stored.form !== "i16") return;
  const { form, unit } = stored;
  const { zeros, mean } = kept(c, stored, sources);
  if (Math.abs(mean - 1) <= LOST) return;
  const percent = (x: number): string => `${(100 * x).toFixed(0)} %`;
  throw new ModelError(
    "out-of-range",
    `connection ${c.name}.weight`,
    `stored as ${form}, weights up to ${unit * MOST_UNITS[form]} have units of ${unit}: ${percent(zeros)} of them would be 0, and their mean ${percent(mean)} of what it is; use ${form === "i8" ? '"i16", ' : ""}"f32", or a law with bounds`,
  );
}
/** Whether weights keep what they bring on the average if they are whole numbers of a unit. */
export const isKept = (c: Pick<Connection, "weight" | "name">, stored: InUnits, sources: number): boolean =>
  Math.abs(kept(c, stored, sources).mean - 1) <= LOST;

/** Which share of a connection's weights would be 0, and what the mean of their amounts would be as a share of what it is. */
function kept({ weight, name }: Pick<Connection, "weight" | "name">, { form, unit }: InUnits, sources: number) {
  const given = weight.kind === "values" ? weight.values : undefined;
  const count = Math.min(TRIED, given?.length ?? TRIED);
  const at = given
    ? (k: number): number => given[Math.floor((k * given.length) / count)]!
    : drawing(weight, count, { name: `connection ${name}.weight`, seed: 0, fanIn: sources });
  let [all, stored, zeros] = [0, 0, 0];
  for (let k = 0; k < count; k++) {
    const w = Math.abs(at(k));
    const now = Math.abs(unitsOf(w, form, unit)) * unit;
    all += w;
    stored += now;
    if (now === 0 && w > 0) zeros++;
  }
  return { zeros: zeros / count, mean: all === 0 ? 1 : stored / all };
}

/** Given weights that are whole numbers of the smallest. */
function exactUnits(weight: Initializer, round: (x: number) => number): StoredWeight | undefined {
  if (weight.kind !== "values" || weight.values.length === 0) return undefined;
  const { values } = weight;
  let unit = Number.POSITIVE_INFINITY;
  for (let k = 0; k < values.length; k++) if (values[k] !== 0) unit = Math.min(unit, Math.abs(round(values[k]!)));
  if (!Number.isFinite(unit)) return undefined;
  let most = 0;
  for (let k = 0; k < values.length; k++) {
    const w = round(values[k]!);
    const units = Math.round(w / unit);
    most = Math.max(most, Math.abs(units));
    if (!(most <= MOST_UNITS.i16) || round(units * unit) !== w) return undefined;
  }
  return { form: most <= MOST_UNITS.i8 ? "i8" : "i16", unit };
}

/** The whole number of units that stands for a weight; of a unit of 0, where all weights are 0, none. */
export function unitsOf(weight: number, form: "i8" | "i16", unit: number): number {
  const most = MOST_UNITS[form];
  return unit === 0 ? 0 : Math.max(-most, Math.min(most, Math.round(weight / unit)));
}
/** What is stored of a weight, and delivered. */
export function asStored(weight: number, stored: StoredWeight, type: FloatType): number {
  const round = type === "f32" ? Math.fround : (x: number) => x;
  switch (stored.form) {
    case "one":
      return stored.unit;
    case "f32":
      return Math.fround(weight);
    case "f64":
      return weight;
    default:
      return round(unitsOf(weight, stored.form, stored.unit) * stored.unit);
  }
}
