/**
 * The interpreter: slow and obvious, one rounding an operation. It defines what every program means.
 */

import { RunError } from "../../base/errors.ts";
import { type Count, type Invoke, type Node, type Place, type Program, slotOf, variablesOf } from "../../ir/program.ts";
import type { Backend, Elements, Executable } from "../backend.ts";
import { layout, viewOf } from "../layout.ts";
import { KERNELS } from "./kernels.ts";

/** A buffer and a position in it: what a kernel's argument is, once its address is known. */
export interface Cursor {
  readonly data: Elements;
  readonly at: number;
}

/** What a kernel sees of one call. */
export interface Frame {
  /** The argument of that name. */
  arg(name: string): Cursor;
  /** The argument, if the call has it. */
  optional(name: string): Cursor | undefined;
  count(name: string): number;
}

/** The interpreter: slow, plain, and the definition that every other backend must equal bit for bit. */
export const interpret: Backend = {
  name: "interpret",
  load: async (program) => new Interpreter(program),
};

class Interpreter implements Executable {
  readonly bytes: number;
  #memory: ArrayBuffer | undefined;
  readonly #program: Program;
  readonly #arrays = new Map<string, Elements>();

  constructor(program: Program) {
    const at = layout(program, 1);
    this.#program = program;
    this.bytes = at.bytes;
    this.#memory = new ArrayBuffer(at.bytes);
    for (const b of program.buffers) this.#arrays.set(b.name, viewOf(at, this.#memory, b.name));
  }

  array(buffer: string): Elements {
    this.#requireLive();
    const found = this.#arrays.get(buffer);
    if (!found) throw new Error(`no buffer '${buffer}'; there are: ${[...this.#arrays.keys()].join(", ")}`);
    return found;
  }

  run(region: string): void {
    this.#requireLive();
    const found = this.#program.regions.find((r) => r.name === region);
    if (!found)
      throw new Error(`no region '${region}'; there are: ${this.#program.regions.map((r) => r.name).join(", ")}`);
    this.#walk(found.body, new Map());
  }

  text(): string {
    return "";
  }

  dispose(): void {
    this.#memory = undefined;
    this.#arrays.clear();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  #requireLive(): void {
    if (!this.#memory) throw new RunError("disposed", this.#program.name, "this executable was disposed");
  }

  #walk(body: readonly Node[], loops: Map<string, number>): void {
    for (const node of body) {
      if (node.tag === "invoke") {
        this.#invoke(node, loops);
        continue;
      }
      const from = this.#count(node.from ?? 0, loops);
      const count = this.#count(node.count, loops);
      for (let k = 0; k < count; k++) {
        loops.set(node.name, from + (node.reverse ? count - 1 - k : k));
        if (node.scratch) loops.set(slotOf(node), 0);
        this.#walk(node.body, loops);
      }
      for (const name of variablesOf(node)) loops.delete(name);
    }
  }

  #invoke({ kernel, args, counts = {} }: Invoke, loops: ReadonlyMap<string, number>): void {
    const cursor = (p: Place): Cursor => ({ data: this.array(p.buffer), at: address(p, loops) });
    const frame: Frame = {
      arg: (name) => {
        const p = args[name];
        if (!p) throw new Error(`${kernel.kind}: argument '${name}' is missing`);
        return cursor(p);
      },
      optional: (name) => (args[name] ? cursor(args[name]) : undefined),
      count: (name) => {
        const c = counts[name];
        if (c === undefined) throw new Error(`${kernel.kind}: count '${name}' is missing`);
        return this.#count(c, loops);
      },
    };
    (KERNELS[kernel.kind] as (k: typeof kernel, f: Frame) => void)(kernel, frame);
  }

  #count(c: Count, loops: ReadonlyMap<string, number>): number {
    return typeof c === "number" ? c : this.array(c.buffer)[address(c, loops)]!;
  }
}

function address(p: Place, loops: ReadonlyMap<string, number>): number {
  let at = p.offset;
  for (const term of p.terms) {
    const variable = loops.get(term.loop);
    if (variable === undefined) throw new Error(`place in '${p.buffer}': no loop '${term.loop}' around it`);
    const moved = variable + (term.shift ?? 0);
    at += term.stride * (term.modulo ? moved & (term.modulo - 1) : Math.min(moved, term.most ?? moved));
  }
  return at;
}
