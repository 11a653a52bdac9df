/** Variables without leak that others see: a state that stands still, such as a drive of one neuron that is declared. */
import { Cascade, type Coupling } from "./cascade.ts";

/** Where variable `of` comes to rest for each unit of `from`, which stands still. */
export interface Share {
  readonly of: number;
  readonly from: number;
  readonly factor: number;
}
/**
 * The same with variables as distances from where those without leak hold them: what decays then comes to nothing, and u'
 * is not a difference of large numbers. With y' = λ y + g z and z' = Σ h x, the distance w = y + (g/λ) z follows
 * w' = λ w + (g/λ) Σ h x.
 */
export function withoutStanding(
  whole: Cascade,
  given: Float64Array,
): { cascade: Cascade; c: Float64Array; shares: Share[] } {
  const { size, rates } = whole;
  const gains = Array.from({ length: size }, () => new Float64Array(size)); // [to][from]
  for (const { to, from, gain } of whole.couplings) gains[to]![from]! += gain;
  const c = given.slice();
  const shares: Share[] = [];
  for (let z = size - 1; z >= 0; z--)
    for (let of = z + 1; of < size && rates[z] === 0; of++) {
      const gain = gains[of]![z]!;
      if (gain === 0 || rates[of] === 0) continue;
      const factor = gain / -rates[of]!;
      shares.push({ of, from: z, factor });
      gains[of]![z] = 0;
      for (let k = 0; k < z; k++) gains[of]![k]! -= factor * gains[z]![k]!;
      for (let to = of + 1; to < size; to++) gains[to]![z]! += gains[to]![of]! * factor;
      c[z]! += c[of]! * factor;
    }
  if (shares.length === 0) return { cascade: whole, c, shares };
  const couplings = gains.flatMap((row, to) =>
    Array.from(row, (gain, from): Coupling => ({ to, from, gain })).filter((x) => x.gain !== 0),
  );
  return { cascade: new Cascade(rates, couplings), c, shares };
}
