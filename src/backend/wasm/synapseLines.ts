/**
 * The synaptic skeleton line by line: a row or a column. From one synapse of a line to the next each slot stays, moves by a
 * fixed number of bytes, or is looked up in a table. Lines whose synapses are apart go by whole vectors: what lies side by
 * side is loaded at once, anything else lane by lane, which shares the arithmetic and clips without branches.
 */
import { type Expr, operands } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import { lanesOf, nodes, type Slot, type Step, slotOf } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import {
  alongOf,
  indexVector,
  type Line,
  loadVector,
  type Numbered,
  pushAddress,
  pushIndex,
  pushSynapse,
  RATES,
  type Rate,
  storeVector,
  strideOf,
} from "./lineAccess.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import { storable } from "./stores.ts";
import { pushScaled, range } from "./tiles.ts";
import { emitVector, shapeOf, splatConstant, type VectorContext } from "./vectorExpr.ts";

/** Vectors in one turn along a line, where the body is not longer than so many nodes in all of them. */
const TURN = 4;
const MOST_NODES = 200;

export function synapseLines(kernel: KernelOf<"perSynapse">, c: KernelContext): void {
  const { f } = c;
  const { step, domain, apart = false } = kernel;
  const [number, at, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const columns = domain === "columns";
  const along = alongOf(kernel);
  const named = new Set(Object.values(along).flatMap((a) => (a.kind === "listed" ? [a.table] : [])));
  const line: Line = {
    ...{ kernel, step, c, number, at, end, columns, along },
    pointers: new Map(step.slots.map((s) => [s.name, f.local("i32")])),
    tables: new Map([...named].map((table) => [table, f.local("i32")])),
    lanes: lanesOf(step),
    rates: ratesOf(step, columns, apart),
  };
  const scalars = scalarCode(line);
  const vectors = apart && !isShort(line) ? vectorCode(line) : undefined;
  scalars.define("call");
  vectors?.define("call");
  if (vectors && goTogether(line)) return together(line, vectors, scalars);
  eachLine(line, () => {
    bounds(line);
    pointAt(line);
    if (vectors) wholeVectors(line, vectors);
    oneByOne(line, scalars);
  });
}
/** What is left of a line. */
function oneByOne(line: Line, scalars: Code): void {
  const { at, end, c } = line;
  const { f } = c;
  const more = (): void => {
    f.get(at, end);
    f.op("i32.lt_s");
  };
  more();
  f.if(() => {
    scalars.define("line");
    f.op("loop");
    scalars.synapses(0);
    advance(line, 1);
    more();
    f.op("br_if", 0);
    f.op("end");
  });
}

/** Whether columns are worked through side by side: where they are full, and nothing is computed once for each of them. */
const goTogether = ({ kernel, columns, rates }: Line): boolean =>
  kernel.full !== undefined && columns && ![...rates].some(([e, rate]) => rate === "line" && operands(e).length > 0);

/**
 * Listed columns side by side: some sources, all columns, then the next sources. Neurons often fire together, and then the
 * columns' synapses of one source share pages and lines of memory.
 */
function together(line: Line, vectors: Code, scalars: Code): void {
  const { kernel, step, lanes, at, end, c } = line;
  const { f } = c;
  const [sources] = kernel.full!;
  let done = 0;
  const turns = TURN * nodes(step).length <= MOST_NODES ? [TURN, 1] : [1];
  for (const turn of turns) {
    const last = sources - ((sources - done) % (turn * lanes));
    f.i32(done);
    f.set(at);
    const part = (): void =>
      eachLine(line, () => {
        pointAt(line);
        vectors.define("line");
        for (const v of range(turn)) vectors.synapses(v);
      });
    if (last > done) f.upTo(at, () => f.i32(last), turn * lanes, part);
    done = last;
  }
  if (done === sources) return;
  eachLine(line, () => {
    f.i32(done);
    f.set(at);
    f.i32(sources);
    f.set(end);
    pointAt(line);
    oneByOne(line, scalars);
  });
}

/** Whether every line is known to be shorter than a vector. */
function isShort({ columns, kernel, c, lanes }: Line): boolean {
  if (!kernel.full) return false;
  const [first, n] = columns ? [0, kernel.full[0]] : [c.known("first"), c.known("n")];
  return first !== undefined && n !== undefined && n - first < lanes;
}

function eachLine({ kernel, c, number }: Line, visit: () => void): void {
  const { f } = c;
  if (kernel.domain === "all") return f.upTo(number, () => c.pushCount("sources"), 1, visit);
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

/** Sets the pointers to the synapse at hand. */
function pointAt(line: Line): void {
  const { step, c, number, at, along, pointers, tables } = line;
  const { f } = c;
  for (const [table, pointer] of tables) {
    pushScaled(f, c.ptr(table), at, 4);
    f.set(pointer);
  }
  for (const { name, space, type } of step.slots) {
    f.get(c.ptr(name));
    if (space !== "uniform" && along[space].kind !== "listed") {
      if (space === "synapse") pushSynapse(line);
      else f.get(along[space].kind === "same" ? number : at);
      f.i32(BYTES[type]);
      f.op("i32.mul");
      f.op("i32.add");
    }
    f.set(pointers.get(name)!);
  }
}
/** Where the line begins and ends: among all of the other side, or among all synapses (entries of columns). */
function bounds({ kernel, c, number, at, end, columns }: Line): void {
  const { f } = c;
  const { full, parts = 1 } = kernel;
  if (full) {
    if (columns) f.i32(0);
    else c.pushCount("first");
    f.set(at);
    if (columns) f.i32(full[0]);
    else c.pushCount("n");
    return f.set(end);
  }
  const table = c.ptr(columns ? "columnStart" : "rowStart");
  const address = f.local("i32");
  f.get(table, number);
  f.i32(columns ? 4 : 4 * parts);
  f.op("i32.mul");
  f.op("i32.add");
  f.tee(address);
  f.op("i32.load", 0);
  f.set(at);
  f.get(address);
  f.op("i32.load", 4);
  f.set(end);
}
function advance(line: Line, synapses: number): void {
  const { f } = line.c;
  for (const slot of line.step.slots) {
    const bytes = synapses * (strideOf(line, slot) ?? 0);
    if (bytes > 0) f.advance(line.pointers.get(slot.name)!, bytes);
  }
  for (const pointer of line.tables.values()) f.advance(pointer, 4 * synapses);
  f.advance(line.at, synapses);
}

/** Vectors as long as whole ones are left: several a turn, then one by one. */
function wholeVectors(line: Line, code: Code): void {
  const { step, c, lanes, at, end } = line;
  const { f } = c;
  const stop = f.local("i32");
  /** While `count` synapses are left. */
  const whileLeft = (count: number, vectors: number): void => {
    f.get(end);
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
  const { step, c, rates } = line;
  const { f } = c;
  const locals = new Map<Expr, number>();
  const context = {
    f,
    ptr: c.ptr,
    push: (e: Expr): void => (e.tag === "const" ? emitScalar(e, context) : f.get(locals.get(e)!)),
  };
  const load = (slot: Slot): void => {
    pushAddress(slot, line, 0);
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
      else if (e.tag === "index") pushIndex(e.of as Numbered, line);
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
      pushAddress(slot, line, 0);
      if (store.mode === "add") load(slot);
      context.push(store.value);
      if (store.mode === "add") f.op(`${valTypeOf(slot.type)}.add`);
      f.op(`${valTypeOf(slot.type)}.store`, 0);
    }
  };
  return { define, synapses };
}
function vectorCode(line: Line): Code {
  const { step, c, lanes, rates } = line;
  const { f } = c;
  const fixed = new Map<Expr, number>();
  const contextOf = (locals: ReadonlyMap<Expr, number>): VectorContext => ({
    f,
    lanes,
    ptr: c.ptr,
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
      } else if (e.tag === "index") indexVector(e.of as Numbered, line, v);
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
