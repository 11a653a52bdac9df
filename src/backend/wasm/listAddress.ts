/** Where a kernel that is given a list reads it. */
import type { KernelContext } from "./kernel.ts";

/** A local with the byte address in the list of the entry that a count tells, such as `from` or `to`. */
export function listAddress(c: KernelContext, count: string): number {
  const { f } = c;
  const at = f.local("i32");
  f.get(c.ptr("list"));
  c.pushCount(count);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(at);
  return at;
}
