/**
 * The Numenta Anomaly Benchmark: series of one number over time, with the windows in which something was wrong. Detectors
 * run over each series from its beginning; what they say during its probation is not scored.
 *
 * @see Lavin, Ahmad 2015, Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark, ICMLA
 */
import { hash64 } from "../../base/hash.ts";
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { isoDateOf } from "../format/cells.ts";
import { readCsv } from "../format/csv.ts";
import { columnOf } from "../format/table.ts";
import type { LocateOptions } from "../locate.ts";
import { fileNamed, readFolder, registered } from "./folder.ts";

/** First and last moment, ms since 1970 UTC. */
export type AnomalyWindow = readonly [from: number, to: number];

/** One series of the benchmark. */
export interface AnomalySeries {
  /** Folder and file, as in `realTraffic/speed_6005.csv`. */
  readonly name: string;
  /** Shape [steps]: ms since 1970; the set says no zone, and UTC is taken. */
  readonly times: Float64Array;
  /** Shape [steps], in the unit of the source. */
  readonly values: Float64Array;
  /** Moments that people marked, ms since 1970. */
  readonly anomalies: readonly number[];
  /** Windows about them, which detections are scored by. */
  readonly windows: readonly AnomalyWindow[];
  /** Shape [steps]: 1 inside a window. */
  readonly labels: Uint8Array;
  /** Steps at the beginning that are not scored: 15 %, at most 750. */
  readonly probation: number;
}
/** The Numenta anomaly benchmark. */
export interface AnomalyBenchmark {
  readonly name: string;
  readonly series: readonly AnomalySeries[];
  readonly source: string;
  readonly licence: string;
  /** `hash64` of all series and windows. */
  readonly digest: string;
}

const SET = registered("nab", {
  files: /^(data\/.*\.csv|labels\/combined_(windows|labels)\.json)$/,
  needs: "data/<folder>/<series>.csv and labels/combined_windows.json",
});

/** @throws {DataError} `missing-file` with the places searched or the series that lacks; else naming the file */
export async function nab(options: LocateOptions = {}): Promise<AnomalyBenchmark> {
  return nabDataset(await readFolder(SET, options));
}

/** The same of files that are at hand, as in a page. @throws {DataError} naming the file and what is wrong in it */
export async function nabDataset(files: readonly NamedBytes[]): Promise<AnomalyBenchmark> {
  const [windows, marks] = ["windows", "labels"].map((kind) =>
    labelled(fileNamed(SET.name, files, `labels/combined_${kind}.json`)),
  );
  const series: AnomalySeries[] = [];
  for (const [name, found] of windows!.entries) {
    const file = fileNamed(SET.name, files, `data/${name}`);
    series.push(await seriesOf(name, file, found.map(windows!.window), (marks!.of(name) ?? []).map(marks!.moment)));
  }
  return {
    name: SET.name,
    series,
    source: "Ahmad, Lavin, Purdy, Agha 2017, Neurocomputing 262; repository numenta/NAB, v1.1",
    licence: "MIT",
    digest: hash64(...series.flatMap((s) => [s.name, s.times, s.values, s.labels])),
  };
}

async function seriesOf(
  name: string,
  file: NamedBytes,
  windows: readonly AnomalyWindow[],
  anomalies: readonly number[],
): Promise<AnomalySeries> {
  const table = await readCsv(file, { header: true, kinds: { timestamp: "date", value: "number" } });
  const [times, values] = [columnOf(table, "timestamp", "date").values, columnOf(table, "value", "number").values];
  const bad = times.findIndex((time, k) => Number.isNaN(time) || !Number.isFinite(values[k]));
  if (bad >= 0) throw badFile(file.path, `row ${bad + 1}: has no time or no value`);
  const labels = Uint8Array.from(times, (time) => Number(windows.some(([from, to]) => time >= from && time <= to)));
  const probation = Math.min(Math.floor(0.15 * times.length), 750);
  return { name, times, values, anomalies, windows, labels, probation };
}

/** A file of labels: lists by series, each of moments or of pairs of them. */
function labelled(file: NamedBytes) {
  const refuse = (name: string, problem: string): Error => badFile(file.path, `${name}: ${problem}`);
  const entries = Object.entries(parse(file)).map(([name, list]) => {
    if (!Array.isArray(list)) throw refuse(name, "expected a list");
    return [name, list.map((item: unknown) => ({ name, item }))] as const;
  });
  const moment = ({ name, item }: { name: string; item: unknown }): number => {
    const time = typeof item === "string" ? isoDateOf(item) : undefined;
    if (time === undefined) throw refuse(name, `expected a moment YYYY-MM-DD HH:MM:SS, found ${JSON.stringify(item)}`);
    return time;
  };
  const window = ({ name, item }: { name: string; item: unknown }): AnomalyWindow => {
    if (!Array.isArray(item) || item.length !== 2) throw refuse(name, "expected a pair of moments");
    const [from, to] = [moment({ name, item: item[0] }), moment({ name, item: item[1] })];
    if (from > to) throw refuse(name, "a window ends before it begins");
    return [from, to];
  };
  return { entries, moment, window, of: (name: string) => new Map(entries).get(name) };
}

function parse({ path, bytes }: NamedBytes): object {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw badFile(path, `is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badFile(path, "expected an object");
  return value;
}
