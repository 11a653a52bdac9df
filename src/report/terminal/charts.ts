/** Small charts of text: sparklines, and bars with a range. */
import type { View } from "./layout.ts";

type Signs = Pick<View, "unicode">;

const LEVELS = { unicode: "▁▂▃▄▅▆▇█", ascii: "_.:-=+*#" };
const BARS = { unicode: { full: "█", open: "░" }, ascii: { full: "#", open: "-" } };

/** One sign a value, from the least, or from `floor`, to the greatest; more values than signs are averaged. */
export function sparkline(values: readonly number[], width: number, { unicode }: Signs, floor?: number): string {
  if (values.length === 0) return "";
  const means = averaged(values, width);
  const [low, high] = [floor ?? Math.min(...means), Math.max(...means)];
  const levels = LEVELS[unicode ? "unicode" : "ascii"];
  const level = (x: number): number =>
    high === low ? 0 : Math.round(((x - low) / (high - low)) * (levels.length - 1));
  return means.map((x) => levels[level(x)]).join("");
}

/** At most `width` means of neighbours. */
export function averaged(values: readonly number[], width: number): number[] {
  const count = Math.min(width, values.length);
  const border = (k: number): number => Math.round((k * values.length) / count);
  return Array.from({ length: count }, (_, k) => {
    const part = values.slice(border(k), border(k + 1));
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
}

/** Full up to `low`, open up to `high`, of a scale that ends at `most`; what is there at all shows as one sign. */
export function rangeBar(low: number, high: number, most: number, width: number, { unicode }: Signs): string {
  const { full, open } = BARS[unicode ? "unicode" : "ascii"];
  const columns = (x: number): number => (most > 0 ? Math.round((x / most) * width) : 0);
  const end = Math.max(high > 0 ? 1 : 0, columns(high));
  const solid = Math.max(low > 0 ? 1 : 0, Math.min(end, columns(low)));
  return full.repeat(solid) + open.repeat(end - solid);
}
