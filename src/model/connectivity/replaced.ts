/** Lines whose other ends are drawn evenly with replacement, many lines at a time. */
import { LINE_STEP } from "../../base/lineStream.ts";
import { RUN, RUNS, type WordSource } from "../../base/words.ts";
import type { Lines } from "./kind.ts";

/** Words of a line beside one for each of its synapses: one in a hundred thousand is drawn again. */
const SPARE = 8;
/** Words of a run. */
const WORDS = 4 * RUN;

/** What `each` gives for lines `[from, to)`, unsorted: that of a line lies from `start[line] - before` on. */
export function replacedInto(
  lines: Lines & { readonly replaced: NonNullable<Lines["replaced"]> },
  { start, before }: { readonly start: Int32Array; readonly before: number },
  target: Uint32Array,
  [from, to]: readonly [number, number],
  source: WordSource,
): void {
  const { seed, stream } = lines.replaced;
  const runsOf = (line: number): number => Math.ceil((start[line + 1]! - start[line]! + SPARE) / WORDS);
  for (let line = from; line < to; ) {
    let [last, runs, most] = [line, 0, 0];
    for (; last < to && runs + runsOf(last) <= RUNS; last++) {
      for (let k = 0; k < runsOf(last); k++, runs++) {
        source.line[runs] = last;
        source.first[runs] = k * RUN;
      }
      most = Math.max(most, start[last + 1]! - start[last]! + SPARE);
    }
    if (last === line) last = one(lines, start[line]! - before, target, line);
    else {
      source.draw(runs, Math.min(RUN, Math.ceil(most / 4)), { seed, stream, purpose: 0, step: LINE_STEP });
      take(lines, { start, before }, target, [line, last], source, runsOf);
    }
    line = last;
  }
}

/** A line too long for all runs, or that used up its spare words. */
function one(lines: Lines, first: number, target: Uint32Array, line: number): number {
  let at = first;
  lines.each(line, (other) => {
    target[at++] = other;
  });
  return line + 1;
}

function take(
  lines: Lines & { readonly replaced: NonNullable<Lines["replaced"]> },
  { start, before }: { readonly start: Int32Array; readonly before: number },
  target: Uint32Array,
  [from, to]: readonly [number, number],
  { planes }: WordSource,
  runsOf: (line: number) => number,
): void {
  const { among, notItself } = lines.replaced;
  const refused = 2 ** 32 % among;
  const [p0, p1, p2, p3] = planes;
  for (let line = from, run = 0; line < to; run += runsOf(line), line++) {
    const base = run * RUN;
    const end = start[line + 1]! - before;
    let k = 0;
    for (let at = start[line]! - before; at < end; at++) {
      // Lemire 2019, as `LineStream.below` has it: the product is exact in 53 bits where there are fewer than 2^21.
      for (;;) {
        const b = base + (k >> 2);
        const word = (k & 3) === 0 ? p0[b]! : (k & 3) === 1 ? p1[b]! : (k & 3) === 2 ? p2[b]! : p3[b]!;
        k++;
        const product = word * among;
        const high = Math.floor(product / 2 ** 32);
        if (product - high * 2 ** 32 < refused) continue;
        target[at] = notItself && high >= line ? high + 1 : high;
        break;
      }
    }
    if (k > end - start[line]! + before + SPARE) one(lines, start[line]! - before, target, line);
  }
}
export const MOST_AMONG = 2 ** 21;
