/** A backend that tells how long it took to make programs runnable. */
import type { Backend, Executable } from "../src/backend/backend.ts";
import type { Program } from "../src/ir/program.ts";

export class TimedBackend implements Backend {
  readonly name: string;
  readonly threads: number;
  readonly #inner: Backend;
  /** s so far. */
  compiling = 0;

  constructor(inner: Backend) {
    this.#inner = inner;
    this.name = inner.name;
    this.threads = inner.threads ?? 1;
  }

  async load(program: Program): Promise<Executable> {
    const start = performance.now();
    const executable = await this.#inner.load(program);
    this.compiling += (performance.now() - start) / 1000;
    return executable;
  }
}
