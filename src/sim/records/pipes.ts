/** The way of each record from where it is read to the sink. */
import type { Planned, PlannedTrigger } from "./plan.ts";
import type { RecordHeader, SeriesInfo, Sink } from "./sink.ts";
import { AroundTrigger, Chunks, Newest, type Stage } from "./stages.ts";

const NONE = { indices: new Uint32Array(0), samples: new Uint32Array(0), values: new Float64Array(0) };

/** One record: where its entries go in, and where its triggers are told. */
export interface Pipe extends Stage {
  /** An event that sets the record off, in order of time. @param index of the neuron */
  trigger(tick: number, index: number): void;
  flush(): void;
}

/** Pipes of all records, in their order. @throws what the sink throws when it begins */
export function openPipes(planned: readonly Planned[], header: Omit<RecordHeader, "series">, sink: Sink): Pipe[] {
  const series = planned.flatMap((p) => [p.info, ...(p.trigger ? [p.trigger.info] : [])]);
  sink.begin({ ...header, series });
  return planned.map((p) =>
    pipeOf(p, header.samples, (info) => chunksOf(info, series.indexOf(info), header.samples, sink)),
  );
}

function chunksOf({ shape, columns }: SeriesInfo, series: number, samples: number, sink: Sink): Chunks {
  if (shape === "rows")
    return new Chunks(samples * columns, (ticks, values) => sink.write({ ...NONE, series, ticks, values }));
  return new Chunks(2, (ticks, numbers) => {
    const [indices, trials] = [new Uint32Array(ticks.length), new Uint32Array(ticks.length)];
    for (let k = 0; k < ticks.length; k++) [indices[k], trials[k]] = [numbers[2 * k]!, numbers[2 * k + 1]!];
    sink.write({ ...NONE, series, ticks, indices, samples: trials });
  });
}

function pipeOf({ info, last, trigger }: Planned, samples: number, chunksFor: (info: SeriesInfo) => Chunks): Pipe {
  const width = info.shape === "rows" ? samples * info.columns : 2;
  const chunks = chunksFor(info);
  const kept = last === undefined ? chunks : new Newest(width, last, chunks);
  if (!trigger) return new PlainPipe(kept, chunks);
  return new TriggeredPipe(new AroundTrigger(width, trigger, kept), chunks, chunksFor(trigger.info), trigger);
}

class PlainPipe implements Pipe {
  readonly #head: Stage;
  readonly #chunks: Chunks;
  constructor(head: Stage, chunks: Chunks) {
    this.#head = head;
    this.#chunks = chunks;
  }
  push(tick: number, numbers: ArrayLike<number>): void {
    this.#head.push(tick, numbers);
  }
  settle(end: number): void {
    this.#head.settle(end);
  }
  finish(): void {
    this.#head.finish();
  }
  flush(): void {
    this.#chunks.flush();
  }
  trigger(): void {}
}

class TriggeredPipe implements Pipe {
  readonly #around: AroundTrigger;
  readonly #chunks: Chunks;
  readonly #moments: Chunks;
  #left: number;
  constructor(around: AroundTrigger, chunks: Chunks, moments: Chunks, { most }: PlannedTrigger) {
    this.#around = around;
    this.#chunks = chunks;
    this.#moments = moments;
    this.#left = most;
  }
  trigger(tick: number, index: number): void {
    if (this.#left === 0) return;
    this.#left--;
    this.#moments.push(tick, [index, 0]);
    this.#around.trigger(tick);
  }
  push(tick: number, numbers: ArrayLike<number>): void {
    this.#around.push(tick, numbers);
  }
  settle(end: number): void {
    this.#around.settle(end);
  }
  finish(): void {
    this.#around.finish();
    this.#moments.finish();
  }
  flush(): void {
    this.#chunks.flush();
    this.#moments.flush();
  }
}
