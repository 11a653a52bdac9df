/**
 * What one thread of WebAssembly can do at best on this machine, measured here and now: the limits that kernels are
 * held against. The module is written by hand and assembled by wabt, so that no fault of our own code generator can
 * lower the bar.
 */
import loadWabt from "wabt";
import { measure, type Run, summary } from "./measure.ts";

/** Rates of one thread; medians. */
export interface MachineLimits {
  /** GB/s, bytes read and bytes written together, of a copy far larger than the caches. */
  readonly copy: number;
  /** GFLOP/s of f32x4 multiplications, each followed by an addition, all in registers. */
  readonly mulAdd: number;
  /** G f32 additions/s of vectors loaded from the first-level cache. */
  readonly loadAdd: number;
}

/** Independent sums, enough to hide the latency of a multiplication and an addition, and few enough for 16 registers. */
const CHAINS = 12;
/** Loads in one turn of the loop. V8 does all loads of a block first: with as many sums they fill 14 registers. */
const LOADS = 7;
/** B summed by a pass: half a first-level cache. */
const SUM_BYTES = 16 * LOADS * 146;
/** B read by a copy: three times a large last-level cache. */
const COPY_BYTES = 96 * 2 ** 20;
const PAGE_BYTES = 2 ** 16;
const LOOPS = 20_000;
const PASSES = 200;

const times = (n: number, text: (k: number) => string): string =>
  Array.from({ length: n }, (_, k) => text(k)).join("\n");
/** One number that depends on every sum, so that none can be optimised away. */
const fold = (n: number): string =>
  `(f32x4.extract_lane 0 ${times(n - 1, () => "(f32x4.add")} (local.get $s0)
   ${times(n - 1, (k) => `(local.get $s${k + 1}))`)})`;

/**
 * `mulAdd`: sum = sum / 2 + 1 in each chain, which stays between 0 and 2: no denormals, no infinities.
 * `loadAdd`: sums the bytes [0, $bytes) $count times.
 */
const WAT = `(module
  (memory ${Math.ceil((2 * COPY_BYTES) / PAGE_BYTES)})
  (func (export "mulAdd") (param $count i32) (result f32) (local $half v128) (local $one v128)
    ${times(CHAINS, (k) => `(local $s${k} v128)`)}
    (local.set $half (f32x4.splat (f32.const 0.5)))
    (local.set $one (f32x4.splat (f32.const 1)))
    (loop $again
      ${times(CHAINS, (k) => `(local.set $s${k} (f32x4.add (f32x4.mul (local.get $s${k}) (local.get $half)) (local.get $one)))`)}
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    ${fold(CHAINS)})
  (func (export "loadAdd") (param $count i32) (param $bytes i32) (result f32) (local $at i32)
    ${times(LOADS, (k) => `(local $s${k} v128)`)}
    (loop $pass
      (local.set $at (i32.const 0))
      (loop $again
        ${times(LOADS, (k) => `(local.set $s${k} (f32x4.add (local.get $s${k}) (v128.load offset=${16 * k} (local.get $at))))`)}
        (local.set $at (i32.add (local.get $at) (i32.const ${16 * LOADS})))
        (br_if $again (i32.lt_u (local.get $at) (local.get $bytes))))
      (br_if $pass (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    ${fold(LOADS)})
  (func (export "copy") (param $to i32) (param $from i32) (param $bytes i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $bytes))))`;

type Kernel = (...args: number[]) => number;

async function assemble(): Promise<Readonly<Record<keyof MachineLimits, Kernel>>> {
  const wabt = await loadWabt();
  const { buffer } = wabt.parseWat("machine.wat", WAT, { simd: true, bulk_memory: true }).toBinary({});
  const { instance } = await WebAssembly.instantiate(new Uint8Array(buffer));
  return instance.exports as Record<keyof MachineLimits, Kernel>;
}

type ByLimit<T> = Record<keyof MachineLimits, T>;

/** What a limit's run does, in G of its unit and second. */
const WORK: Readonly<ByLimit<number>> = {
  mulAdd: 1e-9 * LOOPS * CHAINS * 4 * 2,
  loadAdd: (1e-9 * PASSES * SUM_BYTES) / 4,
  copy: 1e-9 * 2 * COPY_BYTES,
};

/** Candidates for `measure`: among others they take turns with them, so that a slow moment falls on both. */
export async function limitRuns(): Promise<ByLimit<Run>> {
  const { mulAdd, loadAdd, copy } = await assemble();
  return {
    mulAdd: () => mulAdd(LOOPS),
    loadAdd: () => loadAdd(PASSES, SUM_BYTES),
    copy: () => copy(COPY_BYTES, 0, COPY_BYTES),
  };
}
/** Median, from the seconds of each turn. */
export const limitOf = (limit: keyof MachineLimits, seconds: readonly number[]): number =>
  WORK[limit] / summary(seconds).median;

/** Every turn's rate, in the units of `MachineLimits`. Takes 2 to 3 s. */
export async function measureMachine(): Promise<ByLimit<number[]>> {
  const seconds = await measure(await limitRuns());
  const rates = (limit: keyof MachineLimits): number[] => seconds[limit].map((s) => WORK[limit] / s);
  return { mulAdd: rates("mulAdd"), loadAdd: rates("loadAdd"), copy: rates("copy") };
}

/** The limits for a bench to compare with: measure them in its own process, for machines change by the hour. */
export async function machineLimits(): Promise<MachineLimits> {
  const { copy, mulAdd, loadAdd } = await measure(await limitRuns());
  return { copy: limitOf("copy", copy), mulAdd: limitOf("mulAdd", mulAdd), loadAdd: limitOf("loadAdd", loadAdd) };
}
