/**
 * Damaged files: random truncations and bit flips of a good one. A reader must refuse each with one of our errors that says
 * where, or give a result that passes the caller's check; in bounded time, and without allocating what a damaged size
 * promises. Typed arrays are counted while the reader runs, so that a promise of 4 GB fails the test instead of the machine.
 */
import { RheobaseError } from "../../src/base/errors.ts";

export interface MutateOptions<R> {
  readonly seed?: number;
  /** Number of truncations, and of files with flipped bits (one to four of them); by default 1,000 each. */
  readonly count?: number;
  /** What every message must match, such as `/byte \d+/`. */
  readonly where?: RegExp;
  /** Throws unless a result is a valid one. */
  readonly check?: (result: R, bytes: Uint8Array) => void;
  /** Bytes of typed arrays that one reading may allocate in all; by default 64 times the file and 4 MiB. */
  readonly memory?: number;
  /** Longest time that one reading may take, in ms; by default 5,000, which is for hanging and not for slowness. */
  readonly time?: number;
  /** Flip bits in these bytes alone, such as a header; by default anywhere. */
  readonly flipsWithin?: number;
}
export interface MutateOutcome {
  readonly read: number;
  readonly refused: number;
}

/**
 * Reads `count` truncations and `count` flipped copies of `bytes`.
 *
 * @returns how many of each kind were read and refused
 * @throws Error with the mutation (kind, number, place) where the reader did anything else
 */
export async function mutate<R>(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => R | Promise<R>,
  options: MutateOptions<R> = {},
): Promise<{ truncated: MutateOutcome; flipped: MutateOutcome }> {
  const { seed = 1, count = 1000 } = options;
  const random = mulberry32(seed);
  const truncated = await readAll(truncations(bytes, count, random), read, options);
  const flipped = await readAll(flips(bytes, count, random, options.flipsWithin), read, options);
  return { truncated, flipped };
}

interface Mutation {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The shortest ones first, because headers are there; then anywhere. Each is a copy: no byte lies behind its end. */
function* truncations(bytes: Uint8Array, count: number, random: () => number): Generator<Mutation> {
  for (let k = 0; k < count; k++) {
    const length = k < count / 4 ? k % bytes.length : Math.floor(random() * bytes.length);
    yield { name: `truncated to ${length} of ${bytes.length} bytes`, bytes: bytes.slice(0, length) };
  }
}

/** One to four bits; every other time within the first 256 bytes, because headers are there. */
function* flips(bytes: Uint8Array, count: number, random: () => number, within = bytes.length): Generator<Mutation> {
  for (let k = 0; k < count; k++) {
    const copy = bytes.slice();
    const room = Math.min(within, k % 2 ? bytes.length : 256, bytes.length);
    const bits = Array.from({ length: 1 + Math.floor(random() * 4) }, () => Math.floor(random() * 8 * room));
    for (const bit of bits) copy[bit >> 3]! ^= 1 << (bit & 7);
    yield { name: `bits ${bits.join(", ")} flipped`, bytes: copy };
  }
}

async function readAll<R>(
  mutations: Iterable<Mutation>,
  read: (bytes: Uint8Array) => R | Promise<R>,
  options: MutateOptions<R>,
): Promise<MutateOutcome> {
  const outcome = { read: 0, refused: 0 };
  for (const { name, bytes } of mutations)
    try {
      outcome[await readOne(bytes, read, options)]++;
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  return outcome;
}

/** Whatever is thrown from here is the reader's fault. */
async function readOne<R>(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => R | Promise<R>,
  { where, check, memory = 64 * bytes.length + 2 ** 22, time = 5000 }: MutateOptions<R>,
): Promise<keyof MutateOutcome> {
  const start = performance.now();
  const outcome = await refusal(() => withinMemory(memory, () => read(bytes)));
  const took = performance.now() - start;
  if (took > time) throw new Error(`took ${Math.round(took)} ms, at most ${time} are allowed`);
  if ("result" in outcome) {
    check?.(outcome.result, bytes);
    return "read";
  }
  if (where && !where.test(outcome.message)) throw new Error(`the message does not say where: ${outcome.message}`);
  return "refused";
}

/** A result, or what one of our errors says; any other error goes on. */
async function refusal<R>(use: () => Promise<R>): Promise<{ result: R } | { message: string }> {
  try {
    return { result: await use() };
  } catch (error) {
    if (error instanceof RheobaseError) return { message: error.message };
    throw error;
  }
}

type TypedArrayConstructor = new (...args: never[]) => { readonly byteLength: number };
const COUNTED = [
  "ArrayBuffer",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

/**
 * Runs `use` with typed arrays and buffers counted: one that would exceed `limit` bytes is not made, and an Error says so.
 * Views of a buffer count nothing. Arrays made by methods (`slice`, `map`), by `Buffer` and inside WebAssembly are not seen,
 * so what they copy must have been counted before.
 */
export async function withinMemory<R>(limit: number, use: () => R | Promise<R>): Promise<R> {
  const kept = COUNTED.map((name) => [name, globalThis[name]] as const);
  const spent = { bytes: 0, limit };
  for (const [name, original] of kept) install(name, counted(original as unknown as TypedArrayConstructor, spent));
  let result: R;
  try {
    result = await use();
  } finally {
    for (const [name, original] of kept) install(name, original);
  }
  if (spent.bytes > limit) throw new Error(`allocated ${spent.bytes} bytes, at most ${limit} are allowed`); // it was caught
  return result;
}

const install = (name: string, value: unknown): void => void Reflect.set(globalThis, name, value);

function counted(original: TypedArrayConstructor, spent: { bytes: number; limit: number }): TypedArrayConstructor {
  const width = (original as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  return new Proxy(original, {
    construct(target, args: unknown[], self) {
      spent.bytes += width * lengthOf(args[0]);
      if (spent.bytes > spent.limit)
        throw new Error(`would allocate ${spent.bytes} bytes, at most ${spent.limit} are allowed`);
      return Reflect.construct(target, args, self === proxyOf(target) ? target : self);
    },
  });
}
/** `new.target` is the proxy itself unless a class extends it; the real constructor serves as well. */
const proxyOf = (target: TypedArrayConstructor): unknown => Reflect.get(globalThis, target.name);

function lengthOf(source: unknown): number {
  if (typeof source === "number") return Number.isFinite(source) ? Math.max(0, source) : 0;
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return 0; // a view
  const { length } = (source ?? {}) as { length?: unknown };
  return typeof length === "number" ? length : 0;
}

/** A random number in [0, 1) from 32 bits of state. @see Ettinger 2018, mulberry32 (public domain) */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
