export interface Sorted {
  /** Bucket b is `order[start[b] .. start[b + 1])`. */
  readonly start: Uint32Array;
  readonly order: Uint32Array;
}
/**
 * Stable, in linear time.
 * @param keys whole numbers below `buckets`
 * @param before the order that equal keys come in; that of their places by default
 */
export function countingSort(keys: ArrayLike<number>, buckets: number, before?: Uint32Array): Sorted {
  const start = new Uint32Array(buckets + 1);
  for (let k = 0; k < keys.length; k++) start[keys[k]! + 1]!++;
  for (let b = 0; b < buckets; b++) start[b + 1]! += start[b]!;
  const next = start.slice(0, buckets);
  const order = new Uint32Array(keys.length);
  for (let n = 0; n < keys.length; n++) {
    const k = before ? before[n]! : n;
    order[next[keys[k]!]!++] = k;
  }
  return { start, order };
}
