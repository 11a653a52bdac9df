/** Records as CSV: a line a spike or a row, written while the run goes on. */
import type { RecordChunk, RecordHeader, SeriesInfo, Sink } from "../../sim/records/sink.ts";
import { type AppendFile, appending } from "./appendFile.ts";
import { timesOf } from "./ticks.ts";

/**
 * Writes records to CSV files. Events have the columns `time` (s) and `neuron`, rows `time` and one for each neuron, such as
 * `e.v[3]`, or each synapse with its ends, such as `e>i.w[3] 0>17`; with several trials `trial` follows the time. One series goes to `path` itself, several go to files beside it,
 * with the series' name before the ending: `out.csv` becomes `out.spikes.csv`. Each is called `NAME.part` until the recording
 * has finished.
 *
 * @returns a sink whose result are the names of the files
 * @throws {DataError} `write-failed`; {RunError} `unsupported` in a page
 */
export async function csvSink(path: string): Promise<Sink<string[]>> {
  const open = await appending(path);
  const files: AppendFile[] = [];
  let paths: string[] = [];
  let lines: ((chunk: RecordChunk) => string)[] = [];
  const abandon: Sink["abandon"] = (options) => {
    for (const file of files) file.abandon(options);
  };
  return {
    begin: (header) => {
      const { series } = header;
      paths = series.map(({ name }) => (series.length === 1 ? path : beside(path, name)));
      lines = series.map((info) => linesOf(header, info));
      try {
        for (const [k, info] of series.entries()) {
          files.push(open(paths[k]!));
          files[k]!.append(headLine(header, info));
        }
      } catch (error) {
        abandon({ keep: false });
        throw error;
      }
    },
    write: (chunk) => files[chunk.series]!.append(lines[chunk.series]!(chunk)),
    finish: async () => {
      for (const file of files) await file.finish();
      return paths;
    },
    abandon,
  };
}

function beside(path: string, name: string): string {
  const ending = /\.[^./\\]*$/.exec(path)?.[0] ?? "";
  return `${path.slice(0, path.length - ending.length)}.${name}${ending}`;
}

const trial = ({ samples }: RecordHeader): string => (samples > 1 ? ",trial" : "");
const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function headLine(header: RecordHeader, info: SeriesInfo): string {
  const { shape, kind, of, variable, columns, elements, source, target } = info;
  if (shape === "events") return `time${trial(header)},neuron\n`;
  if (kind === "rate") return `time${trial(header)},${quoted(`${of}.rate`)}\n`;
  const name = variable === undefined ? of : `${of}.${variable}`;
  const ends = (k: number): string => (source && target ? ` ${source[k]}>${target[k]}` : "");
  const all = Array.from({ length: columns }, (_, k) => quoted(`${name}[${elements ? elements[k]! : k}]${ends(k)}`));
  return `time${trial(header)},${all.join(",")}\n`;
}

function linesOf(
  { samples, tick }: RecordHeader,
  { shape, columns, offset }: SeriesInfo,
): (chunk: RecordChunk) => string {
  const time = timesOf(tick);
  const of = (s: number): string => (samples > 1 ? `,${s}` : "");
  if (shape === "events")
    return ({ ticks, indices, samples: trials }) => {
      let text = "";
      for (let k = 0; k < ticks.length; k++) text += `${time(ticks[k]! + offset)}${of(trials[k]!)},${indices[k]}\n`;
      return text;
    };
  return ({ ticks, values }) => {
    let text = "";
    for (let k = 0; k < ticks.length; k++)
      for (let s = 0; s < samples; s++) {
        const from = (k * samples + s) * columns;
        text += `${time(ticks[k]! + offset)}${of(s)},${values.subarray(from, from + columns).join(",")}\n`;
      }
    return text;
  };
}
