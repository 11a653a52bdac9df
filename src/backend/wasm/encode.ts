/**
 * Instructions to the bytes of a module (WebAssembly core specification 2.0, chapter "Binary Format").
 *
 * Instructions are data here because `explain` prints them; encoding them is then a table (`opcodes.ts`) and the few
 * rules below, checked in the tests against an independent assembler fed with the printed text.
 */
import type { Func, Immediate, Instr, ModuleCode, ValType } from "./code.ts";
import { OPCODES, unsigned } from "./opcodes.ts";

const VALTYPE: Readonly<Record<ValType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** A growing array of bytes. */
class Bytes {
  #data = new Uint8Array(4096);
  #length = 0;
  readonly #view = new DataView(new ArrayBuffer(16));

  push(bytes: ArrayLike<number>): void {
    if (this.#length + bytes.length > this.#data.length) {
      const larger = new Uint8Array(Math.max(this.#data.length * 2, this.#length + bytes.length));
      larger.set(this.#data.subarray(0, this.#length));
      this.#data = larger;
    }
    this.#data.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  /** The bytes of fixed-width numbers. */
  fixed(bytes: number, write: (view: DataView) => void): void {
    write(this.#view);
    this.push(new Uint8Array(this.#view.buffer, 0, bytes));
  }
  done(): Uint8Array<ArrayBuffer> {
    return this.#data.slice(0, this.#length);
  }
}

/** LEB128, signed. */
function signed(x: bigint): number[] {
  const bytes: number[] = [];
  let rest = x;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && !(low & 0x40)) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}
const text = (s: string): number[] => {
  const bytes = new TextEncoder().encode(s);
  return [...unsigned(bytes.length), ...bytes];
};
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];

export function encode(code: ModuleCode): Uint8Array<ArrayBuffer> {
  const out = new Bytes();
  const section = (id: number, content: ArrayLike<number>): void => {
    out.push([id, ...unsigned(content.length)]);
    out.push(content);
  };
  const signatures = [...new Set(code.functions.map(signatureKey))];
  const index = new Map(code.functions.map((f, k) => [f.name, k]));
  out.push([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  section(
    1,
    vector(
      signatures.map((s) => [0x60, ...vector(s === "" ? [] : s.split(" ").map((t) => [VALTYPE[t as ValType]])), 0]),
    ),
  );
  const limits = [code.shared ? 3 : 1, ...unsigned(code.pages), ...unsigned(code.pages)];
  section(2, vector([[...text("env"), ...text("memory"), 2, ...limits]]));
  section(3, vector(code.functions.map((f) => unsigned(signatures.indexOf(signatureKey(f))))));
  section(7, vector(code.functions.flatMap((f, k) => (f.exported ? [[...text(f.name), 0, ...unsigned(k)]] : []))));
  section(10, bodies(code.functions, index));
  section(0, [
    ...text("name"),
    ...subsection(1, vector(code.functions.map((f, k) => [...unsigned(k), ...text(f.name)]))),
  ]); // for profilers
  return out.done();
}
const subsection = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const signatureKey = (f: Func): string => f.params.join(" ");

function bodies(functions: readonly Func[], index: ReadonlyMap<string, number>): Uint8Array {
  const out = new Bytes();
  out.push(unsigned(functions.length));
  for (const f of functions) {
    const body = new Bytes();
    body.push(vector(localRuns(f.locals).map(([n, type]) => [...unsigned(n), VALTYPE[type]])));
    for (const i of f.body) instruction(i, index, body);
    body.push(OPCODES.get("end")!);
    const bytes = body.done();
    out.push(unsigned(bytes.length));
    out.push(bytes);
  }
  return out.done();
}
function localRuns(locals: readonly ValType[]): [number, ValType][] {
  const runs: [number, ValType][] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.[1] === type) last[0]++;
    else runs.push([1, type]);
  }
  return runs;
}

type Immediates = readonly Immediate[];
/** How the immediates of the few instructions that have any are written. */
const IMMEDIATES: Readonly<Record<string, (imm: Immediates, out: Bytes) => void>> = {
  block: (_, out) => out.push([EMPTY_BLOCK]),
  loop: (_, out) => out.push([EMPTY_BLOCK]),
  if: (_, out) => out.push([EMPTY_BLOCK]),
  "i32.const": ([x], out) => out.push(signed(BigInt(x as number))),
  "i64.const": ([x], out) => out.push(signed(BigInt.asIntN(64, BigInt(x as bigint)))),
  "f32.const": ([x], out) => out.fixed(4, (v) => v.setFloat32(0, x as number, true)),
  "f64.const": ([x], out) => out.fixed(8, (v) => v.setFloat64(0, x as number, true)),
  "v128.const": ([shape, lanes], out) =>
    out.fixed(16, (v) => (lanes as (number | bigint)[]).forEach((x, k) => LANE[shape as string]!(v, k, x))),
  "i8x16.shuffle": ([lanes], out) => out.push(lanes as number[]),
  "memory.fill": (_, out) => out.push([0]),
  "memory.copy": (_, out) => out.push([0, 0]),
};
const LANE: Readonly<Record<string, (v: DataView, k: number, x: number | bigint) => void>> = {
  i32x4: (v, k, x) => v.setInt32(4 * k, Number(x), true),
  i64x2: (v, k, x) => v.setBigInt64(8 * k, BigInt(x), true),
  f32x4: (v, k, x) => v.setFloat32(4 * k, Number(x), true),
  f64x2: (v, k, x) => v.setFloat64(8 * k, Number(x), true),
};

function instruction([op, ...immediates]: Instr, index: ReadonlyMap<string, number>, out: Bytes): void {
  const opcode = OPCODES.get(op);
  if (!opcode) throw new Error(`wasm: unknown instruction '${op}'`);
  out.push(opcode);
  const special = IMMEDIATES[op];
  if (special) special(immediates, out);
  else if (op === "call") out.push(unsigned(functionIndex(index, String(immediates[0]))));
  else if (op.includes(".atomic."))
    out.push([2, 0]); // words, aligned, without an offset
  else if (/\.(load|store)/.test(op)) {
    const [offset = 0, lane] = immediates as number[];
    out.push([0, ...unsigned(offset)]); // alignment is only a hint
    if (lane !== undefined) out.push([lane]);
  } else for (const x of immediates as number[]) out.push(unsigned(x)); // locals, labels, lanes
}
function functionIndex(index: ReadonlyMap<string, number>, name: string): number {
  const k = index.get(name);
  if (k === undefined) throw new Error(`wasm: no function '${name}'`);
  return k;
}
