import type { PromiseDocument } from "./document.ts";

/** How much of a promise is kept, in words. */
export function keptText(p: PromiseDocument): string {
  if (p.kept) return "kept here, against both twins and at every price.";
  const best = Math.max(...p.ratios.map((r) => r.total.high));
  return best >= p.low
    ? "kept here against one twin or at some prices, and not against all."
    : "kept here against neither twin and at no price.";
}
