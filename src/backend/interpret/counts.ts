/** Counts of a law, element by element. */
import { countsOf } from "../../base/random.ts";
import { type KernelOf, RANGE } from "../../ir/program.ts";
import type { Frame } from "./run.ts";

export function drawCounts({ stream, law, time }: KernelOf<"drawCounts">, frame: Frame): void {
  const out = frame.arg("out");
  const number = (name: string): number => {
    const { data, at } = frame.arg(name);
    return data[at]!;
  };
  const [seed, sample, step] = [number("seed"), number("sample"), number("stepHigh") * 2 ** 32 + number("stepLow")];
  const end = RANGE * Math.ceil(frame.count("n") / RANGE);
  const first = frame.count("first");
  if (first >= frame.count("n")) return;
  countsOf({ seed, stream, sample, step }, law, time, first, end).forEach((count, k) => {
    const at = out.at + first + k;
    out.data[at] = count + (time > 0 ? out.data[at]! : 0);
  });
}
