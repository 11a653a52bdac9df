/** Energy of a network from its counts, and of two networks side by side. */
import { type Account, energy } from "../energy/account.ts";
import { type Comparison, compare } from "../energy/compare.ts";
import type { Counts } from "../energy/counts.ts";
import { prices } from "../energy/prices.ts";

/** Parameters, state and values between layers, of one inference in 32-bit numbers. */
export const storedBytes = ({ total }: Counts): number =>
  total.parameterBytes + total.stateBytes + 4 * total.bufferCount;

/** In joules an inference, by how numbers are held. */
export type Energies = {
  readonly f32: Account;
  readonly int8: Account;
};
export type Format = keyof Energies;
export const FORMATS: readonly Format[] = ["f32", "int8"];

export const energies = (counts: Counts): Energies => ({
  f32: energy(counts, prices.f32),
  int8: energy(counts, prices.int8),
});

export interface EnergyComparison extends Comparison {
  /** Some energy lies within both ranges. */
  readonly overlap: boolean;
}
export function compareEnergies(a: Energies, b: Energies): Readonly<Record<Format, EnergyComparison>> {
  const one = (format: Format): EnergyComparison => {
    const [x, y] = [a[format].total, b[format].total];
    return { ...compare(a[format], b[format]), overlap: x.low <= y.high && y.low <= x.high };
  };
  return { f32: one("f32"), int8: one("int8") };
}
