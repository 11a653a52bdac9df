/** Whether an element is recorded: all are, where none are named. */
export function memberOf(elements: ArrayLike<number> | undefined, size: number): (k: number) => boolean {
  if (!elements) return () => true;
  const mask = new Uint8Array(size);
  for (let k = 0; k < elements.length; k++) mask[elements[k]!] = 1;
  return (k) => mask[k] === 1;
}
