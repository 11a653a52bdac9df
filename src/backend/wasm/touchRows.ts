/**
 * Loads a byte of every line of listed rows, before they are worked on: rows are cold, and too short for a processor to see
 * where the next one lies while it adds up the one at hand. Many lines are waited for at a time.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { pushScaled } from "./tiles.ts";

const LINE = 64;

export function touchRows({ step, parts = 1 }: KernelOf<"perSynapse">, c: KernelContext): void {
  const { f } = c;
  const own = step.slots.filter((s) => s.space === "synapse");
  const tables: readonly (readonly [string, number])[] = [
    ["target", 4],
    ...own.map((s) => [s.name, BYTES[s.type]] as const),
  ];
  const [k, row, seen, at, end] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const edge = (table: string, bytes: number, plus: 0 | 4, to: number): void => {
    f.get(c.ptr(table), row);
    f.op("i32.load", plus);
    f.i32(bytes);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(to);
  };
  c.pushCount("from");
  f.set(k);
  f.upTo(
    k,
    () => c.pushCount("to"),
    1,
    () => {
      // row = rowStart + 4·parts·list[k]
      f.get(c.ptr("rowStart"));
      pushScaled(f, c.ptr("list"), k, 4);
      f.op("i32.load", 0);
      f.i32(4 * parts);
      f.op("i32.mul");
      f.op("i32.add");
      f.set(row);
      for (const [table, bytes] of tables) {
        edge(table, bytes, 0, at);
        edge(table, bytes, 4, end);
        f.while(
          () => {
            f.get(at, end);
            f.op("i32.lt_u");
          },
          () => {
            f.get(seen, at);
            f.op("i32.load8_u", 0);
            f.op("i32.add");
            f.set(seen);
            f.advance(at, LINE);
          },
        );
      }
    },
  );
  // What nobody asks for, a compiler may leave out; bytes of fewer than 2^24 lines never sum up to that.
  f.get(seen);
  f.i32(-1);
  f.op("i32.eq");
  f.if(() => f.op("unreachable"));
}
