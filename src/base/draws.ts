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

/** What each law adds (by exclusive or) to the key of a stream, so that laws of one stream share nothing. */
export const LAW_KEY = { bits: 0, uniform: 0x5be0cd19, normal: 0x1f83d9ab, poisson: 0x9b05688c } as const;
