/** Where the quads of listed sources lie, of a group of delays (`ir/blocks.ts`). */
import { groupWords, headWords, quadWords } from "../../ir/blocks.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { KernelContext } from "./kernel.ts";
import { listAddress } from "./listAddress.ts";

export type Heads = Pick<KernelOf<"deliver">, "narrow" | "groups" | "group" | "parts">;
export type Blocks = Heads & Pick<KernelOf<"deliver">, "weight">;

/** Goes through the list: sets a local to the byte address at which a block's head tells of the group at hand. */
export function eachHead(k: Heads, c: KernelContext, head: number, visit: () => void): void {
  const { f } = c;
  const [e, last, base] = [listAddress(c, "from"), listAddress(c, "to"), f.local("i32")];
  f.get(c.ptr("heads"));
  c.pushCount("at");
  f.i32(4 * groupWords(k));
  f.op("i32.mul");
  f.op("i32.add");
  f.set(base);
  const more = (): void => {
    f.get(e, last);
    f.op("i32.lt_u");
  };
  f.while(more, () => {
    f.get(base, e);
    f.op("i32.load", 0);
    f.i32(4 * k.parts * headWords(k));
    f.op("i32.mul");
    f.op("i32.add");
    f.set(head);
    visit();
    f.advance(e, 4);
  });
}
/** Sets a local to the byte address of the group's first quad. */
export function firstQuad({ f, ptr }: KernelContext, head: number, to: number): void {
  f.get(ptr("rows"), head);
  f.op("i32.load", 0);
  f.i32(2);
  f.op("i32.shl");
  f.op("i32.add");
  f.set(to);
}
/** Sets a local to where the group's quads of some slots end: of so many, or of all where blocks are not narrow. */
export function endOf(k: Blocks, { f }: KernelContext, slots: number, head: number, first: number, to: number): void {
  f.get(first, head);
  if (k.narrow) f.op("i32.load16_u", 4 + 2 * (slots - 1));
  else f.op("i32.load", 4);
  f.i32(4 * quadWords(k.narrow, k.weight));
  f.op("i32.mul");
  f.op("i32.add");
  f.set(to);
}
