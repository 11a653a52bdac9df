/** A row that is drawn as a whole (`ir/drawnRows.ts`): into memory, in order of targets, and then gone through. */
import { type DrawnSynapses, FACTOR, isNumbered, needsOrder, SEED, STREAM } from "../../ir/drawnRows.ts";
import { rowDrawer } from "./drawRows.ts";
import type { KernelContext } from "./kernel.ts";
import { sortRow } from "./sortRows.ts";
import { thinnedRow } from "./thinnedRow.ts";
import { pushScaled } from "./tiles.ts";

/** Locals with the source, the target and the number of the synapse at hand. */
type Ends = Readonly<Record<"pre" | "post" | "synapse", number>>;

/** @param body what is done with each synapse of source `pre` whose target, put into `post`, is in the range */
export function madeRow(drawn: DrawnSynapses, ends: Ends, c: KernelContext, body: () => void): () => void {
  const { f } = c;
  const { pre, post, synapse } = ends;
  const [base, from, to, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const { draw, sort } = makers(drawn, { pre, base, from, to }, c);
  const inOrder = isNumbered(drawn);
  const isIn = (): void => {
    f.get(post);
    c.pushCount("first");
    f.op("i32.ge_s");
    if (inOrder) return;
    f.get(post);
    c.pushCount("n");
    f.op("i32.lt_s");
    f.op("i32.and");
  };
  /** Sets a local to where the row begins or ends in memory. */
  const address = (local: number, plus: number): void => {
    f.get(base);
    pushStart(c, pre, plus);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    f.set(local);
  };
  return () => {
    f.get(c.ptr("row"));
    pushStart(c, pre, 0);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.sub");
    f.set(base);
    draw();
    address(from, 0);
    address(to, 1);
    if (inOrder) sort?.();
    pushStart(c, pre, 0);
    f.set(synapse);
    f.get(from);
    f.set(at);
    f.op("block");
    f.op("loop");
    f.get(at, to);
    f.op("i32.ge_u");
    f.op("br_if", 1);
    f.get(at);
    f.op("i32.load", 0);
    f.set(post);
    if (inOrder) {
      // What follows ends in later parts.
      f.get(post);
      c.pushCount("n");
      f.op("i32.ge_s");
      f.op("br_if", 1);
    }
    isIn();
    f.if(body);
    f.advance(at, 4);
    f.advance(synapse, 1);
    f.op("br", 0);
    f.op("end");
    f.op("end");
  };
}
function pushStart(c: KernelContext, pre: number, plus: number): void {
  pushScaled(c.f, c.ptr("rowStart"), pre, 4);
  c.f.op("i32.load", 4 * plus);
}

/** The kernels that draw tables and put them in order, over one row. */
function makers(
  drawn: DrawnSynapses,
  { pre, base, from, to }: Readonly<Record<"pre" | "base" | "from" | "to", number>>,
  c: KernelContext,
): { draw: () => void; sort: (() => void) | undefined } {
  const { law, targets, notItself, seed, stream } = drawn;
  if (law.kind === "itself") throw new Error("a row of one synapse is not made");
  if (law.kind === "thinned") {
    const own = { ...c, pushCount: (): void => c.f.i32(targets) };
    return { draw: thinnedRow(drawn, law, pre, c), sort: needsOrder(drawn) ? sortRow(own, { from, to }) : undefined };
  }
  const pointers: Readonly<Record<string, number>> = { starts: c.ptr("rowStart"), out: base };
  const numbers: Readonly<Record<string, number>> = { targets, notItself: Number(notItself), below: targets };
  const own: KernelContext = {
    ...c,
    ptr: (name) => pointers[name] ?? c.ptr(name),
    pushCount: (name) => {
      const number = numbers[name];
      if (number === undefined) c.pushCount(name);
      else c.f.i32(number);
    },
  };
  const key = [
    [SEED, fixed(c, "i32", seed | 0)],
    [STREAM, fixed(c, "i32", stream | 0)],
    ...(law.kind === "trials" ? [[FACTOR, fixed(c, "f64", law.factor)] as const] : []),
  ] as const;
  const draw = rowDrawer(law.kind, own, pre, pre, key);
  return { draw, sort: needsOrder(drawn) ? sortRow(own, { from, to }) : undefined };
}
function fixed({ f }: KernelContext, type: "i32" | "f64", value: number): number {
  const local = f.local(type);
  f.op(`${type}.const`, value);
  f.set(local);
  return local;
}
