/**
 * The synaptic skeleton where every source has a synapse to every target. A row or a column is a line: from one of its
 * synapses to the next each slot moves by a fixed number of bytes, or stays. Lines whose synapses are apart go by whole
 * vectors: what lies side by side is loaded at once, what lies a row apart lane by lane.
 */
import { type Expr, operands } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import { lanesOf, nodes, type Slot, type Space, type Step, slotOf } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import { storable } from "./stores.ts";
import { range } from "./tiles.ts";
import { emitVector, shapeOf, splatConstant, type VectorContext } from "./vectorExpr.ts";

/** Vectors in one turn along a line, where the body is not longer than so many nodes in all of them. */
const TURN = 4;
const MOST_NODES = 200;

/** How often a value changes: never in a call, from line to line, or from synapse to synapse. */
type Rate = "call" | "line" | "synapse";
const RATES: readonly Rate[] = ["call", "line", "synapse"];

/** What all parts of the code of one kernel share. */
interface Line {
  readonly step: Step;
  readonly c: KernelContext;
  readonly lanes: 2 | 4;
  /** The local with the number of the line: its source in rows, its target in columns. */
  readonly number: number;
  /** The local with the number of the synapse at hand along the line. */
  readonly at: number;
  /** Whether lines are columns. */
  readonly columns: boolean;
  readonly targets: number;
  /** Locals with the byte address of each slot for the synapse at hand. */
  readonly pointers: ReadonlyMap<string, number>;
  readonly rates: ReadonlyMap<Expr, Rate>;
}

export function fullSynapses(kernel: KernelOf<"perSynapse">, c: KernelContext): void {
  const { f } = c;
  const { step, domain, full, apart = false } = kernel;
  const [sources, targets] = full!;
  const [number, at] = [f.local("i32"), f.local("i32")];
  const columns = domain === "columns";
  const pointers = new Map(step.slots.map((s) => [s.name, f.local("i32")]));
  const line: Line = {
    ...{ step, c, number, at, columns, targets, pointers },
    lanes: lanesOf(step),
    rates: ratesOf(step, columns, apart),
  };
  const end = (): void => (columns ? f.i32(sources) : c.pushCount("n"));
  const scalars = scalarCode(line);
  const vectors = apart ? vectorCode(line) : undefined;
  scalars.define("call");
  vectors?.define("call");
  const visit = (): void => {
    begin(line);
    if (vectors) wholeVectors(line, vectors, end);
    f.get(at);
    end();
    f.op("i32.lt_s");
    f.if(() => {
      scalars.define("line");
      f.op("loop");
      scalars.synapses(0);
      advance(line, 1);
      f.get(at);
      end();
      f.op("i32.lt_s");
      f.op("br_if", 0);
      f.op("end");
    });
  };
  eachLine(kernel, line, visit);
}

function eachLine({ domain }: KernelOf<"perSynapse">, { c, number }: Line, visit: () => void): void {
  const { f } = c;
  if (domain === "all") return f.upTo(number, () => c.pushCount("sources"), 1, visit);
  const [entry, end] = [f.local("i32"), f.local("i32")];
  const address = (): void => {
    f.i32(4);
    f.op("i32.mul");
    f.get(c.ptr("list"));
    f.op("i32.add");
  };
  c.pushCount("from");
  address();
  f.set(entry);
  c.pushCount("to");
  address();
  f.set(end);
  f.upTo(
    entry,
    () => f.get(end),
    4,
    () => {
      f.get(entry);
      f.op("i32.load", 0);
      f.set(number);
      visit();
    },
  );
}

/** Bytes from a slot's value for one synapse of a line to that for the next. */
function strideOf({ columns, targets }: Line, { space, type }: Slot): number {
  const strides: Readonly<Record<Space, number>> = {
    synapse: columns ? targets : 1,
    pre: columns ? 1 : 0,
    post: columns ? 0 : 1,
    uniform: 0,
    element: 0,
  };
  return strides[space] * BYTES[type];
}

function ratesOf(step: Step, columns: boolean, apart: boolean): Map<Expr, Rate> {
  const stored = new Set(step.stores.map((s) => s.slot));
  const line = columns ? "post" : "pre";
  const ofSlot = ({ name, space }: Slot): Rate =>
    space === "uniform" && !stored.has(name) ? "call" : space === line && apart ? "line" : "synapse";
  const rates = new Map<Expr, Rate>();
  for (const e of nodes(step)) {
    const own: Rate =
      e.tag === "read" ? ofSlot(slotOf(step, e.slot)) : e.tag !== "index" ? "call" : e.of === line ? "line" : "synapse";
    const most = Math.max(...[own, ...operands(e).map((o) => rates.get(o)!)].map((r) => RATES.indexOf(r)));
    rates.set(e, RATES[most]!);
  }
  return rates;
}

