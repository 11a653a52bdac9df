/** Spikes of several populations in one CSV file, one population after the other, written while the run goes on. */
import { syncFileSystem } from "../../base/node.ts";
import type { RecordHeader, Sink } from "../../sim/records/sink.ts";
import { type AppendFile, appending, partOf } from "./appendFile.ts";
import { timesOf } from "./ticks.ts";

/** Bytes that are copied at a time. */
const PIECE = 2 ** 20;

/**
 * Columns `population`, `neuron` and `time` (s). While the run goes on each population has a file of its own: the first
 * `PATH.part`, the second `PATH.2.part` and so on, which make the whole one after another.
 *
 * @returns a sink whose result are the names of the files
 * @throws {DataError} `write-failed`; {RunError} `unsupported` in a page
 */
export async function populationCsvSink(path: string): Promise<Sink<string[]>> {
  const [open, fs] = await Promise.all([appending(path), syncFileSystem(path)]);
  const nameOf = (k: number): string => (k === 0 ? path : `${path}.${k + 1}`);
  const files: AppendFile[] = [];
  let nodes: string[] = [];
  let time: (ticks: number) => number = (x) => x;
  const abandon = (options: { readonly keep: boolean }): void => {
    for (const file of files) file.abandon(options);
  };
  /** Puts a later population behind the first. */
  const move = (k: number): void => {
    files[k]!.close();
    const from = fs.openSync(partOf(nameOf(k)), "r");
    try {
      const piece = new Uint8Array(PIECE);
      for (let count: number; (count = fs.readSync(from, piece)) > 0; ) files[0]!.append(piece.subarray(0, count));
    } finally {
      fs.closeSync(from);
    }
  };
  return {
    begin: ({ series, tick }: RecordHeader) => {
      nodes = series.map((s) => s.of);
      time = timesOf(tick);
      try {
        for (let k = 0; k < Math.max(1, nodes.length); k++) files.push(open(nameOf(k)));
        files[0]!.append("population,neuron,time\n");
      } catch (error) {
        abandon({ keep: false });
        throw error;
      }
    },
    write: ({ series, ticks, indices }) => {
      let text = "";
      for (let k = 0; k < ticks.length; k++) text += `${nodes[series]},${indices[k]},${time(ticks[k]!)}\n`;
      files[series]!.append(text);
    },
    finish: async () => {
      for (let k = 1; k < files.length; k++) move(k);
      await files[0]!.finish();
      for (const file of files.slice(1)) file.abandon({ keep: false });
      return [path];
    },
    abandon,
  };
}
