/** How a recording ends, whichever engine it is of. */
import { RunError } from "../../base/errors.ts";
import type { Pipe } from "./pipes.ts";
import type { Sink } from "./sink.ts";

export class RecorderEnd<R> {
  readonly #pipes: readonly Pipe[];
  readonly #sink: Sink<R>;
  #over = false;

  constructor(pipes: readonly Pipe[], sink: Sink<R>) {
    this.#pipes = pipes;
    this.#sink = sink;
  }
  /** @throws {RunError} `disposed` */
  requireOpen(): void {
    if (this.#over) throw new RunError("disposed", "records", "this recorder has finished: make another");
  }
  flush(): void {
    this.requireOpen();
    for (const pipe of this.#pipes) pipe.flush();
  }
  close(): void {
    this.requireOpen();
    this.#over = true;
    for (const pipe of this.#pipes) pipe.finish();
  }
  async finish(): Promise<R> {
    this.close();
    return this.#sink.finish();
  }
  async abandon(keep: boolean): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    try {
      if (keep) for (const pipe of this.#pipes) pipe.finish();
    } catch {
      // What ended the run, such as a full disk, may well forbid this too: what was written before is there.
    } finally {
      await this.#sink.abandon?.({ keep });
    }
  }
}
