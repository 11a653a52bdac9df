/** What the kernels that work through windows share: looking up who reaches whom, and loops over that. */
import { REACH } from "../../ir/windows.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { pushScaled } from "./tiles.ts";

/** Locals with the addresses of the channels of a group at a target, and of the row of weights that leads there. */
export interface Hit {
  readonly target: number;
  readonly weights: number;
}
/** Runs the body as often as a local says. */
export function repeated(f: Emitter, times: number, round: () => void): void {
  const n = f.local("i32");
  f.i32(0);
  f.set(n);
  f.upTo(n, () => f.get(times), 1, round);
}
export function copied(f: Emitter, from: Hit, to: Hit): void {
  f.get(from.target);
  f.set(to.target);
  f.get(from.weights);
  f.set(to.weights);
}

/** Runs the body so many times; the local counts. */
export function counted(f: Emitter, n: number, times: number, body: () => void): void {
  f.i32(0);
  f.set(n);
  f.upTo(n, () => f.i32(times), 1, body);
}

/** Locals of an entry of the table: how many, and where they begin. */
export interface Entry {
  readonly count: number;
  readonly position: number;
  readonly other: number;
}

export const entryLocals = (f: Emitter): Entry => ({
  count: f.local("i32"),
  position: f.local("i32"),
  other: f.local("i32"),
});
/** Looks up place `at`, a local, of the rows (`first` = 0) or the columns behind so many rows. */
export function lookUp(c: KernelContext, at: number, first: number, into = entryLocals(c.f)): Entry {
  const { f } = c;
  const entry = f.local("i32");
  pushScaled(f, c.ptr("reach"), at, 4 * REACH);
  f.set(entry);
  [into.count, into.position, into.other].forEach((local, n) => {
    f.get(entry);
    f.op("i32.load", 4 * (REACH * first + n));
    f.set(local);
  });
  return into;
}

/** Adds `index · factor` to what is on the stack. */
export function plus(f: Emitter, index: number, factor: number): void {
  f.get(index);
  f.i32(factor);
  f.op("i32.mul");
  f.op("i32.add");
}

/** `quotient = n div by; rest = n mod by` */
export function divided(f: Emitter, n: number, by: number, quotient: number, rest: number): void {
  f.get(n);
  f.i32(by);
  f.op("i32.div_u");
  f.set(quotient);
  f.get(n, quotient);
  f.i32(by);
  f.op("i32.mul");
  f.op("i32.sub");
  f.set(rest);
}
