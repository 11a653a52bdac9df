/** Shares of right answers, and how sure they are. */
import type { Range } from "../report/document.ts";

/** How often a label (row) was answered by a class (column), shape [classes][classes]. */
export function confusionOf(labels: ArrayLike<number>, answers: ArrayLike<number>, classes: number): Uint32Array {
  const confusion = new Uint32Array(classes * classes);
  for (let k = 0; k < labels.length; k++) confusion[labels[k]! * classes + answers[k]!]!++;
  return confusion;
}

/** Two standard errors of a share (1.96, to be exact): Wilson 1927, J. Am. Stat. Assoc. 22:209. */
export function wilson(share: number, count: number): Range & { readonly confidence: number } {
  const z2 = 1.959963984540054 ** 2 / count;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = Math.sqrt(z2 * share * (1 - share) + (z2 / 2) ** 2) / (1 + z2);
  return { low: middle - half, typical: share, high: middle + half, confidence: 0.95 };
}

/** Mean of the recalls of the classes that there are. @param confusion shape [labels][answers], square */
export function balancedOf(confusion: ArrayLike<number>): number {
  const classes = Math.round(Math.sqrt(confusion.length));
  const recalls: number[] = [];
  for (let k = 0; k < classes; k++) {
    let count = 0;
    for (let c = 0; c < classes; c++) count += confusion[k * classes + c]!;
    if (count > 0) recalls.push(confusion[k * classes + k]! / count);
  }
  return recalls.reduce((a, b) => a + b, 0) / recalls.length;
}
