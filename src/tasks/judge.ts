/** Answers beside labels: how often each was given, and shares in which classes count alike. */

/** How often a label (row) was answered by a class (column), shape [classes][classes]. */
export function confusionOf(labels: ArrayLike<number>, answers: ArrayLike<number>, classes: number): Uint32Array {
  const confusion = new Uint32Array(classes * classes);
  for (let k = 0; k < labels.length; k++) confusion[labels[k]! * classes + answers[k]!]!++;
  return confusion;
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
