/**
 * Variables and weights that were asked for, in files beside those of the spikes: `run.h5` has `run.e.v.h5` beside it, a report
 * as SONATA has them, and `run.csv` has `run.e.v.csv`.
 */
import { formatDimension } from "../../base/dimension.ts";
import { UsageError } from "../../base/errors.ts";
import { csvSink } from "../../io/records/csvSink.ts";
import { sonataSink } from "../../io/records/sonataSink.ts";
import type { Network } from "../../model/network.ts";
import type { RecordHeader, SeriesInfo } from "../../sim/records/sink.ts";
import type { Output } from "../outputs.ts";
import type { Collected, Trace } from "./collected.ts";
import type { Looked } from "./document.ts";
import type { RecordedSynapses, RecordedValues, RecordPlan } from "./record.ts";

/** A file of values: the k-th variable, or the k-th connection, of a plan. */
export interface ValueFile {
  readonly file: string;
  readonly format: "spikes" | "table";
  readonly what: "values" | "synapses";
  readonly k: number;
}

/** By what was recorded, without what files cannot be called by; a second record of the same name is numbered. */
function namesOf(all: readonly (RecordedValues | RecordedSynapses)[]): string[] {
  const names = all.map((x) => `${"node" in x ? x.node : x.connection}.${x.variable}`.replaceAll(/[^\w.-]+/g, "-"));
  return names.map((name, k) => {
    const before = names.slice(0, k).filter((n) => n === name).length;
    return before === 0 ? name : `${name}-${before + 1}`;
  });
}

/**
 * Those that come with files of spikes.
 *
 * @param asked what was asked for by name: a page may show more
 * @throws {UsageError} for one that is also written as something else
 */
export function valueFilesOf(outputs: readonly Output<string>[], { values, synapses }: RecordPlan): ValueFile[] {
  const names = namesOf([...values, ...synapses]);
  const files = outputs.flatMap(({ file, kind }) =>
    kind !== "spikes" && kind !== "table"
      ? []
      : names.map((name, at): ValueFile => {
          const isValue = at < values.length;
          const k = isValue ? at : at - values.length;
          return { file: beside(file, name), format: kind, what: isValue ? "values" : "synapses", k };
        }),
  );
  const twice = files.find(({ file }) => outputs.some((o) => o.file === file));
  if (twice) throw new UsageError("usage", twice.file, "--out names it, and what is recorded goes to this file too");
  return files;
}
/** Synapses that a line of CSV holds: some 100 MB of text. */
const MOST_COLUMNS = 5e6;
/** @param looked at synapses, in the plan's order @throws {UsageError} `out-of-range` for lines that are too long */
export function requireLines(files: readonly ValueFile[], looked: readonly (ArrayLike<number> | undefined)[]): void {
  const long = files.find(
    ({ format, what, k }) => format === "table" && what === "synapses" && (looked[k]?.length ?? 0) > MOST_COLUMNS,
  );
  if (long)
    throw new UsageError(
      "out-of-range",
      long.file,
      `would have a column for each of ${looked[long.k]!.length} synapses, and ${MOST_COLUMNS} is the most: let --out name an .h5`,
    );
}
function beside(path: string, name: string): string {
  const dot = path.lastIndexOf(".");
  return `${path.slice(0, dot)}.${name}${path.slice(dot)}`;
}

/** What has been run. */
export interface Ran {
  readonly net: Network;
  readonly seed: number;
  readonly collected: Collected;
  /** Synapses, in the plan's order. */
  readonly looked: readonly Looked[];
}
/** Writes them, one after the other. @throws {DataError} `write-failed` */
export async function writeValues(files: readonly ValueFile[], { net, seed, collected, looked }: Ran): Promise<void> {
  const { tick, whole } = collected.extent;
  for (const { file, format, what, k } of files) {
    const rows = what === "values" ? tracedRows(net, collected.traces[k]!) : weightRows(collected, looked[k]!);
    const sink = await (format === "spikes" ? sonataSink(file) : csvSink(file));
    const header: RecordHeader = {
      network: net.name,
      engine: whole ? "clocked" : "exact",
      seed,
      samples: 1,
      tick,
      series: [
        {
          name: `${rows.info.of}${what === "synapses" ? `.${rows.info.variable}` : ""}`,
          shape: "rows",
          offset: 0,
          windows: [[0, Number.POSITIVE_INFINITY]],
          ...rows.info,
        },
      ],
    };
    sink.begin(header);
    for (const [ticks, values] of rows.chunks())
      sink.write({ series: 0, ticks, values, indices: new Uint32Array(0), samples: new Uint32Array(0) });
    await sink.finish();
  }
}

interface Rows {
  readonly info: Pick<SeriesInfo, "kind" | "of" | "variable" | "unit" | "size" | "elements" | "columns" | "every">;
  /** Ticks and values, row by row. */
  chunks(): Iterable<readonly [ticks: Float64Array, values: Float64Array]>;
}

/** Numbers that are laid out at a time. */
const CHUNK = 2 ** 16;

function tracedRows(net: Network, { node, variable, neurons, ticks, columns }: Trace): Rows {
  const { model, size } = net.populations[node] ?? { size: net.transforms[node]!.size };
  const found = [...(model?.variables ?? []), ...(model?.subexpressions ?? [])].find((v) => v.name === variable);
  const [count, step] = [neurons.length, Math.max(1, Math.floor(CHUNK / neurons.length))];
  return {
    info: {
      kind: "variable",
      of: `${node}.${variable}`,
      size,
      columns: count,
      every: ticks.length > 1 ? ticks[1]! - ticks[0]! : 1,
      ...(found && { unit: formatDimension(found.dimension) }),
      ...(count < size && { elements: Uint32Array.from(neurons) }),
    },
    *chunks() {
      for (let from = 0; from < ticks.length; from += step) {
        const some = ticks.slice(from, from + step);
        yield [
          some,
          Float64Array.from(
            { length: some.length * count },
            (_x, at) => columns[at % count]![from + Math.floor(at / count)]!,
          ),
        ];
      }
    },
  };
}

/** At the beginning and at the end. */
function weightRows({ done }: Collected, { of: { connection, variable }, before, after }: Looked): Rows {
  const size = after?.length ?? 0;
  return {
    info: { kind: "synapses", of: connection, variable, size, columns: size, every: done || 1 },
    *chunks() {
      if (before) yield [Float64Array.of(0), Float64Array.from(before)];
      if (after) yield [Float64Array.of(done), Float64Array.from(after)];
    },
  };
}