/** Sets the pointers to the line's first synapse. */
function begin(line: Line): void {
  const { step, c, number, at, columns, targets, pointers } = line;
  const { f } = c;
  if (columns) f.i32(0);
  else c.pushCount("first");
  f.set(at);
  for (const slot of step.slots) {
    f.get(c.ptr(slot.name));
    if (slot.space !== "uniform") {
      if (slot.space === "synapse") pushSynapse({ number, at, columns, targets, c });
      else f.get((slot.space === "pre") === columns ? at : number);
      f.i32(BYTES[slot.type]);
      f.op("i32.mul");
      f.op("i32.add");
    }
    f.set(pointers.get(slot.name)!);
  }
}
/** Pushes the number of the synapse at hand. */
function pushSynapse({ number, at, columns, targets, c }: Pick<Line, "number" | "at" | "columns" | "targets" | "c">) {
  const { f } = c;
  f.get(columns ? at : number);
  f.i32(targets);
  f.op("i32.mul");
  f.get(columns ? number : at);
  f.op("i32.add");
}
function advance(line: Line, synapses: number): void {
  const { f } = line.c;
  for (const slot of line.step.slots) {
    const bytes = synapses * strideOf(line, slot);
    if (bytes > 0) f.advance(line.pointers.get(slot.name)!, bytes);
  }
  f.advance(line.at, synapses);
}

/** Vectors as long as whole ones are left: several a turn, then one by one. */
function wholeVectors(line: Line, code: Code, end: () => void): void {
  const { step, c, lanes, at, columns } = line;
  const { f } = c;
  const [first, n] = columns ? [0, undefined] : [c.known("first"), c.known("n")];
  if (first !== undefined && n !== undefined && n - first < lanes) return;
  const stop = f.local("i32");
  /** While `count` synapses are left. */
  const whileLeft = (count: number, vectors: number): void => {
    end();
    f.i32(count - 1);
    f.op("i32.sub");
    f.set(stop);
    f.get(at, stop);
    f.op("i32.lt_s");
    f.if(() => {
      f.op("loop");
      for (const v of range(vectors)) code.synapses(v);
      advance(line, count);
      f.get(at, stop);
      f.op("i32.lt_s");
      f.op("br_if", 0);
      f.op("end");
    });
  };
  code.define("line");
  if (TURN * nodes(step).length <= MOST_NODES) whileLeft(TURN * lanes, TURN);
  whileLeft(lanes, 1);
}

interface Code {
  /** Computes what changes so often. */
  define(rate: "call" | "line"): void;
  /** The synapses at hand: of vector v of a turn, or one. */
  synapses(v: number): void;
}

function scalarCode(line: Line): Code {
  const { step, c, pointers, rates } = line;
  const { f } = c;
  const locals = new Map<Expr, number>();
  const context = {
    f,
    push: (e: Expr): void => (e.tag === "const" ? emitScalar(e, context) : f.get(locals.get(e)!)),
  };
  const load = (slot: Slot): void => {
    f.get(pointers.get(slot.name)!);
    f.op(`${valTypeOf(slot.type)}.load`, 0);
  };
  const define = (rate: Rate): void => {
    for (const e of nodes(step)) {
      if (rates.get(e) !== rate || e.tag === "const") continue;
      // What is the same in a call is read before any line has begun.
      if (e.tag === "read" && rate === "call") {
        f.get(c.ptr(e.slot));
        f.op(`${valTypeOf(e.type)}.load`, 0);
      } else if (e.tag === "read") load(slotOf(step, e.slot));
      else if (e.tag === "index") pushIndex(e.of, line);
      else emitScalar(e, context);
      const local = f.local(valTypeOf(e.type));
      f.set(local);
      locals.set(e, local);
    }
  };
  const synapses = (): void => {
    define("synapse");
    for (const store of step.stores) {
      const slot = slotOf(step, store.slot);
      f.get(pointers.get(slot.name)!);
      if (store.mode === "add") load(slot);
      context.push(store.value);
      if (store.mode === "add") f.op(`${valTypeOf(slot.type)}.add`);
      f.op(`${valTypeOf(slot.type)}.store`, 0);
    }
  };
  return { define, synapses };
}
function pushIndex(of: string, line: Line): void {
  const { f } = line.c;
  if (of === "synapse") pushSynapse(line);
  else f.get((of === "pre") === line.columns ? line.at : line.number);
}

