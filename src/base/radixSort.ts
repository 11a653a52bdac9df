/** Sorting of whole numbers by their bytes. */
const counts = new Uint32Array(256);
let spare: Uint32Array = new Uint32Array(1024);
const FEW = 24;

/** Sorts `array[from .. to)`, of numbers below `below`, in ascending order: in time proportional to how many there are. */
export function sortNumbers(array: Uint32Array, from: number, to: number, below: number): void {
  if (to - from < FEW) return insert(array, from, to);
  if (spare.length < to - from) spare = new Uint32Array(2 * (to - from));
  let [source, at, target, other]: [Uint32Array, number, Uint32Array, number] = [array, from, spare, 0];
  for (let shift = 0; below > 2 ** shift; shift += 8) {
    pass(source, at, target, other, to - from, shift);
    [source, at, target, other] = [target, other, source, at];
  }
  if (source !== array) array.set(source.subarray(0, to - from), from);
}
function insert(array: Uint32Array, from: number, to: number): void {
  for (let k = from + 1; k < to; k++) {
    const x = array[k]!;
    let j = k;
    for (; j > from && array[j - 1]! > x; j--) array[j] = array[j - 1]!;
    array[j] = x;
  }
}
function pass(source: Uint32Array, from: number, target: Uint32Array, to: number, length: number, shift: number): void {
  counts.fill(0);
  for (let k = from; k < from + length; k++) counts[(source[k]! >>> shift) & 255]!++;
  let next = to;
  for (let b = 0; b < 256; b++) {
    const n = counts[b]!;
    counts[b] = next;
    next += n;
  }
  for (let k = from; k < from + length; k++) {
    const x = source[k]!;
    target[counts[(x >>> shift) & 255]!++] = x;
  }
}
