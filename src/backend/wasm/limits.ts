/**
 * What threads of WebAssembly can do at best on this machine: the limits that kernels are held against. The functions are
 * written here instruction by instruction, so that no fault of the kernels' own code generator can lower the bar.
 */
import { defineFunction, type Emitter, type Func, type ModuleCode } from "./code.ts";
import { encode } from "./encode.ts";
import { createTeam, type Round } from "./team.ts";

/** Rates of all threads together. */
export interface MachineLimits {
  /** GB/s, bytes read and bytes written together, of a copy far larger than the caches. */
  readonly copy: number;
  /** GFLOP/s of f32x4 multiplications, each followed by an addition, all in registers. */
  readonly mulAdd: number;
  /** G f32 additions/s of vectors loaded from the first-level cache. */
  readonly loadAdd: number;
}
/** What steps of neurons and events of synapses come up against besides. */
export interface StepLimits {
  /** G f32 divisions/s, all in registers. */
  readonly divide: number;
  /** GB/s, bytes read and bytes written together, of vectors in the first-level cache that something is added to. */
  readonly update: number;
  /** G f32 additions/s to sums in the first-level cache, each at the address that a list has for it. */
  readonly scatter: number;
}
export type LimitName = keyof MachineLimits | keyof StepLimits;
type ByLimit<T> = Readonly<Record<LimitName, T>>;

/** Independent sums, enough to hide the latency of a multiplication and an addition, and few enough for 16 registers. */
const CHAINS = 12;
/** Loads in one turn of the loop. V8 does all loads of a block first: with as many sums they fill 14 registers. */
const LOADS = 7;
/** B summed by a pass: half a first-level cache. */
const SUM_BYTES = 16 * LOADS * 146;
/** Sums that are added to, and the entries of the list that says to which: each fills half of what a pass may touch. */
const CELLS = 2048;
/** What neighbours in the list are apart, as in rows of few targets; odd, so that every sum is met before one comes again. */
const STRIDE = 49;
/** Entries of the list in one turn of the loop. */
const ENTRIES = 8;
/** B read by a copy of all threads: three times a large last-level cache. */
const COPY_BYTES = 96 * 2 ** 20;
const PAGE_BYTES = 2 ** 16;
const LOOPS = 20_000;
const PASSES = 200;

/** What a round of one of `threads` threads does, in G of the limit's unit and second. */
const WORK: ByLimit<(threads: number) => number> = {
  mulAdd: () => 1e-9 * LOOPS * CHAINS * 4 * 2,
  loadAdd: () => (1e-9 * PASSES * SUM_BYTES) / 4,
  copy: (threads) => 1e-9 * 2 * (COPY_BYTES / threads),
  divide: () => 1e-9 * LOOPS * CHAINS * 4,
  update: () => 1e-9 * PASSES * 2 * SUM_BYTES,
  scatter: () => 1e-9 * PASSES * CELLS,
};
/** Rounds a thread of a team: enough that waking it costs little, and that who is held up leaves rounds to the others. */
const ROUNDS: ByLimit<number> = { mulAdd: 32, loadAdd: 32, copy: 1, divide: 8, update: 32, scatter: 32 };
const roundsOf = (limit: LimitName, threads: number): number => (threads === 1 ? 1 : threads * ROUNDS[limit]);

/** The rate, in the units of `MachineLimits`, of a run of all threads that took so many seconds. */
export const limitRate = (limit: LimitName, seconds: number, threads = 1): number =>
  (roundsOf(limit, threads) * WORK[limit](threads)) / seconds;

/** Parameters are the number of the round, and the slot: where it works, one a thread. */
const SLOT = 1;

/** The body `count` times, which is at least 1. */
function repeat(f: Emitter, count: number, body: () => void): void {
  const left = f.local("i32");
  f.i32(count);
  f.set(left);
  f.op("loop");
  body();
  f.get(left);
  f.i32(1);
  f.op("i32.sub");
  f.tee(left);
  f.op("br_if", 0);
  f.op("end");
}
/** One number that depends on every sum goes to the slot's place in the first page, so that none is optimised away. */
function keep(f: Emitter, sums: readonly number[]): void {
  f.get(SLOT);
  f.i32(16);
  f.op("i32.mul");
  for (const [k, sum] of sums.entries()) {
    f.get(sum);
    if (k > 0) f.op("f32x4.add");
  }
  f.op("v128.store", 0);
}
/** Where the slot's own memory begins: what it copies, and then what it copies to. */
function pushStart(f: Emitter, bytes: number): void {
  f.get(SLOT);
  f.i32(2 * bytes);
  f.op("i32.mul");
  f.i32(PAGE_BYTES);
  f.op("i32.add");
}

/** sum = sum / 2 + 1 in each chain, which stays between 0 and 2: no denormals, no infinities. */
function mulAdd(f: Emitter): void {
  const [half, one] = [f.local("v128"), f.local("v128")];
  const sums = Array.from({ length: CHAINS }, () => f.local("v128"));
  for (const [local, value] of [
    [half, 0.5],
    [one, 1],
  ] as const) {
    f.op("f32.const", value);
    f.op("f32x4.splat");
    f.set(local);
  }
  repeat(f, LOOPS, () => {
    for (const sum of sums) {
      f.get(sum, half);
      f.op("f32x4.mul");
      f.get(one);
      f.op("f32x4.add");
      f.set(sum);
    }
  });
  keep(f, sums);
}

