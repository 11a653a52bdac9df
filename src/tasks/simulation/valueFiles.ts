/**
 * Variables and weights that were asked for, in files beside those of the spikes: `run.h5` has `run.e.v.h5` beside it, a report
 * as SONATA has them, and `run.csv` has `run.e.v.csv`.
 */
import { UsageError } from "../../base/errors.ts";
import { csvSink } from "../../io/records/csvSink.ts";
import { sonataSink } from "../../io/records/sonataSink.ts";
import type { SynapseEnds } from "../../sim/records/plan.ts";
import type { Output } from "../outputs.ts";
import type { Looked } from "./document.ts";
import type { RecordedSynapses, RecordedValues, RecordPlan } from "./record.ts";
import { headerOf, type Recorded } from "./streams.ts";

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

/** Writes what was looked at of synapses, one file after the other. @throws {DataError} `write-failed` */
export async function writeSynapses(
  files: readonly ValueFile[],
  looked: readonly Looked[],
  recorded: Recorded,
  endsOf: (connection: string) => SynapseEnds | undefined,
): Promise<void> {
  for (const { file, format, what, k } of files)
    if (what === "synapses") await write(file, format, looked[k]!, { ...recorded, endsOf });
}
/** Two rows: from the beginning and from the end. */
async function write(
  file: string,
  format: ValueFile["format"],
  { of: { connection, variable }, before, after }: Looked,
  recorded: Recorded & { readonly endsOf: (connection: string) => SynapseEnds | undefined },
): Promise<void> {
  const { done } = recorded.collected;
  const size = after?.length ?? 0;
  const ends = recorded.endsOf(connection);
  const sink = await (format === "spikes" ? sonataSink(file) : csvSink(file));
  sink.begin(
    headerOf(recorded, [
      {
        name: `${connection}.${variable}`,
        kind: "synapses",
        shape: "rows",
        of: connection,
        variable,
        size,
        columns: size,
        ...(ends?.target.length === size && {
          source: Uint32Array.from({ length: size }, (_, k) => ends.source[k]!),
          target: Uint32Array.from({ length: size }, (_, k) => ends.target[k]!),
        }),
        every: done || 1,
        offset: 0,
        windows: [[0, Number.POSITIVE_INFINITY]],
      },
    ]),
  );
  const none = new Uint32Array(0);
  for (const [tick, values] of [
    [0, before],
    [done, after],
  ] as const)
    if (values)
      sink.write({
        series: 0,
        ticks: Float64Array.of(tick),
        values: Float64Array.from(values),
        indices: none,
        samples: none,
      });
  await sink.finish();
}
