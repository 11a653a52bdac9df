/** Kernels without arithmetic: bits to lists, and zeros. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { appendBits } from "./append.ts";
import type { KernelContext } from "./kernel.ts";
import { range } from "./tiles.ts";

export function unpackBits(_k: KernelOf<"unpackBits">, c: KernelContext): void {
  const { f } = c;
  const [i, bits, out, end] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(c.ptr("list"), c.ptr("from"));
  f.op("i32.load", 0);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(out);
  c.pushCount("n");
  f.i32(-32);
  f.op("i32.and");
  f.set(end);
  f.upTo(
    i,
    () => f.get(end),
    32,
    () => unpackWord(c, i, out),
  );
  const n = c.known("n");
  if (n === undefined || n % 32 > 0)
    f.upTo(
      i,
      () => c.pushCount("n"),
      32,
      () => unpackRest(c, i, bits, out),
    );
  f.get(c.ptr("to"), out, c.ptr("list"));
  f.op("i32.sub");
  f.i32(2);
  f.op("i32.shr_u");
  f.op("i32.store", 0);
}
/** A whole word, byte by byte. */
function unpackWord(c: KernelContext, i: number, position: number): void {
  const { f } = c;
  const [word, first, mask] = [f.local("i32"), f.local("v128"), f.local("i32")];
  pushWord(c, i);
  f.set(word);
  for (const byte of range(4)) {
    f.get(i);
    f.i32(8 * byte);
    f.op("i32.add");
    f.op("i32x4.splat");
    f.set(first);
    f.get(word);
    f.i32(8 * byte);
    f.op("i32.shr_u");
    f.i32(255);
    f.op("i32.and");
    f.set(mask);
    appendBits(f, { mask, first, position, table: c.table }, 2);
  }
}
/** The last bits, one by one: nothing is written beyond the n entries that there is room for. */
function unpackRest(c: KernelContext, i: number, bits: number, out: number): void {
  const { f } = c;
  loadWord(c, i);
  f.set(bits);
  f.while(
    () => f.get(bits),
    () => {
      f.get(out, i, bits);
      f.op("i32.ctz");
      f.op("i32.add");
      f.op("i32.store", 0);
      f.advance(out, 4);
      // bits &= bits - 1
      f.get(bits, bits);
      f.i32(1);
      f.op("i32.sub");
      f.op("i32.and");
      f.set(bits);
    },
  );
}
function pushWord({ f, ptr }: KernelContext, i: number): void {
  f.get(ptr("bits"), i);
  f.i32(3);
  f.op("i32.shr_u");
  f.op("i32.add");
  f.op("i32.load", 0);
}
/** Word i / 32, without the bits from n on. */
function loadWord(c: KernelContext, i: number): void {
  const { f } = c;
  pushWord(c, i);
  // & (n - i >= 32 ? -1 : (1 << (n - i)) - 1)
  f.i32(-1);
  f.i32(1);
  c.pushCount("n");
  f.get(i);
  f.op("i32.sub");
  f.op("i32.shl");
  f.i32(1);
  f.op("i32.sub");
  c.pushCount("n");
  f.get(i);
  f.op("i32.sub");
  f.i32(32);
  f.op("i32.ge_s");
  f.op("select");
  f.op("i32.and");
}

/** Up to so many bytes, stores cost less than the call that `memory.fill` is in V8. */
const SHORT = 2048;
/** Stores in one turn. */
const TURN = 8;

export function zero(k: KernelOf<"zero">, c: KernelContext): void {
  const { f } = c;
  const n = c.known("n");
  if (n !== undefined && n * BYTES[k.type] <= SHORT) return zeroStores(c, n * BYTES[k.type]);
  f.get(c.ptr("out"));
  f.i32(0);
  c.pushCount("n");
  f.i32(BYTES[k.type]);
  f.op("i32.mul");
  f.op("memory.fill");
}
function zeroStores({ f, ptr }: KernelContext, bytes: number): void {
  const vector = (offset: number): void => {
    f.get(ptr("out"));
    f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    f.op("v128.store", offset);
  };
  const turns = Math.floor(bytes / (16 * TURN));
  if (turns > 0) {
    const end = f.local("i32");
    f.get(ptr("out"));
    f.i32(turns * 16 * TURN);
    f.op("i32.add");
    f.set(end);
    f.op("loop");
    for (const v of range(TURN)) vector(16 * v);
    f.advance(ptr("out"), 16 * TURN);
    f.get(ptr("out"), end);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
  }
  const left = bytes % (16 * TURN);
  for (let at = 0; at + 16 <= left; at += 16) vector(at);
  for (let at = left - (left % 16); at < left; at += 4) {
    f.get(ptr("out"));
    f.i32(0);
    f.op("i32.store", at);
  }
}
