import type { PromiseDocument, RatiosDocument } from "./document.ts";

/** How much of a promise is kept, in words. */
export function keptText(p: PromiseDocument): string {
  if (p.dead) return "not to be judged, the spiking network is dead.";
  if (p.kept) return "kept here, against both twins and at every price.";
  const best = Math.max(...p.ratios.map((r) => r.total.high));
  if (best >= p.low) return "kept here against one twin or at some prices, and not against all.";
  const far = p.ratios.some((r) => r.bound) ? ", as far as work has prices" : "";
  return `kept here against neither twin and at no price${far}.`;
}

/** Before a ratio that lacks something. */
export const boundText = ({ bound }: Pick<RatiosDocument, "bound">): string =>
  bound ? `${bound === "unknown" ? "perhaps" : bound} ` : "";