/** Sums the first bytes of the slot's memory, again and again. */
function loadAdd(f: Emitter, bytes: number): void {
  const at = f.local("i32");
  const sums = Array.from({ length: LOADS }, () => f.local("v128"));
  repeat(f, PASSES, () => {
    pushStart(f, bytes);
    f.set(at);
    repeat(f, SUM_BYTES / (16 * LOADS), () => {
      for (const [k, sum] of sums.entries()) {
        f.get(sum, at);
        f.op("v128.load", 16 * k);
        f.op("f32x4.add");
        f.set(sum);
      }
      f.advance(at, 16 * LOADS);
    });
  });
  keep(f, sums);
}

/** x = 1 / x in each chain, from 2: there and back in an even number of turns. */
function divide(f: Emitter): void {
  const one = f.local("v128");
  const chains = Array.from({ length: CHAINS }, () => f.local("v128"));
  for (const [k, local] of [one, ...chains].entries()) {
    f.op("f32.const", k === 0 ? 1 : 2);
    f.op("f32x4.splat");
    f.set(local);
  }
  repeat(f, LOOPS, () => {
    for (const x of chains) {
      f.get(one, x);
      f.op("f32x4.div");
      f.set(x);
    }
  });
  keep(f, chains);
}

/** Adds 1 to each of the first numbers of the slot's memory, again and again. */
function update(f: Emitter, bytes: number): void {
  const [at, one] = [f.local("i32"), f.local("v128")];
  f.op("f32.const", 1);
  f.op("f32x4.splat");
  f.set(one);
  repeat(f, PASSES, () => {
    pushStart(f, bytes);
    f.set(at);
    repeat(f, SUM_BYTES / (16 * LOADS), () => {
      for (let k = 0; k < LOADS; k++) {
        f.get(at, at);
        f.op("v128.load", 16 * k);
        f.get(one);
        f.op("f32x4.add");
        f.op("v128.store", 16 * k);
      }
      f.advance(at, 16 * LOADS);
    });
  });
}

/** Writes the list, behind the sums; then adds 1 to the sum at each of its addresses, again and again. */
function scatter(f: Emitter, bytes: number): void {
  const [start, at, number, sum] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  pushStart(f, bytes);
  f.tee(start);
  f.set(at);
  repeat(f, CELLS, () => {
    f.get(at, number);
    f.i32(CELLS - 1);
    f.op("i32.and");
    f.i32(4);
    f.op("i32.mul");
    f.get(start);
    f.op("i32.add");
    f.op("i32.store", 4 * CELLS);
    f.advance(at, 4);
    f.advance(number, STRIDE);
  });
  repeat(f, PASSES, () => {
    f.get(start);
    f.set(at);
    repeat(f, CELLS / ENTRIES, () => {
      for (let k = 0; k < ENTRIES; k++) {
        f.get(at);
        f.op("i32.load", 4 * (CELLS + k));
        f.tee(sum);
        f.get(sum);
        f.op("f32.load", 0);
        f.op("f32.const", 1);
        f.op("f32.add");
        f.op("f32.store", 0);
      }
      f.advance(at, 4 * ENTRIES);
    });
  });
}

function copy(f: Emitter, bytes: number): void {
  pushStart(f, bytes);
  f.i32(bytes);
  f.op("i32.add");
  pushStart(f, bytes);
  f.i32(bytes);
  f.op("memory.copy");
}

const BODIES: ByLimit<(f: Emitter, bytes: number) => void> = { mulAdd, loadAdd, copy, divide, update, scatter };
const NAMES = Object.keys(BODIES) as LimitName[];

/** One function a limit, each of a round's number and slot, as the team calls them. */
export function limitsModule(threads: number): ModuleCode {
  const bytes = COPY_BYTES / threads;
  const functions = NAMES.map(
    (name): Func => defineFunction(name, ["i32", "i32"], (f) => BODIES[name](f, bytes), { exported: true }),
  );
  return { functions, pages: 1 + (2 * COPY_BYTES) / PAGE_BYTES, shared: threads > 1 };
}

export interface LimitRuns extends Disposable {
  /** Does the work, on every thread. */
  readonly runs: ByLimit<() => void>;
}

/**
 * Runs to time. Takes 192 MiB of memory until it is dropped.
 *
 * @param threads a power of two up to 64, so that memory divides evenly
 * @throws Error where memory cannot be shared and `threads > 1`
 */
export async function limitRuns(threads = 1): Promise<LimitRuns> {
  const code = limitsModule(threads);
  const memory = new WebAssembly.Memory({ initial: code.pages, maximum: code.pages, shared: threads > 1 });
  const { module, instance } = await WebAssembly.instantiate(encode(code), { env: { memory } });
  const own = (name: LimitName): Round => instance.exports[name] as Round;
  const team = threads > 1 ? createTeam(threads) : undefined;
  if (threads > 1 && !team) throw new Error(`memory cannot be shared, so ${threads} threads cannot be measured`);
  const id = await team?.load({ module, memory, stages: NAMES });
  const run = (name: LimitName): void =>
    team ? team.run(id!, NAMES.indexOf(name), 0, roundsOf(name, threads), own(name)) : own(name)(0, 0);
  return {
    runs: Object.fromEntries(NAMES.map((name) => [name, () => run(name)])) as Record<LimitName, () => void>,
    [Symbol.dispose]: () => team?.[Symbol.dispose](),
  };
}
