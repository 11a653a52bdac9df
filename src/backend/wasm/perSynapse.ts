/**
 * The synaptic skeleton: scalar code, because each synapse must see what the one before it stored. Along a row, addresses of
 * synapses run along, several synapses a turn; columns and sources are looked up.
 */

import { type DrawnRing, isKept, isMade } from "../../ir/drawnRows.ts";
import type { Expr } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import { nodes, type Slot, type Step } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import { drawnSteps, type Numbered, numberedSlots } from "./drawnNumber.ts";
import { drawnRow } from "./drawnRow.ts";
import { keptRow } from "./keptRow.ts";
import type { KernelContext } from "./kernel.ts";
import { madeRow } from "./madeRow.ts";
import { pushRingCell } from "./ringCell.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import { synapseLines } from "./synapseLines.ts";
import { pushScaled, range } from "./tiles.ts";
import { touchRows } from "./touchRows.ts";

/** Synapses in one turn along a row. */
const TURN = 4;
/** Nodes of a body that is short enough for that. */
const SHORT = 12;

/** Whether a body computes enough for vectors to pay, though what they hold is gathered from everywhere. */
const isRich = (step: Step): boolean =>
  nodes(step).filter((e) => e.tag !== "read" && e.tag !== "const" && e.tag !== "index").length >= RICH;
const RICH = 2;

/** Locals that hold the numbers of the synapse at hand; that of a synapse along a row is not kept unless the body asks. */
type Numbers = Readonly<Record<"synapse" | "pre" | "post", number>>;

/** Where a slot of the synapse at hand lies: a byte address in a local, and bytes from there. */
type AddressOf = (slot: Slot) => { push(): void; readonly offset: number };

export function perSynapse(kernel: KernelOf<"perSynapse">, c: KernelContext): void {
  const { domain, step, parts = 1, full, apart, drawn, gathers, far } = kernel;
  if (drawn) return drawnSynapses(kernel, c);
  if (far && domain === "rows" && !full) touchRows(kernel, c);
  if (full || (apart && isRich(step))) return synapseLines(kernel, c);
  const { f } = c;
  const numbers: Numbers = { synapse: f.local("i32"), pre: f.local("i32"), post: f.local("i32") };
  const shared = uniforms(step, c);
  const visit = domain === "columns" ? column(step, numbers, shared, c) : row(step, numbers, parts, shared, c, gathers);
  if (domain !== "all") return overList(domain === "rows" ? numbers.pre : numbers.post, c, visit);
  f.upTo(numbers.pre, () => c.pushCount("sources"), 1, visit);
}

