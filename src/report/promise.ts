import type { PromiseDocument, RatiosDocument } from "./document.ts";

/** How much of a promise is kept, in words: with memory, and by the popular figure where that says another thing. */
export function keptText(p: PromiseDocument): string {
  if (p.dead) return "not to be judged, the spiking network is dead.";
  if (p.kept) return "with memory, kept here against both twins and at every price.";
  const best = Math.max(...p.ratios.map((r) => r.total.high));
  if (best >= p.low)
    return `with memory, kept here against one twin or at some prices, and not against all${popularText(p)}.`;
  const far = p.ratios.some((r) => r.bound) ? ", as far as work has prices" : "";
  return `with memory, kept here against neither twin and at no price${far}${popularText(p)}.`;
}

/** The popular figure is one of 32-bit floats. */
function popularText({ ratios, low }: PromiseDocument): string {
  const against = ratios.filter((r) => r.format === "f32" && r.popular >= low).map((r) => r.twin);
  return against.length === 0 ? "" : `; by sums of weights alone, kept against ${against.join(" and ")}`;
}

/** Before a ratio that lacks something. */
export const boundText = ({ bound }: { readonly bound?: RatiosDocument["bound"] | undefined }): string =>
  bound ? `${bound === "unknown" ? "perhaps" : bound} ` : "";
