/**
 * Regions as functions: loops in locals, addresses as constants plus strides, one call a kernel. A region is a list of
 * stages, so that threads can share the rounds of its parallel loops.
 */

import { signatureOf } from "../../ir/kernelArguments.ts";
import { isParallel } from "../../ir/parallel.ts";
import type { Count, Invoke, Loop, Node, Place, Region } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { Layout } from "../layout.ts";
import { defineFunction, type Emitter, type Func } from "./code.ts";

/** The name of the function that runs a kernel call. */
export type NameOf = (call: Invoke) => string;

/** A part of a region: a function without parameters, or one of the round of a parallel loop. */
export interface Stage {
  readonly name: string;
  readonly rounds?: { readonly from: Count; readonly count: Count };
}
export interface StageCode {
  readonly stage: Stage;
  readonly code: Func;
}

/** The stages of a region: each parallel loop is one, and so is what stands between them. */
export function regionStages(region: Region, at: Layout, nameOf: NameOf): StageCode[] {
  const parts: (Loop | Node[])[] = [];
  for (const node of region.body) {
    const last = parts.at(-1);
    if (isParallel(node)) parts.push(node);
    else if (Array.isArray(last)) last.push(node);
    else parts.push([node]);
  }
  return parts.map((part, k): StageCode => {
    const name = `${region.name}.${k}`;
    if (Array.isArray(part)) {
      const code = defineFunction(name, [], (f) => new RegionWriter(f, at, nameOf).body(part), { exported: true });
      return { stage: { name }, code };
    }
    const round = (f: Emitter): void => new RegionWriter(f, at, nameOf, new Map([[part.name, 0]])).body(part.body);
    const { from = 0, count } = part;
    return { stage: { name, rounds: { from, count } }, code: defineFunction(name, ["i32"], round, { exported: true }) };
  });
}

/** Counts of a call that are known when compiling. */
export const knownCounts = (call: Invoke): Record<string, number> =>
  Object.fromEntries(Object.entries(call.counts ?? {}).filter((c): c is [string, number] => typeof c[1] === "number"));

class RegionWriter {
  readonly #f: Emitter;
  readonly #at: Layout;
  readonly #nameOf: NameOf;
  /** The locals that hold the variables of the loops around. */
  readonly #loops: Map<string, number>;

  constructor(f: Emitter, at: Layout, nameOf: NameOf, loops = new Map<string, number>()) {
    this.#loops = loops;
    this.#f = f;
    this.#at = at;
    this.#nameOf = nameOf;
  }

  body(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.tag === "loop") this.#loop(node);
      else this.#invoke(node);
    }
  }

  #loop({ name, from = 0, count, reverse = false, body }: Loop): void {
    const f = this.#f;
    const [variable, first, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
    this.#count(from);
    f.tee(first);
    this.#count(count);
    f.op("i32.add");
    f.set(end);
    this.#loops.set(name, variable);
    if (reverse) {
      f.get(end);
      f.i32(1);
      f.op("i32.sub");
      f.set(variable);
      const more = (): void => {
        f.get(variable, first);
        f.op("i32.ge_s");
      };
      f.while(more, () => {
        this.body(body);
        f.advance(variable, -1);
      });
    } else {
      f.get(first);
      f.set(variable);
      f.upTo(
        variable,
        () => f.get(end),
        1,
        () => this.body(body),
      );
    }
    this.#loops.delete(name);
  }

  #invoke(call: Invoke): void {
    const { args, counts } = signatureOf(call.kernel);
    for (const name of args) {
      const p = call.args[name];
      if (!p) throw new Error(`${call.kernel.kind}: argument '${name}' is missing`);
      this.#address(p);
    }
    for (const name of counts) {
      const c = call.counts?.[name];
      if (c === undefined) throw new Error(`${call.kernel.kind}: count '${name}' is missing`);
      if (typeof c !== "number") this.#count(c);
    }
    this.#f.op("call", this.#nameOf(call));
  }

  #count(c: Count): void {
    if (typeof c === "number") return this.#f.i32(c);
    this.#address(c);
    this.#f.op("i32.load", 0);
  }

  #address({ buffer, offset, terms }: Place): void {
    const f = this.#f;
    const b = this.#at.buffers.get(buffer);
    if (!b) throw new Error(`no buffer '${buffer}'`);
    const bytes = BYTES[b.type];
    f.i32(this.#at.offsets.get(buffer)! + offset * bytes);
    for (const term of terms) {
      const variable = this.#loops.get(term.loop);
      if (variable === undefined) throw new Error(`place in '${buffer}': no loop '${term.loop}' around it`);
      f.get(variable);
      if (term.shift) {
        f.i32(term.shift);
        f.op("i32.add");
      }
      if (term.modulo) {
        f.i32(term.modulo - 1);
        f.op("i32.and");
      }
      f.i32(term.stride * bytes);
      f.op("i32.mul");
      f.op("i32.add");
    }
  }
}
