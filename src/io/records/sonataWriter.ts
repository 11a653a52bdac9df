/**
 * Series as SONATA has them: spikes in `/spikes/<population>/{timestamps, node_ids}`, sorted by time, and variables whose rows
 * are evenly spaced in `/report/<population>/{data, mapping}`. What SONATA knows nothing of lies beside them, in
 * `/records/<name>/{time, neuron}` or `{time, values}`; with `source` and `target` of synapses. Times are in ms.
 *
 * A spike of step k stands at k · dt. Whoever has written the file puts the sorting of spikes into it (`fillSortingsIn`).
 *
 * @see SONATA developer guide, "Spike file" and "Frame-oriented node element recordings"
 */
import type { Library } from "../../base/hdf5.ts";
import type { RecordChunk, RecordHeader, SeriesInfo } from "../../sim/records/sink.ts";
import { sortingRoom } from "../sonata/sorting.ts";
import type { UseFile } from "./hdf5Disk.ts";
import { timesOf } from "./ticks.ts";

type Group = InstanceType<Library["Group"]>;
type Dataset = InstanceType<Library["Dataset"]>;

/** Rows of a series, as a first look at all of them has found. */
export interface Spacing {
  readonly rows: number;
  readonly first: number;
  /** Ticks from one row to the next; undefined where they are not evenly spaced. */
  readonly step: number | undefined;
}

/** Takes the chunks of one series. */
interface Target {
  write(chunk: RecordChunk): void;
}

const MAGIC = 0x0a7a;
/** Numbers of an HDF5 chunk. */
const CHUNK = 2 ** 13;

/** Groups and attributes of a new file. */
export function beginSonata(use: UseFile): void {
  use((file) => {
    file.create_attribute("magic", MAGIC, [], "<I");
    file.create_attribute("version", Uint32Array.of(0, 1));
  });
}

/** Where a series goes. */
export function targetOf(use: UseFile, header: RecordHeader, info: SeriesInfo, spacing: Spacing | undefined): Target {
  if (info.kind === "spikes") return spikes(use, header, info);
  return isReport(info, spacing) ? report(use, header, info, spacing!) : record(use, header, info);
}

/** Whether a series is a report: one row at least, evenly spaced. */
const isReport = ({ kind }: SeriesInfo, spacing: Spacing | undefined): boolean =>
  kind === "variable" && spacing !== undefined && spacing.rows > 0 && spacing.step !== undefined;
export const populationOf = ({ of }: SeriesInfo): string => of.split(".")[0]!;

function groupIn(file: Group, path: readonly string[]): Group {
  return path.reduce((g, name) => (g.keys().includes(name) ? (g.get(name) as Group) : g.create_group(name)), file);
}

type Numbers = Float64Array | BigUint64Array;
/** A dataset that grows by rows. */
class Growing {
  readonly #set: Dataset;
  readonly #columns: number | undefined;
  #rows = 0;

  constructor(group: Group, name: string, empty: Numbers, columns?: number) {
    const rows = Math.max(1, Math.floor(CHUNK / (columns ?? 1)));
    this.#set = group.create_dataset({
      name,
      data: empty,
      shape: columns === undefined ? [0] : [0, columns],
      maxshape: columns === undefined ? [null] : [null, columns],
      chunks: columns === undefined ? [CHUNK] : [rows, columns],
    });
    this.#columns = columns;
  }
  get set(): Dataset {
    return this.#set;
  }
  append(data: Numbers, rows: number): void {
    const [from, to] = [this.#rows, this.#rows + rows];
    this.#set.resize(this.#columns === undefined ? [to] : [to, this.#columns]);
    this.#set.write_slice(this.#columns === undefined ? [[from, to]] : [[from, to], []], data);
    this.#rows = to;
  }
}

const milliseconds = ({ tick }: RecordHeader): ((ticks: number) => number) => timesOf(tick * 1000);
/** Entry by entry: a list of so many BigInts would lie on the heap. */
function wide(xs: ArrayLike<number>): BigUint64Array {
  const out = new BigUint64Array(xs.length);
  for (let k = 0; k < xs.length; k++) out[k] = BigInt(xs[k]!);
  return out;
}

function spikes(use: UseFile, header: RecordHeader, info: SeriesInfo): Target {
  const time = milliseconds(header);
  const [times, ids] = use((file) => {
    const group = groupIn(file, ["spikes", info.of]);
    const room = sortingRoom("by_time");
    group.create_attribute("sorting", room, [], `A${room.length}`);
    const timestamps = new Growing(group, "timestamps", new Float64Array(0));
    timestamps.set.create_attribute("units", "ms");
    return [timestamps, new Growing(group, "node_ids", new BigUint64Array(0))];
  });
  return {
    write: ({ ticks, indices }) =>
      use(() => {
        times.append(ticks.map(time), ticks.length);
        ids.append(wide(indices), indices.length);
      }),
  };
}

function report(use: UseFile, header: RecordHeader, info: SeriesInfo, { first, step, rows }: Spacing): Target {
  const time = milliseconds(header);
  const { columns, elements, offset, unit } = info;
  const nodes = elements ?? Uint32Array.from({ length: columns }, (_, k) => k);
  const data = use((file) => {
    const group = groupIn(file, ["report", populationOf(info)]);
    const mapping = group.create_group("mapping");
    mapping.create_dataset({ name: "node_ids", data: wide(nodes) });
    mapping.create_dataset({
      name: "index_pointers",
      data: wide(Uint32Array.from({ length: columns + 1 }, (_, k) => k)),
    });
    mapping.create_dataset({ name: "element_ids", data: new Uint32Array(columns) });
    const start = first + offset;
    const span = Float64Array.of(time(start), time(start + rows * step!), time(step!));
    const times = mapping.create_dataset({ name: "time", data: span });
    times.create_attribute("units", "ms");
    const values = new Growing(group, "data", new Float64Array(0), columns);
    if (unit !== undefined) values.set.create_attribute("units", unit);
    values.set.create_attribute("variable", info.of.slice(populationOf(info).length + 1));
    return values;
  });
  return { write: ({ ticks, values }) => use(() => data.append(values, ticks.length)) };
}

function record(use: UseFile, header: RecordHeader, info: SeriesInfo): Target {
  const time = milliseconds(header);
  const { columns, shape, offset } = info;
  const [times, data] = use((file) => {
    const group = groupIn(file, ["records", info.name]);
    for (const key of ["kind", "of", "variable"] as const)
      if (info[key] !== undefined) group.create_attribute(key, info[key]);
    for (const key of ["elements", "source", "target"] as const)
      if (info[key]) group.create_dataset({ name: key, data: wide(info[key]) });
    const moments = new Growing(group, "time", new Float64Array(0));
    moments.set.create_attribute("units", "ms");
    return [
      moments,
      shape === "events"
        ? new Growing(group, "neuron", new BigUint64Array(0))
        : new Growing(group, "values", new Float64Array(0), columns),
    ];
  });
  return {
    write: ({ ticks, indices, values }) =>
      use(() => {
        times.append(
          ticks.map((k) => time(k + offset)),
          ticks.length,
        );
        data.append(shape === "events" ? wide(indices) : values, ticks.length);
      }),
  };
}
