/**
 * Events of targets that full rows take in later. A target's event touches a line of memory in each row for one number; where
 * rows take in the events of many steps at once, a few of them side by side, these lines are in the nearest cache. Synapses
 * go one by one, each in the first lane of a vector: that clips without branches, and costs a load and a store each.
 */
import { type Expr, operands } from "../../ir/expr.ts";
import { type KernelOf, LATE } from "../../ir/program.ts";
import { lanesOf, nodes, type Slot, type Step, slotOf } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { storable } from "./stores.ts";
import { pushScaled, range } from "./tiles.ts";
import { emitVector, shapeOf, splatConstant, type VectorContext } from "./vectorExpr.ts";

type Late = KernelOf<"lateColumns">;

export function lateColumns(k: Late, c: KernelContext): void {
  const { f } = c;
  const [sources] = k.full;
  const groups = Math.ceil(sources / LATE);
  const group = f.local("i32");
  const writer = new LateWriter(k, c, group);
  const bringUp = (after: () => void): void => {
    const rest = sources % LATE;
    if (rest === 0) return writer.bringUp(LATE, after);
    f.get(group);
    f.i32(groups - 1);
    f.op("i32.eq");
    f.if(
      () => writer.bringUp(rest, after),
      () => writer.bringUp(LATE, after),
    );
  };
  writer.begin();
  if (k.domain === "all")
    return f.upTo(
      group,
      () => f.i32(groups),
      1,
      () => bringUp(() => writer.setSince(() => f.i32(0))),
    );
  const entry = f.local("i32");
  c.pushCount("from");
  f.set(entry);
  f.upTo(
    entry,
    () => c.pushCount("to"),
    1,
    () => {
      pushScaled(f, c.ptr("list"), entry, 4);
      f.op("i32.load", 0);
      f.i32(Math.log2(LATE));
      f.op("i32.shr_u");
      f.set(group);
      bringUp(() => writer.setSince(() => c.pushCount("now")));
    },
  );
}

/** Where a value of a slot lies, for one of the group's sources: a byte address in a local, and bytes from there. */
interface At {
  readonly pointer: number;
  readonly offset: number;
}
/** How often a value changes: never, with the source, or with the synapse. */
type Rate = "call" | "source" | "synapse";
const RATES: readonly Rate[] = ["call", "source", "synapse"];

class LateWriter {
  readonly #k: Late;
  readonly #c: KernelContext;
  readonly #group: number;
  readonly #rates: ReadonlyMap<Expr, Rate>;
  /** Constants of both bodies. */
  readonly #constants = new Map<Expr, number>();
  /** Byte addresses of what the group's first source has, and of the synapses of the target at hand. */
  readonly #rows: ReadonlyMap<string, number>;
  readonly #synapses: ReadonlyMap<string, number>;

  constructor(k: Late, c: KernelContext, group: number) {
    this.#k = k;
    this.#c = c;
    this.#group = group;
    this.#rates = ratesOf(k.step);
    const names = new Set([...k.step.slots, ...k.motion.slots].map((s) => s.name));
    this.#rows = new Map([...names].map((name) => [name, c.f.local("i32")]));
    this.#synapses = new Map(k.step.slots.filter((s) => s.space === "synapse").map((s) => [s.name, c.f.local("i32")]));
  }

