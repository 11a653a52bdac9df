/**
 * Memory for rows that are kept (`keptRow.ts`). They follow one another round a ring of words. In the way of a new one the oldest
 * go, but those that a spike under way needs move to the newest; where all are needed, there is room for the new one behind the
 * ring, until the next comes: were the oldest to go, none would be there when it is asked for.
 */
import type { KernelContext } from "./kernel.ts";
import { pushScaled, range } from "./tiles.ts";

/** A row begins with its source, its length in words, and how many spikes need it; its place is one more than its first word's. */
const [OWNER, LENGTH] = [0, 4];
export const [NEEDED, ROW_HEADER] = [8, 12];
/** Numbers of the state, in bytes: where the next row goes; the oldest; and, where that lies behind, the end of what does. */
const [HEAD, TAIL, LAST, WRAPPED] = [0, 4, 8, 12];

/** Finds room for a row of so many words, and sets `record` to its address. */
export function roomFor(
  c: KernelContext,
  { pre, record, most }: Readonly<Record<"pre" | "record" | "most", number>>,
  words: () => void,
): () => void {
  const { f, ptr } = c;
  const [size, head, tail, last, wrapped] = range(5).map(() => f.local("i32")) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [blocked, passed, length] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const state = [
    [head, HEAD],
    [tail, TAIL],
    [last, LAST],
    [wrapped, WRAPPED],
  ] as const;
  const set = (local: number, value: number): void => {
    f.i32(value);
    f.set(local);
  };
  const address = (word: number): void => {
    f.get(ptr("kept"), word);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
  };
  /** Says where the oldest row is now: at a word, or nowhere. */
  const tell = (place: () => void): void => {
    f.get(ptr("where"));
    address(tail);
    f.op("i32.load", OWNER);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    place();
    f.op("i32.store", 0);
  };
  /** Moves the oldest row to the newest, or takes it away if nobody needs it. */
  const oldest = (): void => {
    address(tail);
    f.op("i32.load", LENGTH);
    f.set(length);
    address(tail);
    f.op("i32.load", NEEDED);
    f.if(
      () => {
        tell(() => {
          f.get(head);
          f.i32(1);
          f.op("i32.add");
        });
        address(head);
        address(tail);
        f.get(length);
        f.i32(2);
        f.op("i32.shl");
        f.op("memory.copy");
        f.get(head, length);
        f.op("i32.add");
        f.set(head);
      },
      () => tell(() => f.i32(0)),
    );
    f.get(tail, length);
    f.op("i32.add");
    f.set(tail);
  };
  /** Rows lie behind the newest: whether there is room before them, and if not, what becomes of the oldest. Labels: 1 again, 2 done. */
  const before = (): void => {
    f.get(tail, head);
    f.op("i32.sub");
    f.get(size);
    f.op("i32.ge_u");
    f.op("br_if", 2);
    f.get(tail, last);
    f.op("i32.lt_u");
    f.if(oldest, () => {
      set(tail, 0);
      set(wrapped, 0);
    });
  };
  /** All rows lie before the newest: whether there is room behind it; all have been looked at when it is asked for the second time. */
  const behind = (): void => {
    f.get(head, size);
    f.op("i32.add");
    f.i32(most);
    f.op("i32.le_u");
    f.op("br_if", 2);
    f.get(passed);
    f.tee(blocked);
    f.op("br_if", 2);
    set(passed, 1);
    f.get(head);
    f.set(last);
    set(head, 0);
    set(tail, 0);
    set(wrapped, 1);
  };
  const free = (): void => {
    f.get(blocked);
    f.op("i32.eqz");
  };
  return () => {
    words();
    f.set(size);
    set(blocked, 0);
    set(passed, 0);
    for (const [local, at] of state) {
      f.get(ptr("state"));
      f.op("i32.load", at);
      f.set(local);
    }
    f.op("block");
    f.op("loop");
    f.get(wrapped);
    f.if(before, behind);
    f.op("br", 0);
    f.op("end");
    f.op("end");
    free();
    f.if(
      () => {
        address(head);
        f.set(record);
        pushScaled(f, ptr("where"), pre, 4);
        f.get(head);
        f.i32(1);
        f.op("i32.add");
        f.op("i32.store", 0);
        f.get(head, size);
        f.op("i32.add");
        f.set(head);
      },
      () => {
        f.get(ptr("kept"));
        f.i32(4 * most);
        f.op("i32.add");
        f.set(record);
      },
    );
    f.get(record, pre);
    f.op("i32.store", OWNER);
    f.get(record, size);
    f.op("i32.store", LENGTH);
    // Who finds it nowhere in a later call will need it still.
    f.get(record);
    c.pushCount("at");
    f.i32(0);
    f.op("i32.ne");
    f.op("i32.store", NEEDED);
    for (const [local, at] of state) {
      f.get(ptr("state"), local);
      f.op("i32.store", at);
    }
  };
}
