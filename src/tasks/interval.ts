/** How sure a share of right answers is. */

/** How often such an interval holds the true share. */
export const CONFIDENCE = 0.95;
/** Standard errors to either side of which so much of a normal law lies. */
const Z = 1.959964;

/**
 * The interval in which a true share lies with 95 % confidence, where `right` of `count` independent trials came out right.
 * @see Wilson 1927, Journal of the American Statistical Association 22, 209
 */
export function wilson(right: number, count: number): { readonly low: number; readonly high: number } {
  const share = right / count;
  const width = Z ** 2 / count;
  const middle = (share + width / 2) / (1 + width);
  const half = (Z * Math.sqrt((share * (1 - share)) / count + width / (4 * count))) / (1 + width);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
