/**
 * Who wins among listed elements: as many passes over the lists as there may be winners, each of which finds the best of those
 * behind the best so far, and one that shortens the lists. Hardly anybody is listed in a step, and mostly nobody.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";

export function winners(k: KernelOf<"winners">, c: KernelContext): void {
  const { f } = c;
  const t = k.type;
  const [part, entry, end, element, place] = [
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
  ];
  const [key, best, last] = [f.local(t), f.local(t), f.local(t)];
  /** Where the best is in the order of entries, and where the last winner was. */
  const [bestPlace, lastPlace, count, out] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];

  const position = (of: "from" | "to"): void => {
    f.get(c.ptr(of), part);
    f.i32(of === "to" ? 4 * k.stride : 4);
    f.op("i32.mul");
    f.op("i32.add");
  };
  const entryAddress = (at: number): void => {
    f.get(c.ptr("list"), at);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
  };
  const elementAddress = (of: "key" | "flag"): void => {
    f.get(c.ptr(of), element);
    f.i32(Math.log2(BYTES[t]));
    f.op("i32.shl");
    f.op("i32.add");
  };
  /** Visits all entries in order, numbered by `place`. */
  const eachEntry = (visit: () => void, around: { before?: () => void; after?: () => void } = {}): void => {
    f.i32(0);
    f.set(part);
    f.i32(0);
    f.set(place);
    f.upTo(
      part,
      () => f.i32(k.parts),
      1,
      () => {
        position("from");
        f.op("i32.load", 0);
        f.set(entry);
        position("to");
        f.op("i32.load", 0);
        f.set(end);
        around.before?.();
        f.upTo(
          entry,
          () => f.get(end),
          1,
          () => {
            entryAddress(entry);
            f.op("i32.load", 0);
            f.set(element);
            elementAddress("key");
            f.op(`${t}.load`, 0);
            f.set(key);
            visit();
            f.advance(place, 1);
          },
        );
        around.after?.();
      },
    );
  };
  /** Whether the entry at hand comes behind the last winner: a smaller key, or an equal one further on. */
  const isBehind = (): void => {
    f.get(key, last);
    f.op(`${t}.lt`);
    f.get(key, last);
    f.op(`${t}.eq`);
    f.get(place, lastPlace);
    f.op("i32.gt_s");
    f.op("i32.and");
    f.op("i32.or");
  };

  f.i32(0);
  f.set(part);
  f.i32(0);
  f.set(count);
  f.upTo(
    part,
    () => f.i32(k.parts),
    1,
    () => {
      f.get(count);
      position("to");
      f.op("i32.load", 0);
      f.op("i32.add");
      position("from");
      f.op("i32.load", 0);
      f.op("i32.sub");
      f.set(count);
    },
  );
  f.get(count);
  f.i32(k.most);
  f.op("i32.gt_s");
  f.if(() => {
    f.op(`${t}.const`, Number.POSITIVE_INFINITY);
    f.set(last);
    f.i32(-1);
    f.set(lastPlace);
    f.i32(k.most);
    f.set(count);
    f.op("loop");
    f.i32(-1);
    f.set(bestPlace);
    eachEntry(() => {
      isBehind();
      f.get(key, best);
      f.op(`${t}.gt`);
      f.get(bestPlace);
      f.i32(0);
      f.op("i32.lt_s");
      f.op("i32.or");
      f.op("i32.and");
      f.if(() => {
        f.get(key);
        f.set(best);
        f.get(place);
        f.set(bestPlace);
      });
    });
    f.get(best);
    f.set(last);
    f.get(bestPlace);
    f.set(lastPlace);
    f.advance(count, -1);
    f.get(count);
    f.i32(0);
    f.op("i32.gt_s");
    f.op("br_if", 0);
    f.op("end");
    eachEntry(
      () => {
        isBehind();
        f.if(
          () => {
            if (!k.flagged) return;
            elementAddress("flag");
            f.op(`${t}.const`, 0);
            f.op(`${t}.store`, 0);
          },
          () => {
            entryAddress(out);
            f.get(element);
            f.op("i32.store", 0);
            f.advance(out, 1);
          },
        );
      },
      {
        before: () => {
          f.get(entry);
          f.set(out);
        },
        after: () => {
          position("to");
          f.get(out);
          f.op("i32.store", 0);
        },
      },
    );
  });
}
