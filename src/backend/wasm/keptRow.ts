/**
 * Rows that several calls go through (`ir/drawnRows.ts`): drawn by the first that finds them nowhere, and kept in order of the
 * calls for as long as there is room (`keptRing.ts`). So room decides about time alone.
 */
import { type DrawnSynapses, keptWords, workOf } from "../../ir/drawnRows.ts";
import { type Step, slotOf } from "../../ir/step.ts";
import { BYTES, type Type } from "../../ir/types.ts";
import type { Numbered } from "./drawnNumber.ts";
import { NEEDED, ROW_HEADER, roomFor } from "./keptRing.ts";
import type { KernelContext } from "./kernel.ts";
import { pushRingCell } from "./ringCell.ts";
import { valTypeOf } from "./scalarExpr.ts";
import { pushScaled } from "./tiles.ts";

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
/** A row in memory (`keptRing.ts`) goes on with where the synapses of each call end. */
const ENDS = ROW_HEADER;

/** @param body what is done with a synapse whose cell and numbers are in their locals */
export function keptRow(p: Parts, c: KernelContext, body: () => void): () => void {
  const { f, ptr } = c;
  const [place, record, at, end] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const [cells, calls] = [f.local("i32"), p.drawn.ring!.kept!.calls];
  const make = makeRow(p, record, c);
  const needed = counting(record, calls, c);
  const through = synapses(p, { record, at, end, cells, calls }, c, body);
  return () => {
    pushScaled(f, ptr("where"), p.pre, 4);
    f.op("i32.load", 0);
    f.tee(place);
    f.if(() => {
      f.get(ptr("kept"), place);
      f.i32(2);
      f.op("i32.shl");
      f.op("i32.add");
      f.i32(4);
      f.op("i32.sub");
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
    pointAt({ record, cells, calls, count: total, columns: values }, c);
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

/** What a row has: cells behind its ends, and then of each slot a number a synapse. */
interface Columns extends Readonly<Record<"record" | "cells" | "calls" | "count", number>> {
  readonly columns: readonly { readonly base: number; readonly type: Type }[];
}
/** Sets locals to where they begin. */
function pointAt({ record, cells, calls, count, columns }: Columns, { f }: KernelContext): void {
  f.get(record);
  f.i32(ENDS + 4 * calls);
  f.op("i32.add");
  f.set(cells);
  let [before, bytes] = [cells, 4];
  for (const { base, type } of columns) {
    pushScaled(f, before, count, bytes);
    f.set(base);
    [before, bytes] = [base, BYTES[type]];
  }
}

/** Draws a row and keeps it; sets a local to where. */
function makeRow(p: Parts, record: number, c: KernelContext): () => void {
  const { f, ptr } = c;
  const { drawn, step, slots, post, pre } = p;
  const { group, kept } = drawn.ring!;
  const { calls, words: most } = kept!;
  const [n, first, slot, k] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const count = f.local("i32");
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
    pushRingCell(c, drawn.ring!, post);
    f.op("i32.store", 0);
    f.get(slot);
    f.i32(Math.log2(group));
    f.op("i32.shr_u");
    f.set(slot);
    pushScaled(f, tally, n, 4);
    f.get(slot);
    f.op("i32.store", 4 * calls);
    pushScaled(f, tally, slot, 4);
    f.tee(count);
    f.get(count);
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
  const room = roomFor(c, { pre, record, most }, () => {
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
    pointAt({ record, cells, calls, count: n, columns: bases }, c);
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
