/**
 * Which random word an element (or synapse) draws. Sixteen neighbours share four blocks of Philox4x32-10 (`philox.ts`),
 * of which each takes one word; lane for lane, so that vectors of four elements need no shuffling:
 * elements 16k + 4w + l take word w of block 4k + l, for w and l from 0 to 3. Laws have keys of their own.
 */

/** Elements whose words come from the same four blocks. */
export const DRAW_GROUP = 16;
/** The block that an element's word is in. */
export const drawBlock = (element: number): number => (((element >>> 4) << 2) | (element & 3)) >>> 0;
/** Which of its four words. */
export const drawWord = (element: number): number => (element >>> 2) & 3;

/**
 * A Poisson count takes 16 bits, and 16 more where those do not tell, which is seldom: half a word of the law's key and half
 * a word of `poissonRest`, of blocks with fewer rounds (`philox.ts`). Thirty-two neighbours share four blocks: of two groups of sixteen, each as above, the first takes
 * the low halves and the second the high ones.
 */
export const PIECE_GROUP = 2 * DRAW_GROUP;
/** The block that an element's halves are in; its word is that of `drawWord`. */
export const pieceBlock = (element: number): number => (((element >>> 5) << 2) | (element & 3)) >>> 0;
/** Whether it takes the high halves. */
export const pieceHalf = (element: number): number => (element >>> 4) & 1;

/**
 * Counts of neurons that share a mean are drawn in thousands, and half of their time would go into Philox. So Philox gives each
 * chunk of `COUNT_CHUNK` neighbours four states of xoshiro128++ (`xoshiro.ts`), for the t-th time that their law draws those of
 * blocks 16k + 4t + l of its key, for l from 0 to 3: short stretches, each from a beginning of its own, that still are a
 * function of seed, stream, sample, step and element.
 *
 * A count's word (`countLaw.ts`) takes 12 bits of them, a byte and half of one. To `COUNT_GROUP` neighbours each state gives
 * three words. The 16 bytes of the first words, state after state and the lowest byte first, go to the first half of the
 * neighbours, those of the second to the others; those of the third go to both, their low halves to the first and their high
 * halves to the others. A word's leading four bits, its column, are such a half; the eight behind them are the byte with its
 * highest bit turned (so that comparisons of signed bytes order them). Only where those are just the cut's do the 20 others
 * matter: element e takes the leading bits of word t of block e of key `countRest`.
 */
export const COUNT_CHUNK = 1024;
export const COUNT_GROUP = 32;
/** Words that a state gives to a group. */
export const COUNT_WORDS = 3;
/** Bits of a count's word that do not come from its group. */
export const COUNT_REST = 20;

/** What each law adds (by exclusive or) to the key of a stream, so that laws of one stream share nothing. */
export const LAW_KEY = {
  bits: 0,
  uniform: 0x5be0cd19,
  normal: 0x1f83d9ab,
  poisson: 0x9b05688c,
  poissonRest: 0x510e527f,
  count: 0x3c6ef372,
  countRest: 0xa54ff53a,
} as const;
