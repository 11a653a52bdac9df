/** Rows of synapses, drawn once for a table: blocks of four random words of a line, one after the other. */
import { BLOCK, FACTOR, failuresOf, LINE, SEED, STREAM, wordsOf } from "../../ir/drawnRows.ts";
import { type Expr, read } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { KernelContext } from "./kernel.ts";
import { pushScaled } from "./tiles.ts";
import { values } from "./values.ts";

/** Locals: the row and its line at hand, where its next end goes (bytes), and what words are made of. */
interface Row {
  readonly row: number;
  readonly line: number;
  readonly at: number;
  /** A loop over blocks, out of which label 1 leads; `each` is given locals with what the expressions are. */
  blocks(roots: readonly Expr[], each: (values: readonly number[]) => void): void;
}

export function drawRows({ law }: KernelOf<"drawRows">, c: KernelContext): void {
  const { f } = c;
  const [row, line] = [f.local("i32"), f.local("i32")];
  const draw = rowDrawer(law, c, row, line, [
    [SEED, loaded(c, "key", "i32", 0)],
    [STREAM, loaded(c, "key", "i32", 4)],
    ...(law === "trials" || law === "counts" ? [[FACTOR, loaded(c, "factor", "f64", 0)] as const] : []),
  ]);
  f.i32(0);
  f.set(row);
  f.upTo(
    row,
    () => c.pushCount("n"),
    1,
    () => {
      c.pushCount("first");
      f.get(row);
      f.op("i32.add");
      f.set(line);
      draw();
    },
  );
}

/**
 * Draws one row, with arguments `out`, `starts`, `marks`? and counts `targets`, `notItself`.
 * @param key locals with what is not fixed: seed, stream, and the factor of trials
 */
export function rowDrawer(
  law: KernelOf<"drawRows">["law"],
  c: KernelContext,
  row: number,
  line: number,
  key: readonly (readonly [string, number])[],
): () => void {
  const { f } = c;
  const [at, block] = [f.local("i32"), f.local("i32")];
  const leaves = new Map([[BLOCK, block], [LINE, line], ...key]);
  const blocks: Row["blocks"] = (roots, each) => {
    f.i32(0);
    f.set(block);
    f.op("block");
    f.op("loop");
    each(values(roots, leaves, c));
    f.advance(block, 1);
    f.op("br", 0);
    f.op("end");
    f.op("end");
  };
  return LAWS[law](c, { row, line, at, blocks });
}
function loaded({ f, ptr }: KernelContext, argument: string, type: "i32" | "f64", offset: number): number {
  const local = f.local(type);
  f.get(ptr(argument));
  f.op(`${type}.load`, offset);
  f.set(local);
  return local;
}
/** Pushes where a row begins, or the next one. */
function pushStart({ f, ptr }: KernelContext, row: number, plus = 0): void {
  pushScaled(f, ptr("starts"), row, 4);
  f.op("i32.load", 4 * plus);
}
/** Sets a local to the address of the row's first end. */
function beginRow(c: KernelContext, { row, at }: Row): void {
  const { f } = c;
  f.get(c.ptr("out"));
  pushStart(c, row);
  f.i32(2);
  f.op("i32.shl");
  f.op("i32.add");
  f.set(at);
}

const words = wordsOf({ seed: read("u32", SEED), stream: read("u32", STREAM) });

/** Target k is what comes `gap + 1` after the one before: in f64, because gaps may be longer than any line. */
const trials =
  (counts: boolean) =>
  (c: KernelContext, r: Row): (() => void) => {
    const { f } = c;
    const [k, targets, end] = [f.local("f64"), f.local("f64"), f.local("i32")];
    const [a, b, d, e] = words as [Expr, Expr, Expr, Expr];
    const factor = read("f64", FACTOR);
    c.pushCount("targets");
    f.op("f64.convert_i32_s");
    f.set(targets);
    const take = (): void => {
      if (!counts) {
        f.get(r.at, end);
        f.op("i32.store", 0);
      }
      f.advance(r.at, counts ? 1 : 4);
    };
    return () => {
      f.op("f64.const", -1);
      f.set(k);
      if (counts) f.i32(0);
      if (counts) f.set(r.at);
      else beginRow(c, r);
      r.blocks([failuresOf(a, b, factor), failuresOf(d, e, factor)], (gaps) => {
        for (const gap of gaps) {
          f.get(gap);
          f.op("f64.const", 1);
          f.op("f64.add");
          f.get(k);
          f.op("f64.add");
          f.tee(k);
          f.get(targets);
          f.op("f64.ge");
          f.op("br_if", 1);
          f.get(k);
          f.op("i32.trunc_sat_f64_s");
          f.set(end);
          // The line itself may be an end, or it may not.
          f.get(end, r.line);
          f.op("i32.ne");
          c.pushCount("notItself");
          f.op("i32.eqz");
          f.op("i32.or");
          f.if(take);
        }
      });
      if (!counts) return;
      pushScaled(f, c.ptr("out"), r.row, 4);
      f.get(r.at);
      f.op("i32.store", 0);
    };
  };

