/** Numbers that kernel `lookUp` and those who make its tables agree on. */

/** Leading bits of a word that tell its cell. */
export const LOOK_BITS = 12;
/** Beside whole numbers: another word is to be drawn, or whoever made the table is to be asked. */
export const LOOK_AGAIN = -(2 ** 31);
export const LOOK_ASK = 2 ** 31 - 1;
/** Words that are drawn again before the kernel gives up. */
export const LOOK_TRIES = 64;