/** Pushes element `index` of an array of 32-bit integers. */
function pushItem(c: KernelContext, array: string, index: number, plus = 0): void {
  pushScaled(c.f, c.ptr(array), index, 4);
  c.f.op("i32.load", plus * 4);
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

/** What is the same for all synapses, loaded once. */
type Uniforms = ReadonlyMap<string, number>;
function uniforms(step: Step, { f, ptr }: KernelContext): Uniforms {
  const stored = new Set(step.stores.map((s) => s.slot));
  const loaded = (slot: Slot): number => {
    const local = f.local(valTypeOf(slot.type));
    f.get(ptr(slot.name));
    f.op(`${valTypeOf(slot.type)}.load`, 0);
    f.set(local);
    return local;
  };
  const same = step.slots.filter((s) => s.space === "uniform" && !stored.has(s.name));
  return new Map(same.map((slot) => [slot.name, loaded(slot)]));
}

/** Of each synapse its numbers first: the steps that it takes, then those that the body asks for. */
function drawnSynapses({ step, drawn }: KernelOf<"perSynapse">, c: KernelContext): void {
  const { f } = c;
  const numbers: Numbers = { synapse: f.local("i32"), pre: f.local("i32"), post: f.local("i32") };
  const { pre, post } = numbers;
  const { ring, law } = drawn!;
  const own = law.kind === "itself" ? pre : numbers.synapse;
  const slots = numberedSlots(step, drawn!, own, c);
  const steps = ring?.steps && drawnSteps(ring.steps, own, c);
  const shared = new Map([...uniforms(step, c), ...[...slots].map(([name, { local }]) => [name, local] as const)]);
  const cell = ring ? f.local("i32") : post;
  const fixed = fixedAddresses({ ...numbers, post: cell }, c);
  const act = (): void => body(step, numbers, shared, c, fixed);
  const row = (each: () => void): (() => void) =>
    isMade(drawn!) ? madeRow(drawn!, numbers, c, each) : drawnRow(drawn!, numbers, c, each);
  const draw = (): void => {
    for (const { make } of slots.values()) make();
    act();
  };
  const visit = ring ? inRing(ring, { post, cell, steps }, c, draw) : draw;
  overList(
    pre,
    c,
    isKept(drawn!) ? keptRow({ drawn: drawn!, step, pre, post, steps: steps!, slots, cell, row }, c, act) : row(visit),
  );
}

/** Does something with a synapse that arrives in one of the steps at hand, of whose cell in the ring a local tells. */
function inRing(
  { group, cells }: DrawnRing,
  { post, cell, steps }: { post: number; cell: number; steps: Numbered | undefined },
  c: KernelContext,
  body: () => void,
): () => void {
  const { f } = c;
  const after = f.local("i32");
  return () => {
    steps?.make();
    if (steps) f.get(steps.local);
    else f.i32(0);
    c.pushCount("since");
    f.op("i32.sub");
    f.tee(after);
    f.i32(group);
    f.op("i32.lt_u");
    f.if(() => {
      f.get(after);
      c.pushCount("phase");
      f.op("i32.add");
      pushRingCell(c, { group, cells }, post);
      f.set(cell);
      body();
    });
  };
}

/** The synapses of source `pre`. */
function row(
  step: Step,
  numbers: Numbers,
  parts: number,
  shared: Uniforms,
  c: KernelContext,
  gathers = false,
): () => void {
  const { f } = c;
  const sum = gathers ? new RowSum(step, numbers, c) : undefined;
  const [at, first, last, end] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const target = f.local("i32");
  const running = new Map(step.slots.filter((s) => s.space === "synapse").map((s) => [s.name, f.local("i32")]));
  const fixed = fixedAddresses(numbers, c);
  const synapses = (count: number): void => {
    for (const v of range(count)) {
      f.get(target);
      f.op("i32.load", 4 * v);
      f.set(numbers.post);
      if (asksForSynapse(step)) {
        f.get(target, c.ptr("target"));
        f.op("i32.sub");
        f.i32(2);
        f.op("i32.shr_u");
        f.i32(v);
        f.op("i32.add");
        f.set(numbers.synapse);
      }
      body(
        step,
        numbers,
        shared,
        c,
        (slot) => {
          const pointer = running.get(slot.name);
          return pointer === undefined ? fixed(slot) : { push: () => f.get(pointer), offset: v * BYTES[slot.type] };
        },
        sum,
      );
    }
    f.advance(target, 4 * count);
    for (const slot of step.slots)
      if (running.has(slot.name)) f.advance(running.get(slot.name)!, count * BYTES[slot.type]);
  };
  const whileBefore = (local: number, count: number): void =>
    f.while(
      () => {
        f.get(target, local);
        f.op("i32.lt_u");
      },
      () => synapses(count),
    );
  return () => {
    f.get(numbers.pre);
    f.i32(parts);
    f.op("i32.mul");
    f.set(at);
    pushItem(c, "rowStart", at);
    f.set(first);
    pushItem(c, "rowStart", at, 1);
    f.set(last);
    pushScaled(f, c.ptr("target"), first, 4);
    f.set(target);
    pushScaled(f, c.ptr("target"), last, 4);
    f.set(end);
    for (const slot of step.slots) {
      const pointer = running.get(slot.name);
      if (pointer === undefined) continue;
      pushScaled(f, c.ptr(slot.name), first, BYTES[slot.type]);
      f.set(pointer);
    }
    sum?.begin();
    if (nodes(step).length <= SHORT) {
      const turns = f.local("i32");
      f.get(target, last, first);
      f.op("i32.sub");
      f.i32(-TURN);
      f.op("i32.and");
      f.i32(2);
      f.op("i32.shl");
      f.op("i32.add");
      f.set(turns);
      whileBefore(turns, TURN);
    }
    whileBefore(end, 1);
    sum?.end();
  };
}
/** What a row adds to its source, in a register from the row's first synapse to its last: the same additions in the same order. */
class RowSum {
  readonly #slot: Slot;
  readonly #numbers: Numbers;
  readonly #c: KernelContext;
  readonly #local: number;

  constructor(step: Step, numbers: Numbers, c: KernelContext) {
    this.#slot = slotNamed(step, step.stores[0]!.slot);
    this.#numbers = numbers;
    this.#c = c;
    this.#local = c.f.local(valTypeOf(this.#slot.type));
  }
  get #type() {
    return valTypeOf(this.#slot.type);
  }
  #address(): void {
    pushScaled(this.#c.f, this.#c.ptr(this.#slot.name), this.#numbers.pre, BYTES[this.#slot.type]);
  }
  begin(): void {
    const { f } = this.#c;
    this.#address();
    f.op(`${this.#type}.load`, 0);
    f.set(this.#local);
  }
  add(push: () => void): void {
    const { f } = this.#c;
    f.get(this.#local);
    push();
    f.op(`${this.#type}.add`);
    f.set(this.#local);
  }
  end(): void {
    const { f } = this.#c;
    this.#address();
    f.get(this.#local);
    f.op(`${this.#type}.store`, 0);
  }
}
const asksForSynapse = (step: Step): boolean => nodes(step).some((e) => e.tag === "index" && e.of === "synapse");

/** The synapses of target `post`. */
function column(step: Step, numbers: Numbers, shared: Uniforms, c: KernelContext): () => void {
  const { f } = c;
  const { synapse, pre, post } = numbers;
  const [k, end] = [f.local("i32"), f.local("i32")];
  const addressOf = fixedAddresses(numbers, c);
  return () => {
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
        pushItem(c, "columnSource", k);
        f.set(pre);
        body(step, numbers, shared, c, addressOf);
      },
    );
  };
}

function fixedAddresses(numbers: Numbers, { f, ptr }: KernelContext): AddressOf {
  return (slot) => ({
    offset: 0,
    push: () => {
      if (slot.space === "pre" || slot.space === "post" || slot.space === "synapse")
        pushScaled(f, ptr(slot.name), numbers[slot.space], BYTES[slot.type]);
      else f.get(ptr(slot.name));
    },
  });
}

function body(
  step: Step,
  numbers: Numbers,
  shared: Uniforms,
  c: KernelContext,
  addressOf: AddressOf,
  sum?: RowSum,
): void {
  const { f } = c;
  const locals = new Map<Expr, number>();
  const context = { f, ptr: c.ptr, push: (e: Expr): void => f.get(locals.get(e)!) };
  const load = (slot: Slot): void => {
    const address = addressOf(slot);
    address.push();
    f.op(`${valTypeOf(slot.type)}.load`, address.offset);
  };
  for (const e of nodes(step)) {
    const known = e.tag === "read" ? shared.get(e.slot) : undefined;
    if (known !== undefined) {
      locals.set(e, known);
      continue;
    }
    if (e.tag === "read") load(slotNamed(step, e.slot));
    else if (e.tag === "index") f.number(numbers[e.of as keyof Numbers]);
    else emitScalar(e, context);
    const local = f.local(valTypeOf(e.type));
    f.set(local);
    locals.set(e, local);
  }
  if (sum) return sum.add(() => context.push(step.stores[0]!.value));
  for (const store of step.stores) {
    const slot = slotNamed(step, store.slot);
    const address = addressOf(slot);
    address.push();
    if (store.mode === "add") load(slot);
    context.push(store.value);
    if (store.mode === "add") f.op(`${valTypeOf(slot.type)}.add`);
    f.op(`${valTypeOf(slot.type)}.store`, address.offset);
  }
}

const slotNamed = (step: Step, name: string): Slot => step.slots.find((s) => s.name === name)!;
