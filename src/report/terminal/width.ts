/** How many columns of a terminal a text takes. Ours, because the layout of texts must load in a page without a bundler. */

/** Made when it is needed: it reads tables of its own. */
let segmenter: Intl.Segmenter | undefined;
/** Drawn in two columns: East Asian wide and full-width signs (UAX 11), and pictures. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}])/u;
/** Take none: marks, joiners and controls. */
const NOTHING = /^[\p{M}\p{Cc}\p{Cf}]+$/u;
const PLAIN = /^[\u0020-\u007e]*$/;

/** A letter and its accents count once. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  segmenter ??= new Intl.Segmenter();
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) columns += NOTHING.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1;
  return columns;
}
