/** Counts of a law, element by element. */
import { countWords } from "../../base/random.ts";
import { type KernelOf, RANGE } from "../../ir/program.ts";
import type { Frame } from "./run.ts";

export function drawCounts({ stream, bounds }: KernelOf<"drawCounts">, frame: Frame): void {
  const out = frame.arg("out");
  const number = (name: string): number => {
    const { data, at } = frame.arg(name);
    return data[at]!;
  };
  const [seed, sample, step] = [number("seed"), number("sample"), number("stepHigh") * 2 ** 32 + number("stepLow")];
  const end = RANGE * Math.ceil(frame.count("n") / RANGE);
  const first = frame.count("first");
  if (first >= frame.count("n")) return;
  countWords({ seed, stream, sample, step }, first, end).forEach((word, k) => {
    out.data[out.at + first + k] = bounds.filter((bound) => word < bound).length;
  });
}
