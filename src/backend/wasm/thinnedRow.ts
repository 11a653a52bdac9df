/** A row whose targets are candidates first, box by box, and then stay or go (`ir/drawnRows.ts`). */
import {
  BLOCK,
  type DrawnSynapses,
  FACTOR,
  failuresBy,
  LINE,
  MOST,
  SHARE,
  type ThinnedLaw,
  tableOf,
  tablesOf,
  uniformOf,
  wordsOf,
} from "../../ir/drawnRows.ts";
import { type Expr, read } from "../../ir/expr.ts";
import type { KernelContext } from "./kernel.ts";
import { pushScaled } from "./tiles.ts";
import { values } from "./values.ts";

const UNIFORM = "uniform";
const allF64 = (): "f64" => "f64";

/** Writes the targets of source `pre` to `row`. */
export function thinnedRow(drawn: DrawnSynapses, law: ThinnedLaw, pre: number, c: KernelContext): () => void {
  const { f, ptr } = c;
  const [box, k, end, post, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const [gap, members] = [f.local("f64"), f.local("f64")];
  const line = uniforms(drawn, pre, c);
  const given = leavesOf(law, { pre, synapse: box, post }, c);
  const valueOf = (name: string): Expr => law.step.stores.find((s) => s.slot === name)!.value;
  const [most, factor, share] = [f.local("f64"), f.local("f64"), f.local("f64")];
  const make = (names: readonly string[], into: readonly number[]): void =>
    values(names.map(valueOf), given.leaves, c, allF64).forEach((local, n) => {
      f.get(local);
      f.set(into[n]!);
    });
  /** Adds to `gap` how many members are passed over. */
  const skip = (): void => {
    f.get(most);
    f.op("f64.const", 1);
    f.op("f64.ne");
    f.if(() => {
      line.next();
      const [failures] = values(
        [failuresBy(read("f64", UNIFORM), read("f64", FACTOR))],
        new Map([
          [UNIFORM, line.uniform],
          [FACTOR, factor],
        ]),
        c,
        allF64,
      );
      f.get(gap, failures!);
      f.op("f64.add");
      f.set(gap);
    });
  };
  const take = (): void => {
    f.get(at, post);
    f.op("i32.store", 0);
    f.advance(at, 4);
  };
  const unlessItself = (): void => {
    if (!drawn.notItself) return take();
    f.get(post, pre);
    f.op("i32.ne");
    f.if(take);
  };
  const candidate = (): void => {
    pushScaled(f, ptr("members"), k, 4);
    f.op("i32.load", 0);
    f.set(post);
    given.load("post");
    make([SHARE], [share]);
    f.get(share);
    f.op("f64.const", 1);
    f.op("f64.ge");
    f.if(unlessItself, () => {
      const draws = (): void => {
        line.next();
        f.get(line.uniform, share);
        f.op("f64.le");
        f.if(unlessItself);
      };
      if (law.drawsZero) return draws();
      f.get(share);
      f.op("f64.const", 0);
      f.op("f64.gt");
      f.if(draws);
    });
  };
  const overMembers = (): void => {
    f.get(end, k);
    f.op("i32.sub");
    f.op("f64.convert_i32_s");
    f.set(members);
    f.op("f64.const", 0);
    f.set(gap);
    f.op("block");
    f.op("loop");
    // Gaps may be longer than any row, so that places are compared in f64.
    skip();
    f.get(gap, members);
    f.op("f64.ge");
    f.op("br_if", 1);
    f.get(end);
    f.get(members, gap);
    f.op("f64.sub");
    f.op("i32.trunc_sat_f64_s");
    f.op("i32.sub");
    f.set(k);
    candidate();
    f.get(gap);
    f.op("f64.const", 1);
    f.op("f64.add");
    f.set(gap);
    f.op("br", 0);
    f.op("end");
    f.op("end");
  };
  return () => {
    line.begin();
    f.get(ptr("row"));
    f.set(at);
    given.load("pre");
    f.i32(0);
    f.set(box);
    f.upTo(
      box,
      () => f.i32(law.boxes),
      1,
      () => {
        pushScaled(f, ptr("boxStart"), box, 4);
        f.op("i32.load", 0);
        f.set(k);
        pushScaled(f, ptr("boxStart"), box, 4);
        f.op("i32.load", 4);
        f.set(end);
        given.load("synapse");
        make([MOST, FACTOR], [most, factor]);
        f.get(most);
        f.op("f64.const", 0);
        f.op("f64.ne");
        f.if(overMembers);
      },
    );
  };
}

/** Numbers of the line from 0 to 1, two of a block. */
function uniforms(drawn: DrawnSynapses, pre: number, c: KernelContext) {
  const { f } = c;
  const [block, uniform, second, hasSecond] = [f.local("i32"), f.local("f64"), f.local("f64"), f.local("i32")];
  const leaves = new Map([
    [BLOCK, block],
    [LINE, pre],
  ]);
  const fresh = (): void => {
    const [a, b, d, e] = wordsOf(drawn) as [Expr, Expr, Expr, Expr];
    const [first, later] = values([uniformOf(a, b), uniformOf(d, e)], leaves, c);
    f.get(first!);
    f.set(uniform);
    f.get(later!);
    f.set(second);
    f.advance(block, 1);
    f.i32(1);
    f.set(hasSecond);
  };
  return {
    /** The local with the number at hand. */
    uniform,
    begin: (): void => {
      f.i32(0);
      f.set(block);
      f.i32(0);
      f.set(hasSecond);
    },
    next: (): void => {
      f.get(hasSecond);
      f.if(() => {
        f.get(second);
        f.set(uniform);
        f.i32(0);
        f.set(hasSecond);
      }, fresh);
    },
  };
}

/** Locals with what the step reads, and what brings those of an end, or of a box. */
function leavesOf(
  law: ThinnedLaw,
  ends: Readonly<Record<"pre" | "synapse" | "post", number>>,
  c: KernelContext,
): { leaves: ReadonlyMap<string, number>; load(of: "pre" | "synapse" | "post"): void } {
  const { f } = c;
  const leaves = new Map(law.step.slots.map((s) => [s.name, f.local("f64")]));
  const bases = new Map(tablesOf(law).map((s) => [s.name, c.ptr(tableOf(s.name))]));
  return {
    leaves,
    load: (of) => {
      for (const { name, space } of law.step.slots) {
        if (space !== of) continue;
        pushScaled(f, bases.get(name)!, ends[of], 8);
        f.op("f64.load", 0);
        f.set(leaves.get(name)!);
      }
      const number = of === "pre" ? "i" : of === "post" ? "j" : undefined;
      if (number === undefined || !leaves.has(number)) return;
      f.get(ends[of]);
      f.op("f64.convert_i32_s");
      f.set(leaves.get(number)!);
    },
  };
}
