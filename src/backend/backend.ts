/**
 * What every backend offers: it takes a program (`ir/program.ts`) and runs its regions over one linear memory.
 * It knows nothing of neurons, networks or gradients.
 */
import type { Program } from "../ir/program.ts";

/** A buffer's elements; booleans are words, 0 or 1. */
export type Elements = Float32Array | Float64Array | Int32Array | Uint32Array;

/** What runs a program. */
export interface Backend {
  readonly name: string;
  /** How many threads work together; 1 where it does not say. */
  readonly threads?: number;
  /** Bytes of memory that a program may need at most; as many as the host gives where it does not say. */
  readonly mostBytes?: number;
  /** Why there are no more, where something can be done about that. */
  readonly whyMost?: string | undefined;
  /** Lays out the memory and makes every region runnable. */
  load(program: Program): Promise<Executable>;
}

/** A program that is loaded, with its memory. */
export interface Executable extends Disposable {
  /** Bytes of linear memory. */
  readonly bytes: number;
  /** A live view of a buffer's elements. @throws Error on an unknown name, RunError `disposed` */
  array(buffer: string): Elements;
  /** Runs a region to its end. @throws RunError `disposed` */
  run(region: string): void;
  /** What was generated, for `explain`: WAT for `wasm`; nothing for the interpreter. */
  text(): string;
  /** Gives the memory back; every later call throws. */
  dispose(): void;
}
