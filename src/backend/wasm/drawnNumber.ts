/** Numbers of the synapses of drawn rows, each from random words of its own (`ir/drawnRows.ts`). */
import {
  BLOCK,
  type DrawnNumber,
  type DrawnSynapses,
  LINE,
  NUMBER,
  numberedWordsOf,
  WORD,
  wordsOf,
} from "../../ir/drawnRows.ts";
import { LOOK_AGAIN } from "../../ir/lookUp.ts";
import { type Step, slotOf } from "../../ir/step.ts";
import type { KernelContext } from "./kernel.ts";
import { found } from "./lookUp.ts";
import { range } from "./tiles.ts";
import { values } from "./values.ts";

/** A number of the synapse at hand: what works it out into a local. */
export interface Numbered {
  readonly local: number;
  readonly make: () => void;
}

/** Of each slot that is drawn again. */
export function numberedSlots(
  step: Step,
  { numbers = {} }: DrawnSynapses,
  synapse: number,
  c: KernelContext,
): Map<string, Numbered> {
  return new Map(
    Object.entries(numbers).map(([name, number]) => [name, drawnNumber(number, slotOf(step, name).type, synapse, c)]),
  );
}
function drawnNumber(number: DrawnNumber, type: string, synapse: number, c: KernelContext): Numbered {
  const { f } = c;
  const [word, local] = [f.local("i32"), f.local(type === "f32" ? "f32" : "f64")];
  const { step, within } = number;
  const x = f.local("f64");
  const value = step.stores.find((s) => s.slot === NUMBER)!.value;
  const leaves = new Map([[WORD, word]]);
  const make = (): void => {
    const [made] = values([value], leaves, c);
    f.get(made!);
    f.set(x);
  };
  /** Whether it will do. */
  const test =
    within &&
    ((): void => {
      f.get(x);
      f.op("f64.const", within.low);
      f.op("f64.ge");
      f.get(x);
      f.op("f64.const", within.high);
      f.op("f64.le");
      f.op("i32.and");
    });
  const draw = byWord(number, { synapse, word, make, test }, c);
  return {
    local,
    make: () => {
      draw();
      f.get(x);
      if (type === "f32") f.op("f32.demote_f64");
      f.set(local);
    },
  };
}
/** How many steps the synapse at hand takes. */
export function drawnSteps(key: Pick<DrawnNumber, "seed" | "stream">, synapse: number, c: KernelContext): Numbered {
  const { f } = c;
  const [word, x] = [f.local("i32"), f.local("i32")];
  const pushCount = (): void => f.i32(0); // the tables are this connection's alone
  const make = found({ ...c, pushCount }, word, x);
  const test = (): void => {
    f.get(x);
    f.i32(LOOK_AGAIN);
    f.op("i32.ne");
  };
  return { local: x, make: byWord(key, { synapse, word, make, test }, c) };
}

interface Making {
  readonly synapse: number;
  /** The word at hand. */
  readonly word: number;
  /** What is made of it. */
  readonly make: () => void;
  /** Leaves on the stack whether that will do; if not, words of a line of the synapse's own follow. */
  readonly test: (() => void) | undefined;
}
function byWord(key: Pick<DrawnNumber, "seed" | "stream">, m: Making, c: KernelContext): () => void {
  const { f } = c;
  const first = wordOf(c, m.synapse, m.word, (block) => values(numberedWordsOf(key), new Map([[BLOCK, block]]), c));
  if (!m.test) {
    return () => {
      first();
      m.make();
    };
  }
  const tries = f.local("i32");
  const next = wordOf(c, tries, m.word, (block) =>
    values(
      wordsOf(key),
      new Map([
        [BLOCK, block],
        [LINE, m.synapse],
      ]),
      c,
    ),
  );
  return () => {
    first();
    next.forget();
    f.i32(0);
    f.set(tries);
    f.op("block");
    f.op("loop");
    m.make();
    m.test!();
    f.op("br_if", 1);
    next();
    f.advance(tries, 1);
    f.op("br", 0);
    f.op("end");
    f.op("end");
  };
}

/** Sets a local to word k of a sequence: four come together, and are kept for those that follow. */
function wordOf(
  { f }: KernelContext,
  k: number,
  word: number,
  four: (block: number) => number[],
): (() => void) & { forget(): void } {
  const [block, held] = [f.local("i32"), f.local("i32")];
  const kept = range(4).map(() => f.local("i32"));
  const odd = (): void => {
    f.get(k);
    f.i32(1);
    f.op("i32.and");
  };
  const pair = (low: number): void => {
    f.get(kept[low + 1]!, kept[low]!);
    odd();
    f.op("select");
  };
  // What is held is one more than the block's number: locals begin at zero.
  const take = (): void => {
    f.get(k);
    f.i32(2);
    f.op("i32.shr_u");
    f.tee(block);
    f.i32(1);
    f.op("i32.add");
    f.get(held);
    f.op("i32.ne");
    f.if(() => {
      four(block).forEach((local, n) => {
        f.get(local);
        f.set(kept[n]!);
      });
      f.get(block);
      f.i32(1);
      f.op("i32.add");
      f.set(held);
    });
    pair(2);
    pair(0);
    f.get(k);
    f.i32(2);
    f.op("i32.and");
    f.op("select");
    f.set(word);
  };
  const forget = (): void => {
    f.i32(0);
    f.set(held);
  };
  return Object.assign(take, { forget });
}
