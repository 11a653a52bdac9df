/** How layers learned, first epoch and last. */
import type { WatchDocument } from "../document.ts";
import { percent, short } from "../numbers.ts";
import { type StyledRow, table, type View } from "./layout.ts";

/** Nothing where nobody watched. */
export function watchSections(watch: readonly WatchDocument[] | undefined, view: View): string[] {
  const [first, last] = [watch?.[0], watch?.at(-1)];
  if (!first || !last) return [];
  const layers = Object.keys(last.layers).map((node): StyledRow => {
    const [a, b] = [first.layers[node]!, last.layers[node]!];
    return [
      `  ${node}`,
      `${a.rate.toFixed(3)} to ${b.rate.toFixed(3)}`,
      `${percent(a.support)} to ${percent(b.support)}`,
      `${b.dead} of ${b.neurons}`,
      `${b.saturated}`,
    ];
  });
  const parameters = Object.keys(last.parameters).map((name): StyledRow => {
    const [a, b] = [first.parameters[name]!, last.parameters[name]!];
    return [`  ${name}`, `${short(a.gradient)} to ${short(b.gradient)}`, percent(a.change), percent(b.change)];
  });
  const title = (text: string) => ({ text, tone: "title" }) as const;
  return [
    table([[title("layers, first epoch to last"), "rate", "support", "dead", "saturated"], ...layers], view),
    table([[title("parameters, first epoch to last"), "gradient", "changed, first", "last"], ...parameters], view),
  ].filter((_, k) => [layers, parameters][k]!.length > 0);
}