  begin(): void {
    const { f } = this.#c;
    for (const step of [this.#k.step, this.#k.motion])
      for (const e of nodes(step)) {
        if (e.tag !== "const") continue;
        splatConstant(this.#context(step, this.#constants), e.type, e.value);
        const local = f.local("v128");
        f.set(local);
        this.#constants.set(e, local);
      }
  }
  setSince(push: () => void): void {
    const { f } = this.#c;
    pushScaled(f, this.#c.ptr("since"), this.#group, 4);
    push();
    f.op("i32.store", 0);
  }

  /** Takes in what has happened since then, with so many sources in the group; `after` says what is noted. */
  bringUp(sources: number, after: () => void): void {
    const { f } = this.#c;
    const step = f.local("i32");
    pushScaled(f, this.#c.ptr("since"), this.#group, 4);
    f.op("i32.load", 0);
    f.set(step);
    f.get(step);
    this.#c.pushCount("now");
    f.op("i32.lt_s");
    f.if(() => this.#pointAtRows());
    f.upTo(
      step,
      () => this.#c.pushCount("now"),
      1,
      () => {
        this.#events(step, sources);
        this.#move(sources);
      },
    );
    after();
  }
  #pointAtRows(): void {
    const { f } = this.#c;
    const [, targets] = this.#k.full;
    for (const [name, local] of this.#rows) {
      const slot = this.#slot(name);
      const bytes = BYTES[slot.type] * (slot.space === "synapse" ? targets : 1);
      pushScaled(f, this.#c.ptr(name), this.#group, LATE * bytes);
      f.set(local);
    }
  }
  #slot(name: string): Slot {
    const { step, motion } = this.#k;
    return [...step.slots, ...motion.slots].find((s) => s.name === name)!;
  }

  /** The events of a step. */
  #events(step: number, sources: number): void {
    const { f } = this.#c;
    const { steps, listStride, endStride } = this.#k;
    const [row, event, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
    this.#c.pushCount("start");
    f.get(step);
    f.op("i32.add");
    f.i32(steps - 1);
    f.op("i32.and");
    f.set(row);
    const entry = (push: () => void): void => {
      pushScaled(f, this.#c.ptr("events"), row, 4 * listStride);
      push();
      f.i32(2);
      f.op("i32.shl");
      f.op("i32.add");
    };
    entry(() => this.#c.pushCount("first"));
    f.set(event);
    entry(() => {
      pushScaled(f, this.#c.ptr("ends"), row, 4 * endStride);
      f.op("i32.load", 0);
    });
    f.set(end);
    f.get(event, end);
    f.op("i32.lt_u");
    f.if(() => {
      const known = range(sources).map((source) => this.#ofSource(source));
      f.op("loop");
      this.#event(event, known);
      f.advance(event, 4);
      f.get(event, end);
      f.op("i32.lt_u");
      f.op("br_if", 0);
      f.op("end");
    });
  }
  /** What is the same for all events of a step. */
  #ofSource(source: number): ReadonlyMap<Expr, number> {
    const locals = new Map(this.#constants);
    for (const e of nodes(this.#k.step)) if (this.#rates.get(e) === "source") this.#define(e, source, locals);
    return locals;
  }
  #event(event: number, known: readonly ReadonlyMap<Expr, number>[]): void {
    const { f } = this.#c;
    const target = f.local("i32");
    f.get(event);
    f.op("i32.load", 0);
    f.set(target);
    for (const [name, local] of this.#synapses) {
      pushScaled(f, this.#rows.get(name)!, target, BYTES[this.#slot(name).type]);
      f.set(local);
    }
    const { step } = this.#k;
    known.forEach((fixed, source) => {
      const locals = new Map(fixed);
      for (const e of nodes(step)) if (this.#rates.get(e) === "synapse") this.#define(e, source, locals);
      this.#store(step, (slot) => this.#at(slot, source), locals, 1);
    });
  }
  #at({ name, space, type }: Slot, source: number): At {
    if (space !== "synapse") return { pointer: this.#rows.get(name)!, offset: source * BYTES[type] };
    return { pointer: this.#synapses.get(name)!, offset: source * this.#k.full[1] * BYTES[type] };
  }
  #define(e: Expr, source: number, locals: Map<Expr, number>): void {
    const { step } = this.#k;
    this.#value(e, step, e.tag === "read" ? this.#at(slotOf(step, e.slot), source) : undefined, 1, locals);
  }

  /** A step of what the sources have: whole vectors, then one by one. */
  #move(sources: number): void {
    const { motion } = this.#k;
    const lanes = lanesOf(motion);
    for (let source = 0; source < sources; ) {
      const count = source + lanes <= sources ? lanes : 1;
      const at = ({ name, type }: Slot): At => ({ pointer: this.#rows.get(name)!, offset: source * BYTES[type] });
      const locals = new Map(this.#constants);
      for (const e of nodes(motion))
        if (e.tag !== "const")
          this.#value(e, motion, e.tag === "read" ? at(slotOf(motion, e.slot)) : undefined, count, locals);
      this.#store(motion, at, locals, count);
      source += count;
    }
  }

  #context(step: Step, locals: ReadonlyMap<Expr, number>): VectorContext {
    const { f } = this.#c;
    return { f, lanes: lanesOf(step), push: (e) => f.get(locals.get(e)!) };
  }
  /** Computes a node, for `count` neighbours. */
  #value(e: Expr, step: Step, at: At | undefined, count: number, locals: Map<Expr, number>): void {
    const { f } = this.#c;
    if (at) {
      this.#load(slotOf(step, (e as Extract<Expr, { tag: "read" }>).slot), at, count);
      if (e.type === "bool") {
        f.op("v128.const", "i32x4", [0, 0, 0, 0]);
        f.op("i32x4.ne");
      }
    } else emitVector(e, this.#context(step, locals));
    const local = f.local("v128");
    f.set(local);
    locals.set(e, local);
  }
  #load({ type }: Slot, { pointer, offset }: At, count: number): void {
    const { f } = this.#c;
    f.get(pointer);
    f.op(count * BYTES[type] === 16 ? "v128.load" : `v128.load${8 * count * BYTES[type]}_zero`, offset);
  }
  #store(step: Step, at: (slot: Slot) => At, locals: ReadonlyMap<Expr, number>, count: number): void {
    const { f } = this.#c;
    for (const store of step.stores) {
      const slot = slotOf(step, store.slot);
      const { pointer, offset } = at(slot);
      f.get(pointer);
      if (store.mode === "add") this.#load(slot, { pointer, offset }, count);
      storable(store.value, this.#context(step, locals));
      if (store.mode === "add") f.op(`${shapeOf(slot.type)}.add`);
      const bytes = count * BYTES[slot.type];
      if (bytes === 16) f.op("v128.store", offset);
      else f.op(`v128.store${8 * bytes}_lane`, offset, 0);
    }
  }
}

function ratesOf(step: Step): Map<Expr, Rate> {
  const rates = new Map<Expr, Rate>();
  for (const e of nodes(step)) {
    const own: Rate = e.tag !== "read" ? "call" : slotOf(step, e.slot).space === "synapse" ? "synapse" : "source";
    const most = Math.max(...[own, ...operands(e).map((o) => rates.get(o)!)].map((r) => RATES.indexOf(r)));
    // Constants alone are kept; what is made of them is simplified before.
    rates.set(e, e.tag === "const" ? "call" : RATES[Math.max(most, 1)]!);
  }
  return rates;
}
