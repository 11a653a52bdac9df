/** The synapses of a row that is drawn anew (`ir/drawnRows.ts`): blocks of four random words, one after the other. */
import { BLOCK, type DrawnSynapses, failuresOf, LINE, wordsOf } from "../../ir/drawnRows.ts";
import type { Expr } from "../../ir/expr.ts";
import type { KernelContext } from "./kernel.ts";
import { pushScaled, range } from "./tiles.ts";
import { values } from "./values.ts";

/** Locals with the source and the target at hand. */
type Ends = Readonly<Record<"pre" | "post", number>>;

/** @param body what is done with each synapse of source `pre` whose target, put into `post`, is in the range */
export function drawnRow(drawn: DrawnSynapses, ends: Ends, c: KernelContext, body: () => void): () => void {
  const { f } = c;
  const block = f.local("i32");
  const leaves = new Map([
    [BLOCK, block],
    [LINE, ends.pre],
  ]);
  const begin = (): void => {
    f.i32(0);
    f.set(block);
  };
  const blocks = (each: () => void): void => {
    f.op("block");
    f.op("loop");
    each();
    f.advance(block, 1);
    f.op("br", 0);
    f.op("end");
    f.op("end");
  };
  const words = wordsOf(drawn);
  const make =
    drawn.law.kind === "trials"
      ? trials(drawn.law.factor, words)
      : drawn.law.kind === "itself"
        ? itself
        : choices(words);
  return make({ drawn, ends, c, body, begin, blocks, values: (roots) => values(roots, leaves, c) });
}

interface Making {
  readonly drawn: DrawnSynapses;
  readonly ends: Ends;
  readonly c: KernelContext;
  body(): void;
  /** Goes to the first block. */
  begin(): void;
  /** A loop over the blocks, out of which label 1 leads. */
  blocks(each: () => void): void;
  /** Locals with what the expressions are at the block at hand. */
  values(roots: readonly Expr[]): number[];
}
type Make = (m: Making) => () => void;

const trials =
  (factor: number, [a, b, c, d]: readonly Expr[]): Make =>
  (m) => {
    const { f } = m.c;
    const k = f.local("f64");
    const gaps = [failuresOf(a!, b!, factor), failuresOf(c!, d!, factor)];
    return () => {
      m.begin();
      f.op("f64.const", -1);
      f.set(k);
      m.blocks(() => {
        for (const gap of m.values(gaps)) {
          f.get(gap);
          f.op("f64.const", 1);
          f.op("f64.add");
          f.get(k);
          f.op("f64.add");
          f.tee(k);
          m.c.pushCount("n");
          f.op("f64.convert_i32_s");
          f.op("f64.ge");
          f.op("br_if", 1);
          f.get(k);
          f.op("i32.trunc_sat_f64_s");
          f.set(m.ends.post);
          fromFirst(m);
          if (m.drawn.notItself) {
            f.get(m.ends.post, m.ends.pre);
            f.op("i32.ne");
            f.op("i32.and");
          }
          f.if(m.body);
        }
      });
    };
  };

const itself: Make = (m) => () => {
  const { f } = m.c;
  f.get(m.ends.pre);
  f.set(m.ends.post);
  fromFirst(m);
  f.get(m.ends.post);
  m.c.pushCount("n");
  f.op("i32.lt_s");
  f.op("i32.and");
  f.if(m.body);
};

const choices =
  (words: readonly Expr[]): Make =>
  (m) => {
    const { f } = m.c;
    const { post, pre } = m.ends;
    const among = m.drawn.targets - Number(m.drawn.notItself);
    const [left, product] = [f.local("i32"), f.local("i64")];
    const take = (): void => {
      f.get(product);
      f.op("i64.const", 32n);
      f.op("i64.shr_u");
      f.op("i32.wrap_i64");
      f.set(post);
      if (m.drawn.notItself) {
        f.get(post, post, pre);
        f.op("i32.ge_u");
        f.op("i32.add");
        f.set(post);
      }
      f.advance(left, -1);
      fromFirst(m);
      f.get(post);
      m.c.pushCount("n");
      f.op("i32.lt_s");
      f.op("i32.and");
      f.if(m.body);
    };
    return () => {
      m.begin();
      pushScaled(f, m.c.ptr("degree"), pre, 4);
      f.op("i32.load", 0);
      f.set(left);
      m.blocks(() => {
        const drawn = m.values(words);
        for (const k of range(4)) {
          f.get(left);
          f.op("i32.eqz");
          f.op("br_if", 1);
          f.get(drawn[k]!);
          f.op("i64.extend_i32_u");
          f.op("i64.const", BigInt(among));
          f.op("i64.mul");
          f.tee(product);
          f.op("i32.wrap_i64");
          f.i32(2 ** 32 % among);
          f.op("i32.ge_u");
          f.if(take);
        }
      });
    };
  };

/** Whether the target is not before the range. */
function fromFirst({ c, ends }: Making): void {
  c.f.get(ends.post);
  c.pushCount("first");
  c.f.op("i32.ge_s");
}
