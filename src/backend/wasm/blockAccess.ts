/** Where the blocks of listed sources lie, and their quads of a group of delays (`ir/blocks.ts`). */
import { headerWords, headWords, quadWords } from "../../ir/blocks.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { KernelContext } from "./kernel.ts";

export type Heads = Pick<KernelOf<"deliver">, "narrow" | "groups" | "group" | "parts">;
export type Blocks = Heads & Pick<KernelOf<"deliver">, "weight">;

/** Locals of the spike at hand: byte addresses of its head, of its block's quads, and of the quad at hand and where it ends. */
export interface Locals {
  readonly head: number;
  readonly quads: number;
  readonly at: number;
  readonly end: number;
}
export const localsOf = ({ f }: KernelContext): Locals => ({
  head: f.local("i32"),
  quads: f.local("i32"),
  at: f.local("i32"),
  end: f.local("i32"),
});

/** Of a group in a header. */
export const headerBytes = ({ narrow, group }: Heads): number => (narrow ? 2 * group : 4);
/** Pushes where the header tells of the group at hand. */
export function pushHeader(k: Heads, c: KernelContext, { head }: Locals): void {
  const { f } = c;
  f.get(head);
  c.pushCount("at");
  f.i32(headerBytes(k));
  f.op("i32.mul");
  f.op("i32.add");
  f.i32(4);
  f.op("i32.add");
}

/** Goes through the list, with the head of each block. */
export function eachBlock(k: Heads, c: KernelContext, l: Locals, visit: () => void): void {
  const { f } = c;
  const [e, last] = [listAddress(c, "from"), listAddress(c, "to")];
  const more = (): void => {
    f.get(e, last);
    f.op("i32.lt_u");
  };
  f.while(more, () => {
    f.get(c.ptr("heads"), e);
    f.op("i32.load", 0);
    f.i32(4 * k.parts * headWords(k));
    f.op("i32.mul");
    f.op("i32.add");
    f.set(l.head);
    visit();
    f.advance(e, 4);
  });
}
/** Sets a local to the byte address of the block's first quad. */
export function firstQuad(k: Heads, c: KernelContext, { head, quads }: Locals): void {
  const { f } = c;
  f.get(c.ptr("rows"), head);
  f.op("i32.load", 0);
  f.i32(2);
  f.op("i32.shl");
  f.op("i32.add");
  f.i32(4 * headerWords(k));
  f.op("i32.add");
  f.set(quads);
}
/** A local with the byte address of the entry of a count. */
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

/** Sets a local to the byte address of the quad that a number of the header tells. */
export function quadAt(
  k: Blocks,
  { f }: KernelContext,
  { quads }: Locals,
  to: number,
  header: number,
  offset: number,
): void {
  f.get(quads, header);
  f.op(k.narrow ? "i32.load16_u" : "i32.load", offset);
  f.i32(4 * quadWords(k.narrow, k.weight));
  f.op("i32.mul");
  f.op("i32.add");
  f.set(to);
}
