/** Records along with runs of the exact engine: the same description, with seconds for steps. */
import type { Dimension } from "../../base/dimension.ts";
import { listNames, ModelError, RunError, requireKnown } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import type { Network } from "../../model/network.ts";
import { memberOf } from "../records/members.ts";
import { openPipes, type Pipe } from "../records/pipes.ts";
import { checkSpikeTrigger, isWithin, type Planned, plan, type Site } from "../records/plan.ts";
import { RecorderEnd } from "../records/recorderEnd.ts";
import type { SeriesInfo, Sink } from "../records/sink.ts";
import type { RecordKind, Records, Span, SpikeTrigger } from "../records/spec.ts";
import type { Cells } from "./cells.ts";

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
/** Of a length of time: what a moment may be off by rounding and still count as the border that it falls on. */
const ROUNDING = 1e-9;

function secondsOfSpan(span: Span, path: string): number {
  const seconds = typeof span === "string" ? quantityOf(span, SECOND, path) : span;
  if (seconds >= 0 && Number.isFinite(seconds)) return seconds;
  throw new ModelError("out-of-range", path, `must be finite and at least 0 s, got ${span}`);
}

function exactSite(net: Network, seed: number, cells: readonly Cells[]): Site {
  const site: Site = {
    net,
    engine: "exact",
    samples: 1,
    seed,
    tick: 1,
    span: secondsOfSpan,
    variable: (of, path, when) => {
      if (when !== undefined)
        throw new ModelError("unsupported", `${path}.when`, "a moment of the exact engine has no before and after");
      const known = cells.flatMap((c) => net.populations[c.node]!.model.variables.map((v) => `${c.node}.${v.name}`));
      if (known.includes(of)) return net.populations[of.split(".")[0]!]!.size;
      throw new ModelError("unknown-name", `${path}.of`, `no variable '${of}'; known: ${listNames(known)}`);
    },
    synapses: (_of, _variable, path) => {
      throw new ModelError(
        "unsupported",
        path,
        "synapses of the exact engine do not change: there is nothing to record",
      );
    },
    checkTrigger: (on, path) => {
      if (!("spike" in on))
        throw new ModelError(
          "unsupported",
          path,
          "the exact engine looks at nothing between events: only a spike can set a record off",
        );
      requireKnown(path, on, ["spike", "neurons"]);
      checkSpikeTrigger(on, path, site);
    },
  };
  return site;
}

/** What reads along. */
interface Tap {
  /** A run begins here, and not where the last one ended. */
  begin?(time: number): void;
  readonly population?: string;
  spike?(time: number, neuron: number): void;
  /** What happens before this moment has happened. */
  before?(time: number): void;
}
type Make = (planned: Planned, pipe: Pipe, cells: readonly Cells[]) => Tap;
const TAPS: { readonly [K in RecordKind]: Make } = {
  spikes: ({ info }, pipe) => {
    const isMember = memberOf(info.elements, info.size);
    const entry = new Float64Array(2);
    return {
      population: info.of,
      spike: (time, neuron) => {
        if (!isMember(neuron) || !isWithin(info.windows, time)) return;
        entry[0] = neuron;
        pipe.push(time, entry);
      },
    };
  },
  rate,
  variable,
  synapses: () => {
    throw new Error("refused before");
  },
};

/** Numbers k from `first` on, as moments k · every, in order; those outside windows are skipped. */
class Moments {
  readonly #info: SeriesInfo;
  /** What follows a moment and has to lie in the same window. */
  readonly #length: number;
  #k = 0;
  next = Number.POSITIVE_INFINITY;

