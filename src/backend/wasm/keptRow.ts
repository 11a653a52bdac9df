/**
 * Rows that several calls go through (`ir/drawnRows.ts`): drawn by the first that finds them nowhere, and kept in order of the
 * calls for as long as there is room. Rows follow one another round a ring of words. In the way of a new one the oldest go, but
 * those that a spike under way needs move to the newest; where all are needed, the new one is drawn for the call alone, and once
 * more by the next: were the oldest to go, none would be there when it is asked for. So room decides about time alone.
 */
import { type DrawnSynapses, keptWords, workOf } from "../../ir/drawnRows.ts";
import { type Step, slotOf } from "../../ir/step.ts";
import { BYTES, type Type } from "../../ir/types.ts";
import type { Numbered } from "./drawnNumber.ts";
import type { KernelContext } from "./kernel.ts";
import { valTypeOf } from "./scalarExpr.ts";
import { pushScaled, range } from "./tiles.ts";

interface Parts {
  readonly drawn: DrawnSynapses;
  readonly step: Step;
  /** Locals with the source and the target at hand. */
  readonly pre: number;
  readonly post: number;
  readonly steps: Numbered;
  readonly slots: ReadonlyMap<string, Numbered>;
  /** The local where a call's body expects the synapse's cell. */
  readonly cell: number;
  /** Goes through the synapses of source `pre` whose target is in the range, in order. */
  row(each: () => void): () => void;
}
/** A row in memory begins with its source and its length in words; a place is one more than its first word's. */
const [OWNER, LENGTH, NEEDED, ENDS] = [0, 4, 8, 12];
/** Numbers of the state, in bytes: where the next row goes; the oldest; and, where that lies behind, the end of what does. */
const [HEAD, TAIL, LAST, WRAPPED] = [0, 4, 8, 12];