/**
 * Each end is as likely: Lemire 2019, as `LineStream.below` has it. Distinct ones are Floyd's, as `model/connectivity/degree.ts`
 * has them: each is drawn from one more than the last, and where it has been chosen, that one is; marks are then taken back.
 */
const choices =
  (distinct: boolean) =>
  (c: KernelContext, r: Row): (() => void) => {
    const { f } = c;
    const [first, last, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const [among, product] = [f.local("i64"), f.local("i64")];
    const pushAmong = (): void => {
      c.pushCount("targets");
      c.pushCount("notItself");
      f.op("i32.sub");
    };
    const refused = f.local("i32");
    const refuse = (): void => {
      f.op("i64.const", 4294967296n);
      f.get(among);
      f.op("i64.rem_u");
      f.op("i32.wrap_i64");
    };
    if (!distinct) {
      pushAmong();
      f.op("i64.extend_i32_u");
      f.tee(among);
      f.op("i64.eqz");
      f.op("i32.eqz");
      f.if(() => {
        refuse();
        f.set(refused);
      });
    }
    const take = (): void => {
      f.get(product);
      f.op("i64.const", 32n);
      f.op("i64.shr_u");
      f.op("i32.wrap_i64");
      f.set(end);
      if (distinct) marked(c, end, among);
      f.get(r.at, end);
      // One more where no line is its own end, from there on.
      f.get(end, r.line);
      f.op("i32.ge_u");
      c.pushCount("notItself");
      f.op("i32.and");
      f.op("i32.add");
      f.op("i32.store", 0);
      f.advance(r.at, 4);
    };
    /** Leaves on the stack whether the product of the word will do: where there are many bounds, one seldom has to divide. */
    const accepted = (): void => {
      f.get(product);
      f.op("i32.wrap_i64");
      if (!distinct) {
        f.get(refused);
        return f.op("i32.ge_u");
      }
      f.get(among);
      f.op("i32.wrap_i64");
      f.op("i32.ge_u");
      f.op("if");
      f.i32(1);
      f.set(refused);
      f.op("else");
      f.get(product);
      f.op("i32.wrap_i64");
      refuse();
      f.op("i32.ge_u");
      f.set(refused);
      f.op("end");
      f.get(refused);
    };
    return () => {
      beginRow(c, r);
      f.get(r.at);
      f.set(first);
      f.get(c.ptr("out"));
      pushStart(c, r.row, 1);
      f.i32(2);
      f.op("i32.shl");
      f.op("i32.add");
      f.set(last);
      if (distinct) {
        // The first bound is one more than what is left out at first.
        pushAmong();
        f.get(last, first);
        f.op("i32.sub");
        f.i32(2);
        f.op("i32.shr_u");
        f.op("i32.sub");
        f.i32(1);
        f.op("i32.add");
        f.op("i64.extend_i32_u");
        f.set(among);
      }
      r.blocks(words, (drawn) => {
        for (const word of drawn) {
          f.get(r.at, last);
          f.op("i32.ge_u");
          f.op("br_if", 1);
          f.get(word);
          f.op("i64.extend_i32_u");
          f.get(among);
          f.op("i64.mul");
          f.set(product);
          accepted();
          f.if(() => {
            take();
            if (!distinct) return;
            f.get(among);
            f.op("i64.const", 1n);
            f.op("i64.add");
            f.set(among);
          });
        }
      });
      if (distinct) unmark(c, r, first, last);
    };
  };

/** Pushes the address of the word with an end's mark. */
function pushMark({ f, ptr }: KernelContext, end: number): void {
  f.get(ptr("marks"), end);
  f.i32(5);
  f.op("i32.shr_u");
  f.i32(2);
  f.op("i32.shl");
  f.op("i32.add");
}
/** Takes the greatest of the ends in the place of one that has been chosen, and marks what was taken. */
function marked(c: KernelContext, end: number, among: number): void {
  const { f } = c;
  pushMark(c, end);
  f.op("i32.load", 0);
  f.get(end);
  f.op("i32.shr_u");
  f.i32(1);
  f.op("i32.and");
  f.if(() => {
    f.get(among);
    f.op("i32.wrap_i64");
    f.i32(1);
    f.op("i32.sub");
    f.set(end);
  });
  pushMark(c, end);
  pushMark(c, end);
  f.op("i32.load", 0);
  f.i32(1);
  f.get(end);
  f.op("i32.shl");
  f.op("i32.or");
  f.op("i32.store", 0);
}
function unmark(c: KernelContext, r: Row, first: number, last: number): void {
  const { f } = c;
  const end = f.local("i32");
  const more = (): void => {
    f.get(first, last);
    f.op("i32.lt_u");
  };
  f.while(more, () => {
    f.get(first);
    f.op("i32.load", 0);
    f.tee(end);
    f.get(end, r.line);
    f.op("i32.gt_u");
    c.pushCount("notItself");
    f.op("i32.and");
    f.op("i32.sub");
    f.set(end);
    pushMark(c, end);
    f.i32(0);
    f.op("i32.store", 0);
    f.advance(first, 4);
  });
}
const LAWS: {
  readonly [L in KernelOf<"drawRows">["law"]]: (c: KernelContext, r: Row) => () => void;
} = { trials: trials(false), counts: trials(true), choices: choices(false), distinct: choices(true) };
