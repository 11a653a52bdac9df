/**
 * Instructions to the bytes of a module (WebAssembly core specification 2.0, chapter "Binary Format").
 *
 * Instructions are data here because `explain` prints them; encoding them is then a table (`opcodes.ts`) and the few
 * rules below, checked in the tests against an independent assembler fed with the printed text.
 */
import type { Func, Instr, ModuleCode, ValType } from "./code.ts";
import { OPCODES, unsigned } from "./opcodes.ts";

const VALTYPE: Readonly<Record<ValType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** A growing array of bytes. */
class Bytes {
  #data = new Uint8Array(4096);
  #length = 0;
  readonly #view = new DataView(new ArrayBuffer(16));

  push(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    this.#data.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  byte(x: number): void {
    this.#reserve(1);
    this.#data[this.#length++] = x;
  }
  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#data.length) return;
    const larger = new Uint8Array(Math.max(this.#data.length * 2, this.#length + bytes));
    larger.set(this.#data.subarray(0, this.#length));
    this.#data = larger;
  }
  /** LEB128 of a whole number from 0 on. */
  unsigned(x: number): void {
    let rest = x;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    this.byte(rest);
  }
  /** LEB128 of 32 bits, signed. */
  signed(x: number): void {
    let rest = x | 0;
    for (; rest < -0x40 || rest > 0x3f; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest & 0x7f);
  }
  /** The bytes of fixed-width numbers. */
  fixed(bytes: number, write: (view: DataView) => void): void {
    write(this.#view);
    this.push(new Uint8Array(this.#view.buffer, 0, bytes));
  }
  get length(): number {
    return this.#length;
  }
  /** What is there so far, until more comes. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(0, this.#length);
  }
  done(): Uint8Array<ArrayBuffer> {
    return this.#data.slice(0, this.#length);
  }
}

/** LEB128 of 64 bits, signed. */
function signed64(x: bigint): number[] {
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
  const module = new ModuleWriter();
  for (const f of code.functions) module.add(f);
  return module.done(code);
}

/** A module that takes one function after the other, callees first, and keeps its bytes alone. */
export class ModuleWriter {
  readonly #functions: Omit<Func, "body" | "locals">[] = [];
  readonly #index = new Map<string, number>();
  readonly #bodies = new Bytes();

  add({ name, params, exported, locals, body }: Func): void {
    this.#index.set(name, this.#functions.length);
    this.#functions.push({ name, params, exported });
    const out = new Bytes();
    out.push(vector(localRuns(locals).map(([n, type]) => [...unsigned(n), VALTYPE[type]])));
    for (let k = 0; k < body.length; k++) instruction(body[k]!, this.#index, out);
    out.push(OPCODES.get("end")!);
    this.#bodies.unsigned(out.length);
    this.#bodies.push(out.view());
  }
  done({ pages, shared = false, addressBits = 32 }: Omit<ModuleCode, "functions">): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    const section = (id: number, ...contents: ArrayLike<number>[]): void => {
      const length = contents.reduce((sum, c) => sum + c.length, 0);
      out.push([id, ...unsigned(length)]);
      for (const c of contents) out.push(c);
    };
    const functions = this.#functions;
    const signatures = [...new Set(functions.map(signatureKey))];
    out.push(MAGIC);
    section(
      1,
      vector(
        signatures.map((s) => [0x60, ...vector(s === "" ? [] : s.split(" ").map((t) => [VALTYPE[t as ValType]])), 0]),
      ),
    );
    section(2, vector([[...text("env"), ...text("memory"), 2, ...limits({ pages, shared, addressBits })]]));
    section(3, vector(functions.map((f) => unsigned(signatures.indexOf(signatureKey(f))))));
    section(7, vector(functions.flatMap((f, k) => (f.exported ? [[...text(f.name), 0, ...unsigned(k)]] : []))));
    section(10, unsigned(functions.length), this.#bodies.view());
    const names = vector(functions.map((f, k) => [...unsigned(k), ...text(f.name)])); // for profilers
    section(0, [...text("name"), ...subsection(1, names)]);
    return out.done();
  }
}
/** Of a memory that does not grow: flags for a maximum, for sharing, and for addresses of 64 bits. */
const limits = ({ pages, shared, addressBits }: Required<Omit<ModuleCode, "functions">>): number[] => [
  1 | (shared ? 2 : 0) | (addressBits === 64 ? 4 : 0),
  ...unsigned(pages),
  ...unsigned(pages),
];
/** A module that is nothing but a memory, which it exports as `memory`. */
export function encodeMemory(memory: Required<Omit<ModuleCode, "functions">>): Uint8Array<ArrayBuffer> {
  const [defined, exported] = [vector([limits(memory)]), vector([[...text("memory"), 2, 0]])];
  return new Uint8Array([...MAGIC, ...[5, defined.length], ...defined, ...[7, exported.length], ...exported]);
}
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const subsection = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const signatureKey = (f: Pick<Func, "params">): string => f.params.join(" ");

function localRuns(locals: readonly ValType[]): [number, ValType][] {
  const runs: [number, ValType][] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.[1] === type) last[0]++;
    else runs.push([1, type]);
  }
  return runs;
}

/** How the immediates of the few instructions that have any are written. */
const IMMEDIATES: Readonly<Record<string, (instruction: Instr, out: Bytes) => void>> = {
  block: (_, out) => out.byte(EMPTY_BLOCK),
  loop: (_, out) => out.byte(EMPTY_BLOCK),
  if: (_, out) => out.byte(EMPTY_BLOCK),
  "i32.const": ([, x], out) => out.signed(x as number),
  "i64.const": ([, x], out) => out.push(signed64(BigInt.asIntN(64, BigInt(x as bigint)))),
  "f32.const": ([, x], out) => out.fixed(4, (v) => v.setFloat32(0, x as number, true)),
  "f64.const": ([, x], out) => out.fixed(8, (v) => v.setFloat64(0, x as number, true)),
  "v128.const": ([, shape, lanes], out) =>
    out.fixed(16, (v) => (lanes as (number | bigint)[]).forEach((x, k) => LANE[shape as string]!(v, k, x))),
  "i8x16.shuffle": ([, lanes], out) => out.push(lanes as number[]),
  br_table: ([, labels, other], out) => {
    out.unsigned((labels as number[]).length);
    for (const label of [...(labels as number[]), other as number]) out.unsigned(label);
  },
  "memory.fill": (_, out) => out.byte(0),
  "memory.copy": (_, out) => out.push([0, 0]),
};
const LANE: Readonly<Record<string, (v: DataView, k: number, x: number | bigint) => void>> = {
  i8x16: (v, k, x) => v.setInt8(k, Number(x)),
  i32x4: (v, k, x) => v.setInt32(4 * k, Number(x), true),
  i64x2: (v, k, x) => v.setBigInt64(8 * k, BigInt(x), true),
  f32x4: (v, k, x) => v.setFloat32(4 * k, Number(x), true),
  f64x2: (v, k, x) => v.setFloat64(8 * k, Number(x), true),
};

/** One of thousands: nothing is made on the way that would have to be cleared away. */
function instruction(given: Instr, index: ReadonlyMap<string, number>, out: Bytes): void {
  const op = given[0];
  const opcode = OPCODES.get(op);
  if (!opcode) throw new Error(`wasm: unknown instruction '${op}'`);
  out.push(opcode);
  const special = IMMEDIATES[op];
  if (special) special(given, out);
  else if (op === "call") out.unsigned(functionIndex(index, String(given[1])));
  else if (op.includes(".atomic.")) {
    out.byte(2); // words, aligned
    out.byte(0); // without an offset
  } else if (op.includes(".load") || op.includes(".store")) {
    out.byte(0); // alignment is only a hint
    out.unsigned((given[1] as number | undefined) ?? 0);
    if (typeof given[2] === "number") out.byte(given[2] as number);
  } else for (let k = 1; k < given.length; k++) if (typeof given[k] === "number") out.unsigned(given[k] as number); // locals, labels, lanes
}
function functionIndex(index: ReadonlyMap<string, number>, name: string): number {
  const k = index.get(name);
  if (k === undefined) throw new Error(`wasm: no function '${name}'`);
  return k;
}
