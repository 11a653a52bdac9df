/** Gradients of gathered rows: each active row takes the error of its step. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { loadAt, overTiles, pushScaled, range, splat, storeAt, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

export function outerRows(k: KernelOf<"outerRows">, c: KernelContext): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const [s, e, last, row, delta, value] = [
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("v128"),
  ];
  f.upTo(
    s,
    () => c.pushCount("steps"),
    1,
    () => {
      pushScaled(f, c.ptr("ends"), s, 4);
      f.op("i32.load", 0);
      f.set(e);
      pushScaled(f, c.ptr("ends"), s, 4);
      f.op("i32.load", 4);
      f.set(last);
      pushScaled(f, c.ptr("delta"), s, k.deltaStride * bytes);
      f.set(delta);
      f.upTo(
        e,
        () => f.get(last),
        1,
        () => {
          f.get(c.ptr("out"));
          pushScaled(f, c.ptr("list"), e, 4);
          f.op("i32.load", 0);
          f.i32(k.stride * bytes);
          f.op("i32.mul");
          f.op("i32.add");
          f.set(row);
          if (k.valued) {
            pushScaled(f, c.ptr("values"), e, bytes);
            f.op(splat(k.type), 0);
            f.set(value);
          }
          addRow(k, c, row, delta, value);
        },
      );
    },
  );
}
function addRow(k: KernelOf<"outerRows">, { f }: KernelContext, row: number, delta: number, value: number): void {
  overTiles(f, vectorsOf(k.width, k.type), 4, (column, vectors) => {
    for (const v of range(vectors)) {
      storeAt(f, row, column, v, () => {
        loadAt(f, row, column, v);
        if (k.valued) f.get(value);
        loadAt(f, delta, column, v);
        if (k.valued) f.op(`${shapeOf(k.type)}.mul`);
        f.op(`${shapeOf(k.type)}.add`);
      });
    }
  });
}
