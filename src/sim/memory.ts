/** The host's side of a program's buffers: what they hold at the start, and sums over their copies (`ir/parallel.ts`). */
import type { Elements, Executable } from "../backend/backend.ts";
import { lengthOfCopy } from "../ir/parallel.ts";
import type { Buffer, Program } from "../ir/program.ts";
import type { Contents } from "./lower/context.ts";
import type { Mill } from "./mill/mill.ts";

export class Memory {
  readonly #x: Executable;
  readonly #buffers: ReadonlyMap<string, Buffer>;

  constructor(x: Executable, { buffers }: Program) {
    this.#x = x;
    this.#buffers = new Map(buffers.map((b) => [b.name, b]));
  }

  /** Writes what buffers hold before the first run, into every copy. */
  fill(contents: ReadonlyMap<string, Contents>, mill?: Mill): void {
    const array = (name: string): Elements => this.#x.array(name);
    for (const [name, values] of contents)
      for (const start of this.#starts(name)) {
        if (typeof values !== "function") array(name).set(values, start);
        else values(array(name).subarray(start, start + lengthOfCopy(this.#buffers.get(name)!)), array, mill);
      }
  }

  /** The first number of a buffer, summed over its copies in their order. */
  sum(name: string): number {
    const values = this.#x.array(name);
    return this.#starts(name).reduce((sum, start) => sum + values[start]!, 0);
  }

  /** A buffer, summed over its copies in their order, rounded as the buffer's type is. */
  summed(name: string): ArrayLike<number> {
    const values = this.#x.array(name);
    const [first, ...more] = this.#starts(name);
    const sums = values.slice(first, lengthOfCopy(this.#buffers.get(name)!));
    for (const start of more) for (let k = 0; k < sums.length; k++) sums[k]! += values[start + k]!;
    return sums;
  }

  /** Of those copies that the backend holds. */
  #starts(name: string): number[] {
    const length = lengthOfCopy(this.#buffers.get(name)!);
    const held = Math.max(1, Math.floor(this.#x.array(name).length / length));
    return Array.from({ length: held }, (_, k) => k * length);
  }
}