function vectorCode(line: Line): Code {
  const { step, c, lanes, rates } = line;
  const { f } = c;
  const fixed = new Map<Expr, number>();
  const contextOf = (locals: ReadonlyMap<Expr, number>): VectorContext => ({
    f,
    lanes,
    push: (e) => f.get(locals.get(e)!),
  });
  const define = (rate: Rate, locals: Map<Expr, number>, v: number): void => {
    for (const e of nodes(step)) {
      if (rates.get(e) !== rate) continue;
      if (e.tag === "const") splatConstant(contextOf(locals), e.type, e.value);
      else if (e.tag === "read") {
        const slot = slotOf(step, e.slot);
        loadVector(slot, rate === "call" ? c.ptr(slot.name) : line.pointers.get(slot.name)!, line, v);
        if (slot.type === "bool") {
          f.op("v128.const", "i32x4", [0, 0, 0, 0]);
          f.op("i32x4.ne");
        }
      } else if (e.tag === "index") indexVector(e.of, line, v);
      else emitVector(e, contextOf(locals));
      const local = f.local("v128");
      f.set(local);
      locals.set(e, local);
    }
  };
  const synapses = (v: number): void => {
    const locals = new Map(fixed);
    define("synapse", locals, v);
    for (const store of step.stores) {
      const slot = slotOf(step, store.slot);
      storeVector(slot, line, v, () => {
        if (store.mode === "add") loadVector(slot, line.pointers.get(slot.name)!, line, v);
        storable(store.value, contextOf(locals));
        if (store.mode === "add") f.op(`${shapeOf(slot.type)}.add`);
      });
    }
  };
  return { define: (rate) => define(rate, fixed, 0), synapses };
}

/** Pushes the values of a slot for vector v of the turn: one for all, side by side, or a line apart. */
function loadVector(slot: Slot, pointer: number, line: Line, v: number): void {
  const { f } = line.c;
  const bits = 8 * BYTES[slot.type];
  const stride = strideOf(line, slot);
  f.get(pointer);
  if (stride === 0) return f.op(`v128.load${bits}_splat`, 0);
  const offset = v * line.lanes * stride;
  if (stride === BYTES[slot.type]) return f.op(isHalf(slot, line) ? "v128.load64_zero" : "v128.load", offset);
  const value = f.local("v128");
  f.op(`v128.load${bits}_zero`, offset);
  f.set(value);
  for (const lane of range(line.lanes).slice(1)) {
    f.get(pointer, value);
    f.op(`v128.load${bits}_lane`, offset + lane * stride, lane);
    f.set(value);
  }
  f.get(value);
}
function storeVector(slot: Slot, line: Line, v: number, push: () => void): void {
  const { f } = line.c;
  const pointer = line.pointers.get(slot.name)!;
  const bits = 8 * BYTES[slot.type];
  const stride = strideOf(line, slot);
  const offset = v * line.lanes * stride;
  if (stride === BYTES[slot.type]) {
    f.get(pointer);
    push();
    return isHalf(slot, line) ? f.op("v128.store64_lane", offset, 0) : f.op("v128.store", offset);
  }
  const value = f.local("v128");
  push();
  f.set(value);
  for (const lane of range(line.lanes)) {
    f.get(pointer, value);
    f.op(`v128.store${bits}_lane`, offset + lane * stride, lane);
  }
}
/** Whether a vector of the slot fills half of what a body of 64-bit values works on. */
const isHalf = (slot: Slot, { lanes }: Line): boolean => lanes * BYTES[slot.type] === 8;

function indexVector(of: string, line: Line, v: number): void {
  const { f } = line.c;
  pushIndex(of, line);
  f.op("i32x4.splat");
  const ofLine = of === (line.columns ? "post" : "pre");
  if (ofLine) return;
  const step = of === "synapse" && line.columns ? line.targets : 1;
  const numbers = range(4).map((k) => (v * line.lanes + k) * step);
  f.op("v128.const", "i32x4", numbers);
  f.op("i32x4.add");
}
