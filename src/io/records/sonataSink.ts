/**
 * Records as SONATA's HDF5. The library cannot promise that a file it is writing is readable after a crash, so records go
 * into a log first, and the file is made of it when the recording has finished: in fixed memory, and under its name only when
 * it is whole.
 */
import { ModelError } from "../../base/errors.ts";
import { syncFileSystem } from "../../base/node.ts";
import type { RecordHeader, SeriesInfo, Sink } from "../../sim/records/sink.ts";
import { replaceFile } from "../file.ts";
import { fillSortingsIn } from "../sonata/sorting.ts";
import { partOf } from "./appendFile.ts";
import { writeHdf5 } from "./hdf5Disk.ts";
import { openLog, readLog } from "./log.ts";
import { beginSonata, populationOf, type Spacing, targetOf } from "./sonataWriter.ts";

/** Options of `sonataSink`. */
export interface SonataSinkOptions {
  /** Files of their own for records of variables, by the record's name; a file has room for one of each population. */
  readonly reports?: Readonly<Record<string, string>>;
}

/**
 * Writes spikes in SONATA's spike layout and variables in its report layout; what SONATA has no place for (rates, synapses,
 * moments of triggers, variables whose rows are not evenly spaced) goes to `/records/<name>` of the same file. While the run
 * goes on, records lie in `PATH.part`; `recoverSonata` makes the files of what a run that did not end has left.
 *
 * @returns a sink whose result are the names of the files
 * @throws {DataError} `write-failed`; {RunError} `unsupported` in a page
 */
export async function sonataSink(path: string, { reports = {} }: SonataSinkOptions = {}): Promise<Sink<string[]>> {
  const { sink, file } = await openLog(path);
  return {
    ...sink,
    begin: (header) => {
      checkHeader(header, reports);
      sink.begin(header);
    },
    finish: async () => {
      file().close();
      const { files } = await fromLog(path, reports);
      file().abandon({ keep: false });
      return files;
    },
  };
}

/**
 * Makes the files of a run that did not end, from the `PATH.part` that it has left, and removes that.
 *
 * @param path as `sonataSink` was given it
 * @returns the names of the files, and how many bytes at the end were lost: of what was being written
 * @throws {DataError} `missing-file`, `bad-file`, `write-failed`; then `PATH.part` is there still
 */
export async function recoverSonata(
  path: string,
  { reports = {} }: SonataSinkOptions = {},
): Promise<{ files: string[]; lost: number }> {
  const made = await fromLog(path, reports);
  const { rm } = await import("node:fs/promises");
  await rm(partOf(path));
  return made;
}

/** @throws {ModelError} for what a file has no room for, before anything runs */
function checkHeader({ samples, series }: RecordHeader, reports: Readonly<Record<string, string>>): void {
  if (samples > 1) throw new ModelError("unsupported", "sonata", `a file holds one trial, and there are ${samples}`);
  const unknown = Object.keys(reports).find((name) => !series.some((s) => s.name === name && s.kind === "variable"));
  if (unknown !== undefined)
    throw new ModelError("unknown-name", `sonata.reports.${unknown}`, "no record of a variable has this name");
  const places = series.map((s) => [s, placeOf(s, reports)] as const);
  for (const [k, [info, place]] of places.entries()) {
    const other = place && places.slice(0, k).find(([, p]) => p === place)?.[0];
    if (!other) continue;
    const remedy =
      info.kind === "spikes" ? "record all of them at once" : `name a file for it: reports: { ${info.name}: "…" }`;
    throw new ModelError(
      "duplicate-name",
      `records.${info.name}`,
      `a file has one place for ${info.kind === "spikes" ? "spikes" : "a report"} of '${populationOf(info)}', which '${other.name}' takes: ${remedy}`,
    );
  }
}
const placeOf = (info: SeriesInfo, reports: Readonly<Record<string, string>>): string | undefined =>
  info.kind === "spikes" || info.kind === "variable"
    ? `${info.kind} ${populationOf(info)} ${reports[info.name] ?? ""}`
    : undefined;

async function fromLog(
  path: string,
  reports: Readonly<Record<string, string>>,
): Promise<{ files: string[]; lost: number }> {
  const log = partOf(path);
  const { spacings, lost } = await look(log);
  const files = [...new Set([path, ...Object.values(reports)])];
  const fs = await syncFileSystem(path);
  for (const file of files)
    await replaceFile(file, async (temporary) => {
      let sorted = 0;
      await writeHdf5(file, temporary, async (use) => {
        let targets: (ReturnType<typeof targetOf> | undefined)[] = [];
        beginSonata(use);
        const begin = (header: RecordHeader): void => {
          const isHere = (info: SeriesInfo): boolean => (reports[info.name] ?? path) === file;
          sorted = header.series.filter((s) => isHere(s) && s.kind === "spikes").length;
          targets = header.series.map((s, k) => (isHere(s) ? targetOf(use, header, s, spacings[k]) : undefined));
        };
        await readLog(log, { begin, write: (chunk) => targets[chunk.series]?.write(chunk) });
      });
      if (sorted > 0) fillSortingsIn(fs, temporary, sorted);
    });
  return { files, lost };
}

/** How the rows of each series are spaced. */
async function look(log: string): Promise<{ spacings: Spacing[]; lost: number }> {
  let spacings: { rows: number; first: number; last: number; step: number | undefined }[] = [];
  const begin = ({ series }: RecordHeader): void => {
    spacings = series.map(({ every }) => ({ rows: 0, first: 0, last: 0, step: every }));
  };
  const lost = await readLog(log, {
    begin,
    write: ({ series, ticks }) => {
      const s = spacings[series]!;
      for (const tick of ticks) {
        if (s.rows === 0) s.first = tick;
        else if (s.step !== undefined && Math.abs(tick - s.last - s.step) > 1e-6 * s.step) s.step = undefined;
        s.last = tick;
        s.rows++;
      }
    },
  });
  return { spacings, lost };
}
