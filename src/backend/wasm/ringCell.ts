/** Cells of a ring of sums. */
import type { KernelContext } from "./kernel.ts";

/** Turns the number of a step on the stack into the cell of target `post` in that step's row, counted from the part's first. */
export function pushRingCell(
  c: KernelContext,
  { group, cells }: { readonly group: number; readonly cells: number },
  post: number,
): void {
  const { f } = c;
  f.i32(group - 1);
  f.op("i32.and");
  f.i32(cells);
  f.op("i32.mul");
  f.get(post);
  f.op("i32.add");
  c.pushCount("first");
  f.op("i32.sub");
}
