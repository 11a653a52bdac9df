/** Numbers in ascending order within each row: by their bytes, or where there are few by insertion. */
import type { KernelContext } from "./kernel.ts";
import { pushScaled, range } from "./tiles.ts";

const FEW = 24;
/** Bytes of the counters of a byte's values. */
const BINS = 1024;

/** Locals with byte addresses: where a row begins and ends. */
export interface SortedRow {
  readonly from: number;
  readonly to: number;
}

export function sortRows(_k: unknown, c: KernelContext): void {
  const { f } = c;
  const [k, row] = [f.local("i32"), { from: f.local("i32"), to: f.local("i32") }];
  const sort = sortRow(c, row);
  const address = (local: number, plus: number): void => {
    f.get(c.ptr("out"));
    pushScaled(f, c.ptr("starts"), k, 4);
    f.op("i32.load", 4 * plus);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    f.set(local);
  };
  f.i32(0);
  f.set(k);
  f.upTo(
    k,
    () => c.pushCount("n"),
    1,
    () => {
      address(row.from, 0);
      address(row.to, 1);
      sort();
    },
  );
}
/** Sorts one row: with arguments `spare` and `bins`, and count `below`. */
export function sortRow(c: KernelContext, row: SortedRow): () => void {
  const { f } = c;
  const [few, many] = [insertion(c, row), byBytes(c, row)];
  return () => {
    f.get(row.to, row.from);
    f.op("i32.sub");
    f.i32(4 * FEW);
    f.op("i32.lt_u");
    f.if(few, many);
  };
}

function insertion({ f }: KernelContext, { from, to }: SortedRow): () => void {
  const [at, hole, x] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const larger = (): void => {
    // hole > from && hole[-1] > x
    f.get(hole, from);
    f.op("i32.gt_u");
    f.op("if");
    f.get(hole);
    f.i32(4);
    f.op("i32.sub");
    f.op("i32.load", 0);
    f.get(x);
    f.op("i32.gt_u");
    f.set(more);
    f.op("else");
    f.i32(0);
    f.set(more);
    f.op("end");
    f.get(more);
  };
  const more = f.local("i32");
  return () => {
    f.get(from);
    f.set(at);
    const inside = (): void => {
      f.get(at, to);
      f.op("i32.lt_u");
    };
    f.while(inside, () => {
      f.get(at);
      f.op("i32.load", 0);
      f.set(x);
      f.get(at);
      f.set(hole);
      f.while(larger, () => {
        f.get(hole, hole);
        f.i32(4);
        f.op("i32.sub");
        f.op("i32.load", 0);
        f.op("i32.store", 0);
        f.advance(hole, -4);
      });
      f.get(hole, x);
      f.op("i32.store", 0);
      f.advance(at, 4);
    });
  };
}

/** From the row to `spare` and back, a byte at a time; a copy ends it where the last pass left it in `spare`. */
function byBytes(c: KernelContext, { from, to }: SortedRow): () => void {
  const { f, ptr } = c;
  const [shift, length, source, target, swap] = range(5).map(() => f.local("i32")) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const pass = onePass(c, { source, target, length, shift });
  const more = (): void => {
    // below > 2^shift
    f.get(shift);
    f.i32(32);
    f.op("i32.lt_u");
    c.pushCount("below");
    f.i32(1);
    f.get(shift);
    f.op("i32.shl");
    f.op("i32.gt_u");
    f.op("i32.and");
  };
  return () => {
    f.i32(0);
    f.set(shift);
    f.get(to, from);
    f.op("i32.sub");
    f.set(length);
    f.get(from);
    f.set(source);
    f.get(ptr("spare"));
    f.set(target);
    f.while(more, () => {
      pass();
      f.get(source);
      f.set(swap);
      f.get(target);
      f.set(source);
      f.get(swap);
      f.set(target);
      f.advance(shift, 8);
    });
    f.get(source, from);
    f.op("i32.ne");
    f.if(() => {
      f.get(from, source, length);
      f.op("memory.copy");
    });
  };
}

function onePass(
  { f, ptr }: KernelContext,
  { source, target, length, shift }: Readonly<Record<"source" | "target" | "length" | "shift", number>>,
): () => void {
  const [at, end, bin, x, next, count] = range(6).map(() => f.local("i32")) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  /** Sets `bin` to the counter of the number at hand. */
  const binOf = (): void => {
    f.get(ptr("bins"), at);
    f.op("i32.load", 0);
    f.tee(x);
    f.get(shift);
    f.op("i32.shr_u");
    f.i32(255);
    f.op("i32.and");
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    f.set(bin);
  };
  const over = (each: () => void): void => {
    f.get(source);
    f.tee(at);
    f.get(length);
    f.op("i32.add");
    f.set(end);
    const more = (): void => {
      f.get(at, end);
      f.op("i32.lt_u");
    };
    f.op("loop");
    each();
    f.advance(at, 4);
    more();
    f.op("br_if", 0);
    f.op("end");
  };
  return () => {
    f.get(ptr("bins"));
    f.i32(0);
    f.i32(BINS);
    f.op("memory.fill");
    over(() => {
      binOf();
      f.get(bin, bin);
      f.op("i32.load", 0);
      f.i32(1);
      f.op("i32.add");
      f.op("i32.store", 0);
    });
    // From counts to addresses.
    f.get(target);
    f.set(next);
    f.get(ptr("bins"));
    f.tee(bin);
    f.i32(BINS);
    f.op("i32.add");
    f.set(end);
    f.op("loop");
    f.get(bin);
    f.op("i32.load", 0);
    f.set(count);
    f.get(bin, next);
    f.storeAddress(0);
    f.get(next, count);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    f.set(next);
    f.advance(bin, 4);
    f.get(bin, end);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
    over(() => {
      binOf();
      f.get(bin);
      f.loadAddress(0);
      f.tee(next);
      f.get(x);
      f.op("i32.store", 0);
      f.get(bin, next);
      f.i32(4);
      f.op("i32.add");
      f.storeAddress(0);
    });
  };
}
