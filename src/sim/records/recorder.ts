/** Records what it was told to, along with the runs of an engine, and hands it to a sink. */
import { RunError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { Window } from "../recording.ts";
import { spikingNodes } from "../spikeLists.ts";
import { clockedSite, type Host } from "./clockedSite.ts";
import { openPipes, type Pipe } from "./pipes.ts";
import { plan } from "./plan.ts";
import { RecorderEnd } from "./recorderEnd.ts";
import type { Sink } from "./sink.ts";
import type { Records } from "./spec.ts";
import { type Tap, tapsOf } from "./taps.ts";

/**
 * Goes along with runs, one after another: `engine.run(steps, inputs, { records: recorder })`. Make it with
 * `engine.recorder`.
 */
export class Recorder<R = unknown> {
  readonly #taps: readonly Tap[];
  readonly #pipes: readonly Pipe[];
  readonly #end: RecorderEnd<R>;
  readonly #host: Host;
  /** By number of the population, those that hear its spikes. */
  readonly #hearing: readonly (readonly Tap[])[];
  #step: number | undefined;

  /** Use `engine.recorder`. */
  constructor(net: Network, host: Host, records: Records, sink: Sink<R>) {
    const site = clockedSite(net, host);
    const planned = plan(records, site);
    const { engine, seed, samples, tick } = site;
    this.#pipes = openPipes(planned, { network: net.name, engine, seed, samples, tick }, sink);
    this.#taps = planned.flatMap((p, k) => tapsOf(p, this.#pipes[k]!, host));
    this.#hearing = spikingNodes(host.l).map((node) => this.#taps.filter((t) => t.population === node));
    this.#end = new RecorderEnd(this.#pipes, sink);
    this.#host = host;
  }

  /** For the engine, as are the next five: whether it was made by the engine whose memory this is. */
  belongsTo(x: Host["x"]): boolean {
    return this.#host.x === x;
  }
  /** A run begins. @throws {RunError} `disposed`; `usage` where the engine has been put back to before what was recorded */
  begin(step: number): void {
    this.#end.requireOpen();
    if (this.#step !== undefined && step < this.#step)
      throw new RunError(
        "usage",
        "records",
        `steps up to ${this.#step} are recorded, and the engine stands at ${step}: finish this recorder and make another`,
      );
    if (step !== this.#step) for (const tap of this.#taps) tap.begin?.(step);
    this.#step = step;
  }
  /** Steps that may be run before it has to be asked again. */
  stepsToStop(step: number): number {
    let stop = Number.POSITIVE_INFINITY;
    for (const tap of this.#taps) if (tap.stop) stop = Math.min(stop, tap.stop(step));
    return stop - step;
  }
  /** The engine is about to do a step, and has stopped before it. */
  before(step: number): void {
    for (const tap of this.#taps) tap.before?.(step);
  }
  /** Some neurons have fired; told in order of step. @param population number among those that spike */
  spikes(population: number, sample: number, step: number, fired: ArrayLike<number>): void {
    for (const tap of this.#hearing[population]!) tap.spikes!(step, sample, fired);
  }
  /** A block of steps is done, and its spikes are told. */
  after(block: Window): void {
    for (const tap of this.#taps) tap.after?.(block);
    this.#step = block.now + block.count;
    for (const pipe of this.#pipes) pipe.settle(this.#step);
  }

  /** Hands over what waits to fill a chunk; what a trigger may still reach, and what `last` keeps, waits on. */
  flush(): void {
    this.#end.flush();
  }
  /** Hands over everything, and gives what the sink makes of it. @throws {RunError} `disposed`, and what the sink throws */
  finish(): Promise<R> {
    return this.#end.finish();
  }
  /**
   * Ends it without a result, and does nothing once it has finished.
   * @param options `keep`: what has been recorded is handed over, and files stay as `NAME.part`; by default they are removed
   */
  abandon({ keep = false }: { readonly keep?: boolean } = {}): Promise<void> {
    return this.#end.abandon(keep);
  }
  /** Hands over everything, and leaves the sink to the caller. */
  close(): void {
    this.#end.close();
  }
}
