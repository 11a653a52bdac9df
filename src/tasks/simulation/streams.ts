/** Files that are written while a run goes on: spikes as SONATA's HDF5 and as CSV, and variables beside them. */
import { formatDimension } from "../../base/dimension.ts";
import { csvSink } from "../../io/records/csvSink.ts";
import { populationCsvSink } from "../../io/records/populationCsv.ts";
import { sonataSink } from "../../io/records/sonataSink.ts";
import type { Network } from "../../model/network.ts";
import type { RecordHeader, SeriesInfo, Sink } from "../../sim/records/sink.ts";
import { Chunks } from "../../sim/records/stages.ts";
import type { Output } from "../outputs.ts";
import type { Collected, Extent, Outlet } from "./collected.ts";
import type { RecordedValues, RecordPlan } from "./record.ts";
import type { ValueFile } from "./valueFiles.ts";

export interface Recorded {
  readonly net: Network;
  readonly seed: number;
  readonly plan: RecordPlan;
  readonly collected: Collected;
}
/** Spikes that are handed over at a time. */
const CHUNK = 2 ** 15;
const NONE = new Uint32Array(0);

/** Files of what comes from now on. Each has its name when the run has ended, and is `NAME.part` until then. */
export class Streams implements Outlet {
  readonly #sinks: Sink[] = [];
  readonly #spikes: Sink[] = [];
  readonly #nodes: readonly string[];
  /** By variable. */
  readonly #values: readonly Chunks[][];

  private constructor({ collected, plan }: Recorded) {
    this.#nodes = collected.recorded;
    this.#values = plan.values.map(() => []);
  }
  /** @throws {DataError} `write-failed`, then none of the files is there */
  static async open(
    recorded: Recorded,
    outputs: readonly Output<string>[],
    values: readonly ValueFile[],
  ): Promise<Streams> {
    const streams = new Streams(recorded);
    try {
      for (const { file, kind } of outputs) {
        if (kind === "spikes") streams.#openSpikes(await sonataSink(file), recorded);
        else if (kind === "table") streams.#openSpikes(await populationCsvSink(file), recorded);
      }
      for (const { file, format, what, k } of values)
        if (what === "values")
          streams.#openValues(await (format === "spikes" ? sonataSink(file) : csvSink(file)), k, recorded);
    } catch (error) {
      await streams.abandon({ keep: false });
      throw error;
    }
    return streams;
  }
  #openSpikes(sink: Sink, recorded: Recorded): void {
    sink.begin(
      headerOf(
        recorded,
        this.#nodes.map((node) => spikeInfo(recorded, node)),
      ),
    );
    this.#sinks.push(sink);
    this.#spikes.push(sink);
  }
  #openValues(sink: Sink, k: number, recorded: Recorded): void {
    const info = valueInfo(recorded, recorded.plan.values[k]!);
    sink.begin(headerOf(recorded, [info]));
    this.#sinks.push(sink);
    const write = (ticks: Float64Array, values: Float64Array): void =>
      sink.write({ series: 0, ticks, values, indices: NONE, samples: NONE });
    this.#values[k]!.push(new Chunks(info.columns, write));
  }

  spikes(node: string, ticks: Float64Array, indices: Uint32Array): void {
    const series = this.#nodes.indexOf(node);
    for (let from = 0; from < ticks.length; from += CHUNK) {
      const [some, neurons] = [ticks.subarray(from, from + CHUNK), indices.subarray(from, from + CHUNK)];
      const chunk = { series, ticks: some, indices: neurons, samples: new Uint32Array(some.length) };
      for (const sink of this.#spikes) sink.write({ ...chunk, values: new Float64Array(0) });
    }
  }
  sample(k: number, tick: number, row: ArrayLike<number>): void {
    for (const chunks of this.#values[k]!) chunks.push(tick, row);
  }

  /** Writes what waits, and gives the files their names. */
  async finish(): Promise<void> {
    for (const chunks of this.#values.flat()) chunks.finish();
    for (const sink of this.#sinks) await sink.finish();
  }
  /** @param options `keep`: what has been written stays, as `NAME.part` */
  async abandon(options: { readonly keep: boolean }): Promise<void> {
    for (const sink of this.#sinks) await sink.abandon?.(options);
  }
}

/** That of a file of its own. */
export function headerOf({ net, seed, collected: { extent } }: Recorded, series: readonly SeriesInfo[]): RecordHeader {
  const engine = extent.whole ? "clocked" : "exact";
  return { network: net.name, engine, seed, samples: 1, tick: extent.tick, series };
}
const ALWAYS = { offset: 0, windows: [[0, Number.POSITIVE_INFINITY]] } as const;

const spikeInfo = ({ net }: Recorded, node: string): SeriesInfo => {
  const { size } = net.populations[node]!;
  return { ...ALWAYS, name: node, kind: "spikes", shape: "events", of: node, size, columns: 1, every: 0 };
};
function valueInfo(
  { net, collected: { extent } }: Recorded,
  { node, variable, neurons, every }: RecordedValues,
): SeriesInfo {
  const { model, size } = net.populations[node] ?? { size: net.transforms[node]!.size };
  const found = [...(model?.variables ?? []), ...(model?.subexpressions ?? [])].find((v) => v.name === variable);
  const of = `${node}.${variable}`;
  return {
    ...ALWAYS,
    name: of,
    kind: "variable",
    shape: "rows",
    of,
    size,
    columns: neurons.length,
    every: every * ticksOfStep(net, extent),
    ...(found && { unit: formatDimension(found.dimension) }),
    ...(neurons.length < size && { elements: Uint32Array.from(neurons) }),
  };
}
const ticksOfStep = ({ dt }: Network, { whole, tick }: Extent): number => (whole ? 1 : dt / tick);
