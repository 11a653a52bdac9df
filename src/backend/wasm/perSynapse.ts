/** The synaptic skeleton: scalar code, because each synapse must see what the one before it stored. */
import type { Expr } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import { nodes, type Slot, type Space, type Step } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";

/** Locals that hold the numbers of the synapse at hand. */
type Numbers = Readonly<Record<"synapse" | "pre" | "post", number>>;

export function perSynapse({ domain, step, parts = 1 }: KernelOf<"perSynapse">, c: KernelContext): void {
  const { f } = c;
  const numbers: Numbers = { synapse: f.local("i32"), pre: f.local("i32"), post: f.local("i32") };
  const visit = (): void => body(step, numbers, c);
  if (domain === "all")
    f.upTo(
      numbers.pre,
      () => c.pushCount("sources"),
      1,
      () => row(numbers, parts, c, visit),
    );
  else {
    const outer = domain === "rows" ? numbers.pre : numbers.post;
    overList(outer, c, () => (domain === "rows" ? row(numbers, parts, c, visit) : column(numbers, c, visit)));
  }
}

/** Pushes element `index` of an array of 32-bit integers. */
function pushItem(c: KernelContext, array: string, index: number, plus = 0): void {
  const { f } = c;
  f.get(c.ptr(array), index);
  f.i32(2);
  f.op("i32.shl");
  f.op("i32.add");
  f.op("i32.load", plus * 4);
}

function overList(item: number, c: KernelContext, visit: () => void): void {
  const { f } = c;
  const k = f.local("i32");
  c.pushCount("from");
  f.set(k);
  f.upTo(
    k,
    () => c.pushCount("to"),
    1,
    () => {
      pushItem(c, "list", k);
      f.set(item);
      visit();
    },
  );
}

function row({ synapse, pre, post }: Numbers, parts: number, c: KernelContext, visit: () => void): void {
  const { f } = c;
  const [at, end] = [f.local("i32"), f.local("i32")];
  f.get(pre);
  f.i32(parts);
  f.op("i32.mul");
  f.set(at);
  pushItem(c, "rowStart", at);
  f.set(synapse);
  pushItem(c, "rowStart", at, 1);
  f.set(end);
  f.upTo(
    synapse,
    () => f.get(end),
    1,
    () => {
      pushItem(c, "target", synapse);
      f.set(post);
      visit();
    },
  );
}
function column({ synapse, pre, post }: Numbers, c: KernelContext, visit: () => void): void {
  const { f } = c;
  const [k, end] = [f.local("i32"), f.local("i32")];
  pushItem(c, "columnStart", post);
  f.set(k);
  pushItem(c, "columnStart", post, 1);
  f.set(end);
  f.upTo(
    k,
    () => f.get(end),
    1,
    () => {
      pushItem(c, "columnSynapse", k);
      f.set(synapse);
      pushItem(c, "source", synapse);
      f.set(pre);
      visit();
    },
  );
}

function body(step: Step, numbers: Numbers, c: KernelContext): void {
  const { f } = c;
  const locals = new Map<Expr, number>();
  const context = { f, push: (e: Expr): void => f.get(locals.get(e)!) };
  for (const e of nodes(step)) {
    if (e.tag === "read") load(slotNamed(step, e.slot), numbers, c);
    else if (e.tag === "index") f.get(numbers[e.of as keyof Numbers]);
    else emitScalar(e, context);
    const local = f.local(valTypeOf(e.type));
    f.set(local);
    locals.set(e, local);
  }
  for (const store of step.stores) {
    const slot = slotNamed(step, store.slot);
    pushAddress(slot, numbers, c);
    if (store.mode === "add") load(slot, numbers, c);
    context.push(store.value);
    if (store.mode === "add") f.op(`${valTypeOf(slot.type)}.add`);
    f.op(`${valTypeOf(slot.type)}.store`, 0);
  }
}

const slotNamed = (step: Step, name: string): Slot => step.slots.find((s) => s.name === name)!;
const NUMBER: Readonly<Partial<Record<Space, keyof Numbers>>> = { pre: "pre", post: "post", synapse: "synapse" };

function pushAddress(slot: Slot, numbers: Numbers, { f, ptr }: KernelContext): void {
  f.get(ptr(slot.name));
  const number = NUMBER[slot.space];
  if (!number) return;
  f.get(numbers[number]);
  f.i32(Math.log2(BYTES[slot.type]));
  f.op("i32.shl");
  f.op("i32.add");
}
function load(slot: Slot, numbers: Numbers, c: KernelContext): void {
  pushAddress(slot, numbers, c);
  c.f.op(`${valTypeOf(slot.type)}.load`, 0);
}
