/**
 * Loads a byte of every line of listed rows, before they are worked on: rows are cold, and too short for a processor to see
 * where the next one lies while it adds up the one at hand. Many lines are waited for at a time.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { pushScaled } from "./tiles.ts";
import { eachLine, touchLines } from "./touchLines.ts";

export function touchRows({ step, parts = 1 }: KernelOf<"perSynapse">, c: KernelContext): void {
  const { f } = c;
  const own = step.slots.filter((s) => s.space === "synapse");
  const tables: readonly (readonly [string, number])[] = [
    ["target", 4],
    ...own.map((s) => [s.name, BYTES[s.type]] as const),
  ];
  const [k, row, at, end] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const edge = (table: string, bytes: number, plus: 0 | 4, to: number): void => {
    f.get(c.ptr(table), row);
    f.op("i32.load", plus);
    f.i32(bytes);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(to);
  };
  const rowAt = (): void => {
    // row = rowStart + 4·parts·list[k]
    f.get(c.ptr("rowStart"));
    pushScaled(f, c.ptr("list"), k, 4);
    f.op("i32.load", 0);
    f.i32(4 * parts);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(row);
  };
  c.pushCount("from");
  f.set(k);
  touchLines(c, (see) => {
    const seeAll = eachLine(c, at, end, see);
    f.upTo(
      k,
      () => c.pushCount("to"),
      1,
      () => {
        rowAt();
        for (const [table, bytes] of tables) {
          edge(table, bytes, 0, at);
          edge(table, bytes, 4, end);
          f.get(at, end);
          f.op("i32.lt_u");
          f.if(seeAll);
        }
      },
    );
  });
}
