/**
 * Blocks of synapses, as kernel `deliver` reads them: those of one source within one part of the targets, in order of delay,
 * in words of 32 bits.
 *
 * ```
 * header   how many quads lie before each slot of delay (`narrow`), or before each group of slots, and in all
 * quads    four cells, then four weights; segments are filled up with synapses of weight 0 to the ring's last four cells
 * ```
 * Beside the blocks there are heads, one of each, in few pages of memory, so that a spike need not look for its header among
 * rows of gigabytes. A head has of each group of slots what a visit needs, side by side: the word that its quads begin at, and
 * how many there are up to the end of each slot (`narrow`, 16 bits each), or in all.
 *
 * Narrow blocks have headers and cells of 16 bits. Others have 32: a header of groups only, and cells that count through the
 * ring from the row that arrives first in the group, so that rows need no segments.
 */
import type { WeightForm } from "./program.ts";

/** Synapses of a quad; cells at the end of each row of a ring that take what fills up segments. */
export const QUAD = 4;

const WEIGHT_WORDS: Readonly<Record<WeightForm, number>> = { one: 0, i8: 1, i16: 2, f32: 4, f64: 8 };

/** What one number of a stored weight stands for, where it is not the weight itself. */
export const hasUnit = (weight: WeightForm): boolean => weight === "one" || weight === "i8" || weight === "i16";
export const cellWords = (narrow: boolean): number => (narrow ? 2 : 4);
/** Words of four synapses. */
export const quadWords = (narrow: boolean, weight: WeightForm): number => cellWords(narrow) + WEIGHT_WORDS[weight];

export interface Header {
  readonly narrow: boolean;
  readonly groups: number;
  readonly group: number;
}
/** Segments that a header tells the beginnings of. */
export const segmentsOf = ({ narrow, groups, group }: Header): number => (narrow ? groups * group : groups);
export const headerWords = (h: Header): number => (h.narrow ? Math.ceil((segmentsOf(h) + 1) / 2) : segmentsOf(h) + 1);
/** Words of a group in a head: so many that few lie across the border of two lines. */
export function groupWords({ narrow, group }: Pick<Header, "narrow" | "group">): number {
  const words = 1 + (narrow ? Math.ceil(group / 2) : 1);
  return words === 2 ? 2 : 4 * Math.ceil(words / 4);
}
/** Words of a head: whole vectors. */
export const headWords = (h: Header): number => 4 * Math.ceil((h.groups * groupWords(h)) / 4);

/** The word that the block of a head begins at. */
export const blockAt = (h: Header, heads: ArrayLike<number>, head: number): number => heads[head]! - headerWords(h);

/**
 * Writes the head of a block.
 * @param start the word that the block begins at; its header is in `words` from `at` on
 * @param head where its head begins in `heads`
 */
export function writeHead(
  form: Header & { readonly weight: WeightForm },
  { words, at, start }: { readonly words: ArrayLike<number>; readonly at: number; readonly start: number },
  { heads, head }: { readonly heads: { [k: number]: number }; readonly head: number },
): void {
  const { narrow, groups, group, weight } = form;
  const own = narrow ? group : 1; // segments of a group
  const before = (k: number): number => (narrow ? (words[at + (k >> 1)]! >>> (16 * (k & 1))) & 0xffff : words[at + k]!);
  for (let g = 0; g < groups; g++) {
    const to = head + g * groupWords(form);
    const first = before(g * own);
    heads[to] = start + headerWords(form) + first * quadWords(narrow, weight);
    for (let k = 0; k < own; k += narrow ? 2 : 1) {
      const quads = before(g * own + k + 1) - first;
      const next = narrow && k + 1 < own ? before(g * own + k + 2) - first : 0;
      heads[to + 1 + (k >> 1)] = quads + next * 0x10000;
    }
  }
}
/** Numbers of a visit that is noted: where its first segment begins, and where each ends. */
export const visitWords = ({ narrow, group }: Pick<Header, "narrow" | "group">): number => (narrow ? group : 1) + 1;
/** Words in front of the visits that are noted. */
export const VISITS_AT = 4;
/** Quads that the header of a narrow block can count. */
export const MOST_NARROW_QUADS = 65535;
/** Cells that those of narrow blocks can name. */
export const MOST_NARROW_CELLS = 65536;
/** Words that blocks begin at multiples of. */
export const BLOCK_ALIGN = 4;

/**
 * What kernel `fillBlocks` is told of each connection: where its targets, steps and weights begin, and where the beginnings of
 * its rows among them; the first cell of each part and how many there are; what is added to steps before they are turned into
 * slots (`steps` is below 0 where that is all).
 */
export const JOIN = { target: 0, steps: 1, weights: 2, starts: 3, first: 4, width: 5, before: 6 } as const;
export const JOIN_FIELDS = 8;