/** @param body what is done with a synapse whose cell and numbers are in their locals */
export function keptRow(p: Parts, c: KernelContext, body: () => void): () => void {
  const { f, ptr } = c;
  const [record, at, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const [cells, calls] = [f.local("i32"), p.drawn.ring!.kept!.calls];
  const make = makeRow(p, record, c);
  const needed = counting(record, calls, c);
  const through = synapses(p, { record, at, end, cells, calls }, c, body);
  return () => {
    pushScaled(f, ptr("where"), p.pre, 4);
    f.op("i32.load", 0);
    f.tee(record);
    f.if(() => {
      f.get(ptr("kept"), record);
      f.i32(1);
      f.op("i32.sub");
      f.i32(2);
      f.op("i32.shl");
      f.op("i32.add");
      f.set(record);
    }, make);
    needed();
    through();
  };
}

/** Counts the spikes that still need a row: from their first call to their last. */
function counting(record: number, calls: number, c: KernelContext): () => void {
  const { f } = c;
  const change = (by: number): void => {
    f.get(record, record);
    f.op("i32.load", NEEDED);
    f.i32(by);
    f.op("i32.add");
    f.op("i32.store", NEEDED);
  };
  return () => {
    c.pushCount("at");
    f.op("i32.eqz");
    f.if(() => change(1));
    c.pushCount("at");
    f.i32(calls - 1);
    f.op("i32.eq");
    f.get(record);
    f.op("i32.load", NEEDED);
    f.i32(0);
    f.op("i32.gt_s");
    f.op("i32.and");
    f.if(() => change(-1));
  };
}

type Reading = Readonly<Record<"record" | "at" | "end" | "cells" | "calls", number>>;
function synapses(
  { drawn, step, slots, cell }: Parts,
  { record, at, end, cells, calls }: Reading,
  c: KernelContext,
  body: () => void,
): () => void {
  const { f } = c;
  const { group, cells: width } = drawn.ring!;
  const total = f.local("i32");
  const [whole, turn] = [group * width, f.local("i32")];
  const values = [...slots].map(([name, { local }]) => ({
    local,
    type: slotOf(step, name).type,
    base: f.local("i32"),
  }));
  const endOf = (plus: number): void => {
    f.get(record);
    c.pushCount("at");
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    f.op("i32.load", ENDS + 4 * plus);
  };
  return () => {
    c.pushCount("phase");
    f.i32(width);
    f.op("i32.mul");
    f.set(turn);
    c.pushCount("at");
    f.if(
      () => {
        endOf(-1);
        f.set(at);
      },
      () => {
        f.i32(0);
        f.set(at);
      },
    );
    endOf(0);
    f.set(end);
    f.get(record);
    f.op("i32.load", ENDS + 4 * (calls - 1));
    f.set(total);
    f.get(record);
    f.i32(ENDS + 4 * calls);
    f.op("i32.add");
    f.set(cells);
    let before = cells;
    let bytes = 4;
    for (const { base, type } of values) {
      pushScaled(f, before, total, bytes);
      f.set(base);
      [before, bytes] = [base, BYTES[type]];
    }
    const more = (): void => {
      f.get(at, end);
      f.op("i32.lt_u");
    };
    f.while(more, () => {
      pushScaled(f, cells, at, 4);
      f.op("i32.load", 0);
      f.get(turn);
      f.op("i32.add");
      f.tee(cell);
      f.get(cell);
      f.i32(whole);
      f.op("i32.sub");
      f.get(cell);
      f.i32(whole);
      f.op("i32.lt_u");
      f.op("select");
      f.set(cell);
      for (const { base, type, local } of values) {
        pushScaled(f, base, at, BYTES[type]);
        f.op(`${valTypeOf(type)}.load`, 0);
        f.set(local);
      }
      body();
      f.advance(at, 1);
    });
  };
}

/** Draws a row and keeps it; sets a local to where. */
function makeRow(p: Parts, record: number, c: KernelContext): () => void {
  const { f, ptr } = c;
  const { drawn, step, slots, post, pre } = p;
  const { group, cells, kept } = drawn.ring!;
  const { calls, words: most } = kept!;
  const [n, first, slot, k] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const values = [...slots].map(([name, own]) => ({ ...own, type: slotOf(step, name).type, work: ptr(workOf(name)) }));
  const words = values.reduce((sum, { type }) => sum + BYTES[type] / 4, 0);
  // How many there are of each call is counted behind the keys, which are as many as the row may have.
  const tally = ptr("keys");
  const note = (): void => {
    p.steps.make();
    f.get(p.steps.local, first);
    f.op("i32.sub");
    f.set(slot);
    pushScaled(f, ptr("row"), n, 4);
    f.get(slot);
    f.i32(group - 1);
    f.op("i32.and");
    f.i32(cells);
    f.op("i32.mul");
    f.get(post);
    f.op("i32.add");
    c.pushCount("first");
    f.op("i32.sub");
    f.op("i32.store", 0);
    f.get(slot);
    f.i32(Math.log2(group));
    f.op("i32.shr_u");
    f.set(slot);
    pushScaled(f, tally, n, 4);
    f.get(slot);
    f.op("i32.store", 4 * calls);
    pushScaled(f, tally, slot, 4);
    f.tee(k);
    f.get(k);
    f.op("i32.load", 0);
    f.i32(1);
    f.op("i32.add");
    f.op("i32.store", 0);
    for (const { make, local, type, work } of values) {
      make();
      pushScaled(f, work, n, BYTES[type]);
      f.get(local);
      f.op(`${valTypeOf(type)}.store`, 0);
    }
    f.advance(n, 1);
  };
  const row = p.row(note);
  const room = allocate(c, { pre, record, most }, () => {
    f.get(n);
    f.i32(1 + words);
    f.op("i32.mul");
    f.i32(keptWords(calls, 0, 0));
    f.op("i32.add");
  });
  const put = scatter({ values, record, n, k, slot, calls, tally }, c);
  return () => {
    f.i32(0);
    f.set(n);
    f.get(tally);
    f.i32(0);
    f.i32(4 * calls);
    f.op("memory.fill");
    c.pushCount("since");
    c.pushCount("at");
    f.i32(group);
    f.op("i32.mul");
    f.op("i32.sub");
    f.set(first);
    row();
    room();
    put();
  };
}

interface Scattering extends Readonly<Record<"record" | "n" | "k" | "slot" | "calls" | "tally", number>> {
  readonly values: readonly { readonly type: Type; readonly work: number }[];
}
/** Puts synapses in order of their calls: where each call's begin is told first, and becomes where they end. */
function scatter({ values, record, n, k, slot, calls, tally }: Scattering, c: KernelContext): () => void {
  const { f, ptr } = c;
  const [sum, place, next, cells] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const bases = values.map(({ type, work }) => ({ type, work, base: f.local("i32") }));
  return () => {
    f.i32(0);
    f.set(sum);
    for (let call = 0; call < calls; call++) {
      f.get(record, sum);
      f.op("i32.store", ENDS + 4 * call);
      f.get(sum, tally);
      f.op("i32.load", 4 * call);
      f.op("i32.add");
      f.set(sum);
    }
    f.get(record);
    f.i32(ENDS + 4 * calls);
    f.op("i32.add");
    f.set(cells);
    let before = cells;
    let bytes = 4;
    for (const { base, type } of bases) {
      pushScaled(f, before, n, bytes);
      f.set(base);
      [before, bytes] = [base, BYTES[type]];
    }
    f.i32(0);
    f.set(k);
    f.upTo(
      k,
      () => f.get(n),
      1,
      () => {
        pushScaled(f, tally, k, 4);
        f.op("i32.load", 4 * calls);
        f.set(slot);
        pushScaled(f, record, slot, 4);
        f.tee(next);
        f.get(next);
        f.op("i32.load", ENDS);
        f.tee(place);
        f.i32(1);
        f.op("i32.add");
        f.op("i32.store", ENDS);
        pushScaled(f, cells, place, 4);
        pushScaled(f, ptr("row"), k, 4);
        f.op("i32.load", 0);
        f.op("i32.store", 0);
        for (const { base, type, work } of bases) {
          pushScaled(f, base, place, BYTES[type]);
          pushScaled(f, work, k, BYTES[type]);
          f.op(`${valTypeOf(type)}.load`, 0);
          f.op(`${valTypeOf(type)}.store`, 0);
        }
      },
    );
  };
}

/** Finds room for a row of so many words, and sets `record` to its address. */
function allocate(
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
