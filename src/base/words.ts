/**
 * Random words in bulk: what `LineStream` and `numberedWords` give one after the other, many at a time. A source may be a
 * compiled kernel; the plain one is the definition.
 */
import { philoxInto } from "./philox.ts";

/** What runs have in common: the key, and the second half of the counter. */
export interface WordKey {
  readonly seed: number;
  readonly stream: number;
  readonly purpose: number;
  readonly step: number;
}
/** Blocks of four words in runs: run j has blocks `first[j]`, `first[j] + 1`, … of line `line[j]`. */
export interface WordSource {
  readonly first: Uint32Array;
  readonly line: Uint32Array;
  /** Word k of run j is `planes[k & 3][j · RUN + (k >> 2)]`, until the next call. */
  readonly planes: readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  /** Draws the first `blocks` of the first `runs`. */
  draw(runs: number, blocks: number, key: WordKey): void;
}
/** Blocks that a run can have, and runs that there can be. */
export const RUN = 256;
export const RUNS = 64;

/** The definition. */
export function plainWords(): WordSource {
  const [first, line] = [new Uint32Array(RUNS), new Uint32Array(RUNS)];
  const plane = (): Uint32Array => new Uint32Array(RUNS * RUN);
  const planes = [plane(), plane(), plane(), plane()] as const;
  const block = new Uint32Array(4);
  const draw: WordSource["draw"] = (runs, blocks, { seed, stream, purpose, step }) => {
    for (let j = 0; j < runs; j++)
      for (let b = 0; b < blocks; b++) {
        philoxInto(block, first[j]! + b, line[j]!, purpose, step, seed, stream);
        for (let w = 0; w < 4; w++) planes[w]![j * RUN + b] = block[w]!;
      }
  };
  return { first, line, planes, draw };
}

/** Words `from` to `to - 1` of a numbered stream (`numberedWords`), into `out` from its start on; `to` is at most 2^33. */
export function wordsInto(
  out: Uint32Array,
  source: WordSource,
  { seed, stream, step }: Omit<WordKey, "purpose">,
  from: number,
  to: number,
): void {
  const end = Math.ceil(to / 4);
  for (let block = Math.floor(from / 4); block < end; block += RUNS * RUN) {
    const count = Math.min(RUNS * RUN, end - block);
    for (let j = 0; j < RUNS; j++) {
      source.first[j] = block + j * RUN;
      source.line[j] = 0;
    }
    source.draw(Math.ceil(count / RUN), Math.min(RUN, count), { seed, stream, purpose: 0, step });
    // Runs follow one another without a gap.
    for (let w = 0; w < 4; w++) {
      const plane = source.planes[w]!;
      const low = Math.max(0, Math.ceil((from - w) / 4) - block);
      const high = Math.min(count, Math.ceil((to - w) / 4) - block);
      for (let b = low; b < high; b++) out[4 * (block + b) + w - from] = plane[b]!;
    }
  }
}
