/** How near gradients are to others. */
import { expect } from "vitest";

type Blocks = Readonly<Record<string, ArrayLike<number>>>;

/** The largest difference within each block, relative to the largest number of the expected block. */
export function distances(found: Blocks, expected: Blocks): Record<string, number> {
  return Object.fromEntries(
    Object.entries(expected).map(([name, block]) => {
      const scale = Math.max(...Array.from(block, Math.abs));
      expect(scale, name).toBeGreaterThan(0); // a gradient of zeros would prove nothing
      return [name, Math.max(...Array.from(block, (x, k) => Math.abs(x - found[name]![k]!))) / scale];
    }),
  );
}
export function expectNear(found: Blocks, expected: Blocks, tolerance: number): void {
  for (const [name, d] of Object.entries(distances(found, expected))) expect(d, name).toBeLessThan(tolerance);
}