  constructor(info: SeriesInfo, length = 0) {
    this.#info = info;
    this.#length = length;
  }
  begin(time: number): void {
    this.#k = Math.ceil(time / this.#info.every - ROUNDING);
    this.#find();
  }
  advance(): void {
    this.#k++;
    this.#find();
  }
  #find(): void {
    const { every, windows } = this.#info;
    const slack = ROUNDING * every;
    for (const [from, to] of windows) {
      const k = Math.max(this.#k, Math.ceil(from / every - ROUNDING));
      const [time, end] = [k * every, k * every + this.#length];
      if (this.#length > 0 ? end > to + slack : time >= to - slack) continue;
      [this.#k, this.next] = [k, time];
      return;
    }
    this.next = Number.POSITIVE_INFINITY;
  }
}

function rate({ info }: Planned, pipe: Pipe): Tap {
  const isMember = memberOf(info.elements, info.size);
  const perSpike = 1 / ((info.elements?.length ?? info.size) * info.every);
  const bins = new Moments(info, info.every);
  let count = 0;
  const close = (time: number): void => {
    for (; bins.next + info.every <= time; bins.advance()) {
      pipe.push(bins.next, [count * perSpike]);
      count = 0;
    }
  };
  return {
    population: info.of,
    begin: (time) => {
      bins.begin(time);
      count = 0;
    },
    before: close,
    spike: (time, neuron) => {
      if (time >= bins.next && isMember(neuron)) count++;
    },
  };
}

function variable({ info }: Planned, pipe: Pipe, all: readonly Cells[]): Tap {
  const [node, name] = info.of.split(".") as [string, string];
  const cells = all.find((c) => c.node === node)!;
  const place = cells.placeOf(name);
  const moments = new Moments(info);
  const row = new Float64Array(info.columns);
  return {
    begin: (time) => moments.begin(time),
    before: (time) => {
      for (; moments.next < time; moments.advance()) {
        for (let k = 0; k < row.length; k++)
          row[k] = cells.value(info.elements ? info.elements[k]! : k, place, moments.next);
        pipe.push(moments.next, row);
      }
    },
  };
}

function triggerTap({ spike, neurons }: SpikeTrigger, size: number, pipe: Pipe): Tap {
  const isMember = memberOf(neurons, size);
  return { population: spike, spike: (time, n) => isMember(n) && pipe.trigger(time, n) };
}

/** Goes along with runs of an exact engine, one after another. Make it with `engine.recorder`. */
export class ExactRecorder<R = unknown> {
  readonly #cells: readonly Cells[];
  readonly #pipes: readonly Pipe[];
  readonly #taps: readonly Tap[];
  /** By number of the population. */
  readonly #hearing: readonly (readonly Tap[])[];
  readonly #end: RecorderEnd<R>;
  #time: number | undefined;

  /** Use `engine.recorder`. */
  constructor(net: Network, seed: number, cells: readonly Cells[], records: Records, sink: Sink<R>) {
    const site = exactSite(net, seed, cells);
    const planned = plan(records, site);
    const { engine, samples, tick } = site;
    this.#cells = cells;
    this.#pipes = openPipes(planned, { network: net.name, engine, seed, samples, tick }, sink);
    this.#taps = planned.flatMap((p, k) => {
      const pipe = this.#pipes[k]!;
      const trigger = p.trigger ? [triggerTap(p.trigger.on as SpikeTrigger, p.trigger.info.size, pipe)] : [];
      return [...trigger, TAPS[p.spec.kind](p, pipe, cells)];
    });
    this.#hearing = cells.map((c) => this.#taps.filter((t) => t.population === c.node));
    this.#end = new RecorderEnd(this.#pipes, sink);
  }

  /** For the engine, as are the next two: a run begins. @throws {RunError} `disposed`; `usage` if it is of another engine */
  begin(cells: readonly Cells[], time: number): void {
    this.#end.requireOpen();
    if (cells !== this.#cells)
      throw new RunError("usage", "records", "this recorder is of another engine: make it with this one's recorder()");
    if (time !== this.#time) for (const tap of this.#taps) tap.begin?.(time);
    this.#time = time;
  }
  /** Everything before this moment has happened. */
  before(time: number): void {
    for (const tap of this.#taps) tap.before?.(time);
    for (const pipe of this.#pipes) pipe.settle(time);
    this.#time = time;
  }
  /** A neuron has fired; told in order of time. @param population its number */
  spike(population: number, neuron: number, time: number): void {
    for (const tap of this.#hearing[population]!) tap.spike!(time, neuron);
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
