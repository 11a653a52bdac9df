/** What every kernel generator is given: where its pointers and counts are, and the tables in memory. */

import { signatureOf } from "../../ir/kernelArguments.ts";
import type { Kernel } from "../../ir/program.ts";
import { defineFunction, type Emitter, type Func } from "./code.ts";

export interface KernelContext {
  readonly f: Emitter;
  /** The local that holds an argument's byte address. */
  ptr(name: string): number;
  has(name: string): boolean;
  /** Pushes a count: a parameter, or a number known when compiling. */
  pushCount(name: string): void;
  /** The count, where it is known when compiling. */
  known(name: string): number | undefined;
  /** Byte address of the 256 vectors of `compactTable`. */
  readonly table: number;
}

/**
 * A kernel as a function of (address of each argument …, counts not known when compiling …).
 * @param known counts that are numbers at the call
 */
export function kernelFunction(
  name: string,
  kernel: Kernel,
  known: Readonly<Record<string, number>>,
  table: number,
  build: (c: KernelContext) => void,
): Func {
  const { args, counts } = signatureOf(kernel);
  const unknown = counts.filter((c) => known[c] === undefined);
  return defineFunction(
    name,
    [...args, ...unknown].map(() => "i32"),
    (f) => {
      // A variable may well be called as a count is.
      const find = (names: readonly string[], what: string): number => {
        const at = names.indexOf(what);
        if (at < 0) throw new Error(`${kernel.kind}: no '${what}' among ${names.join(", ")}`);
        return at;
      };
      build({
        f,
        table,
        ptr: (what) => find(args, what),
        has: (what) => args.includes(what),
        known: (what) => known[what],
        pushCount: (what) =>
          known[what] === undefined ? f.get(args.length + find(unknown, what)) : f.i32(known[what]),
      });
    },
    { addresses: args.length },
  );
}
