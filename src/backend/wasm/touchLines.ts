/**
 * Lines of memory that are asked for before they are worked on: what is cold and short comes too late where a processor sees it
 * only when it is needed, and it looks for many lines at a time.
 */
import type { KernelContext } from "./kernel.ts";

/** Bytes of a line. */
const LINE = 64;

/**
 * Sees all lines from the address `at` to `end`, two with one load, which lies across their border: loads that wait for memory
 * leave a processor in order, and it is their number that counts.
 */
export function eachLine({ f }: KernelContext, at: number, end: number, see: See): () => void {
  const last = f.local("i32");
  return () => {
    f.get(end);
    f.i32(LINE);
    f.op("i32.sub");
    f.set(last);
    f.get(at);
    f.i32(-LINE);
    f.op("i32.and");
    f.set(at);
    f.while(
      () => {
        f.get(at, last);
        f.op("i32.lt_u");
      },
      () => {
        see("i32.load16_u", at, LINE - 1);
        f.advance(at, 2 * LINE);
      },
    );
    f.get(at, end);
    f.op("i32.lt_u");
    f.if(() => see("i32.load8_u", at));
  };
}

type See = (load: "i32.load8_u" | "i32.load16_u", address: number, offset?: number) => void;
/** Loads bytes for nothing but that their lines come nearer. */
export function touchLines({ f }: KernelContext, body: (see: See) => void): void {
  const seen = f.local("i32");
  body((load, address, offset = 0) => {
    f.get(seen, address);
    f.op(load, offset);
    f.op("i32.or");
    f.set(seen);
  });
  // That is never so; but what nobody asks for, a compiler may leave out.
  f.get(seen);
  f.i32(-1);
  f.op("i32.eq");
  f.if(() => f.op("unreachable"));
}
