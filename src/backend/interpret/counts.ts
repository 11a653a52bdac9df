/** Counts of a law, element by element. */
import { randomWord } from "../../base/random.ts";
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
  for (let element = frame.count("first"); element < end; element++) {
    const word = randomWord("poisson", { seed, stream, element, sample, step });
    out.data[out.at + element] = bounds.filter((bound) => word < bound).length;
  }
}
