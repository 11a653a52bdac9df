/**
 * The WebAssembly backend: every kernel and every region of a program becomes a function of one module over one
 * memory, so that a run enters JavaScript only at its end.
 */
import { RunError } from "../../base/errors.ts";
import { invocations, type Kernel, type KernelKind, type KernelOf, type Program } from "../../ir/program.ts";
import type { Backend, Elements, Executable } from "../backend.ts";
import { type Layout, layout, viewOf } from "../layout.ts";
import { compactTable } from "./append.ts";
import type { Func, ModuleCode } from "./code.ts";
import { encode } from "./encode.ts";
import { gatherRows } from "./gatherRows.ts";
import { type KernelContext, kernelFunction } from "./kernel.ts";
import { unpackBits, zero } from "./lists.ts";
import { outerRows } from "./outerRows.ts";
import { perElement } from "./perElement.ts";
import { perSynapse } from "./perSynapse.ts";
import { product } from "./product.ts";
import { knownCounts, regionFunction } from "./region.ts";
import { rowDots } from "./rowDots.ts";
import { transposeLists } from "./transposeLists.ts";
import { toWat } from "./wat.ts";

const KERNELS: { readonly [K in KernelKind]: (k: KernelOf<K>, c: KernelContext) => void } = {
  perElement,
  perSynapse,
  gatherRows,
  product,
  rowDots,
  outerRows,
  transposeLists,
  unpackBits,
  zero,
};

const PAGE = 65536;
/** The table of packed lanes lies below the first buffer. */
const TABLE_ADDRESS = 256;

export const wasm: Backend = {
  name: "wasm",
  load: async (program) => {
    const at = layout(program);
    const pages = Math.ceil(at.bytes / PAGE);
    if (pages > 65536)
      throw new RunError(
        "out-of-range",
        program.name,
        `needs ${(at.bytes / 2 ** 30).toFixed(1)} GiB; WebAssembly memory ends at 4 GiB`,
      );
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    new Uint16Array(memory.buffer, TABLE_ADDRESS, 256 * 8).set(compactTable());
    const code = generate(program, at, pages);
    const { instance } = await WebAssembly.instantiate(encode(code), { env: { memory } });
    return new WasmExecutable(program.name, at, memory, instance, code);
  },
};

/** The module of a program, as data. */
export function generate(program: Program, at: Layout, pages: number): ModuleCode {
  const kernels = new KernelSet();
  const regions = program.regions.map((region) => {
    for (const { call } of invocations(region.body)) kernels.need(call.kernel, knownCounts(call));
    return regionFunction(region, at, (call) => kernels.nameOf(call.kernel, knownCounts(call)));
  });
  return { functions: [...kernels.functions, ...regions], pages };
}

/** One function for each kernel and set of known counts, however often it is called. */
class KernelSet {
  readonly functions: Func[] = [];
  readonly #names = new Map<string, string>();
  readonly #identity = new Map<unknown, number>();

  need(kernel: Kernel, known: Readonly<Record<string, number>>): void {
    const key = this.#key(kernel, known);
    if (this.#names.has(key)) return;
    const label = "step" in kernel ? `${kernel.kind}.${kernel.step.name}` : kernel.kind;
    const name = `${label}.${this.functions.length}`;
    this.#names.set(key, name);
    const build = KERNELS[kernel.kind] as (k: Kernel, c: KernelContext) => void;
    this.functions.push(kernelFunction(name, kernel, known, TABLE_ADDRESS, (c) => build(kernel, c)));
  }
  nameOf(kernel: Kernel, known: Readonly<Record<string, number>>): string {
    return this.#names.get(this.#key(kernel, known))!;
  }
  /** Steps are compared by identity, everything else by value. */
  #key(kernel: Kernel, known: Readonly<Record<string, number>>): string {
    return JSON.stringify([kernel, known], (k, v: unknown) => (k === "step" ? this.#numberOf(v) : v));
  }
  #numberOf(step: unknown): number {
    let n = this.#identity.get(step);
    if (n === undefined) this.#identity.set(step, (n = this.#identity.size));
    return n;
  }
}

class WasmExecutable implements Executable {
  readonly bytes: number;
  readonly #name: string;
  readonly #at: Layout;
  readonly #code: ModuleCode;
  #memory: WebAssembly.Memory | undefined;
  #instance: WebAssembly.Instance | undefined;

  constructor(name: string, at: Layout, memory: WebAssembly.Memory, instance: WebAssembly.Instance, code: ModuleCode) {
    this.bytes = at.bytes;
    this.#name = name;
    this.#at = at;
    this.#code = code;
    this.#memory = memory;
    this.#instance = instance;
  }

  array(buffer: string): Elements {
    return viewOf(this.#at, this.#live().memory.buffer, buffer);
  }
  run(region: string): void {
    const fn = this.#live().instance.exports[region];
    if (typeof fn !== "function") throw new Error(`no region '${region}' in ${this.#name}`);
    fn();
  }
  text(): string {
    return toWat(this.#code);
  }
  dispose(): void {
    this.#memory = undefined;
    this.#instance = undefined;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  #live(): { memory: WebAssembly.Memory; instance: WebAssembly.Instance } {
    if (!this.#memory || !this.#instance) throw new RunError("disposed", this.#name, "this executable was disposed");
    return { memory: this.#memory, instance: this.#instance };
  }
}
