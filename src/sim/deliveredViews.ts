/**
 * What the host sees of connections that are delivered by groups of delays. Their synapses lie in order of delay among
 * others of the same source; who they are is drawn again, and weights are looked up where each has been put.
 */
import type { Elements, Executable } from "../backend/backend.ts";
import { RunError } from "../base/errors.ts";
import { blockAt, cellWords, type Header, headerWords, headWords, QUAD, quadWords, segmentsOf } from "../ir/blocks.ts";
import type { Connection } from "../model/connection.ts";
import { countingSort } from "../model/connectivity/countingSort.ts";
import { MOST_UNITS } from "../model/storage.ts";
import type { Delivered, Table } from "./lower/delivery.ts";
import { slotNumbers, tableBuffers } from "./lower/deliveryTables.ts";
import { type Drawn, drawnOf } from "./lower/drawn.ts";
import type { Lowered } from "./lower/lower.ts";
import { WeightCells } from "./lower/weightCells.ts";

/** What each synapse has a number of. */
export const ownOf = (c: Connection, l: Lowered): ReadonlySet<string> =>
  new Set(c.procedural || tableOf(c, l).table.weight === "one" ? [] : ["w"]);

/** As they were drawn for the program: what counted their rows then is gone. */
const drawnAgain = (c: Connection, { context: { net, options } }: Lowered): Drawn =>
  drawnOf(c, { net, options: { seed: options.seed } });

/** The table of a connection, and the number of the row there that its first source has. */
function tableOf(c: Connection, { context }: Lowered): { table: Table; own: Delivered; first: number } {
  for (const table of context.delivery.tables)
    for (const { connections, first } of table.sources) {
      const own = connections.find((d) => d.connection.name === c.name);
      if (own) return { table, own, first };
    }
  throw new Error(`connection ${c.name} is in no table`);
}

/** All synapses, in order of source, then of target; copies. */
export const deliveredViews = (x: Executable, l: Lowered, c: Connection): Readonly<Record<string, Elements>> =>
  viewsOf(c, drawnAgain(c, l), weightsOf(x, l, c));
/** The same of rows that are not stored: they are drawn once more. */
export function drawnViews(l: Lowered, c: Connection): Readonly<Record<string, Elements>> {
  const drawn = drawnAgain(c, l);
  return viewsOf(c, drawn, drawnNumbers(l, drawn));
}
function viewsOf(c: Connection, { rows, steps }: Drawn, w: Float64Array): Readonly<Record<string, Elements>> {
  const target = new Uint32Array(rows.count);
  rows.fill(target);
  const source = new Uint32Array(rows.count);
  for (let r = 0; r + 1 < rows.start.length; r++) source.fill(r, rows.start[r], rows.start[r + 1]);
  return {
    source,
    target,
    w,
    ...(c.delays && { delay: Int32Array.from({ length: rows.count }, (_, k) => steps.at(k)) }),
  };
}

const roundOf = (l: Lowered): ((w: number) => number) => (l.context.type === "f32" ? Math.fround : (w) => w);
function drawnNumbers(l: Lowered, { rows, weights }: Drawn): Float64Array {
  const round = roundOf(l);
  return Float64Array.from({ length: rows.count }, (_, k) => round(weights.at(k)));
}
/** The weights that are delivered, rounded as the network's numbers are. */
export function weightsOf(x: Executable, l: Lowered, c: Connection): Float64Array {
  if (c.procedural) return drawnNumbers(l, drawnAgain(c, l));
  const round = roundOf(l);
  const { table } = tableOf(c, l);
  const cells = new WeightCells(x.array(tableBuffers(table).rows) as Uint32Array, table);
  const out = new Float64Array(drawnAgain(c, l).rows.count);
  eachWeight(x, l, c, (k, at, lane) => (out[k] = round(cells.read(at, lane))));
  return out;
}

/**
 * Returns whether any differs from what is there.
 * @throws {RunError} `out-of-range` for what the units of a narrow storage do not reach; nothing is written then
 */
export function writeWeights(x: Executable, l: Lowered, c: Connection, w: ArrayLike<number>): boolean {
  const { table } = tableOf(c, l);
  const now = weightsOf(x, l, c);
  if (now.every((value, k) => Object.is(value, w[k]))) return false;
  if (table.weight === "i8" || table.weight === "i16") {
    const most = table.unit! * MOST_UNITS[table.weight];
    for (let k = 0; k < w.length; k++)
      if (!(Math.abs(w[k]!) <= most * (1 + 1e-6)))
        throw new RunError(
          "out-of-range",
          `synapses ${c.name}[${k}].w`,
          `stored as ${table.weight}, weights reach from ${-most} to ${most}; got ${w[k]}`,
        );
  }
  const cells = new WeightCells(x.array(tableBuffers(table).rows) as Uint32Array, table);
  eachWeight(x, l, c, (k, at, lane) => cells.write(at, lane, w[k]!));
  return true;
}

/** Synapses of a connection, if it is delivered by groups of delays. */
export function synapsesDelivered(l: Lowered, name: string): number | undefined {
  const c = l.net.connections.find((x) => x.name === name);
  return c && l.context.delivery.delivered.has(name) ? drawnAgain(c, l).rows.count : undefined;
}
/** Weights as they were drawn or given. */
export function drawnWeights(l: Lowered, c: Connection): Float64Array {
  const { rows, weights } = drawnAgain(c, l);
  return Float64Array.from({ length: rows.count }, (_, k) => weights.at(k));
}

/** Calls `visit` for each synapse of a connection with the place of its weight: the first word of its quad's, and the lane. */
function eachWeight(
  x: Executable,
  l: Lowered,
  c: Connection,
  visit: (k: number, at: number, lane: number) => void,
): void {
  const { table, own, first: firstRow } = tableOf(c, l);
  const { parts } = l.context;
  const { rows, steps } = drawnAgain(c, l);
  const blocks = new Blocks(x, table, l.sources.delivery.get(table.name)!.header, parts);
  const slotOf = slotNumbers(table);
  const slots = table.groups.length * table.ring.group;
  const target = new Uint32Array(rows.count);
  rows.fill(target);
  for (let r = 0; r + 1 < rows.start.length; r++) {
    const first = rows.start[r]!;
    const keys = Int32Array.from({ length: rows.start[r + 1]! - first }, (_, i) => {
      const slot = slotOf(own.age - table.age + steps.at(first + i) - c.delay);
      return Math.floor(target[first + i]! / own.width) * slots + slot;
    });
    const { order } = countingSort(keys, parts * slots);
    let n = 0;
    blocks.each(firstRow + r, own, (at, lane) => visit(first + order[n++]!, at, lane));
    if (n !== keys.length)
      throw new Error(`table ${table.name}: ${n} synapses of ${c.name} in row ${r}, not ${keys.length}`);
  }
}

/** The blocks of a table, as they lie in memory. */
class Blocks {
  readonly #table: Table;
  readonly #header: Header;
  readonly #parts: number;
  readonly #words: Uint32Array;
  readonly #half: Uint16Array;
  readonly #heads: Elements;

  constructor(x: Executable, table: Table, header: Header, parts: number) {
    const { rows, heads } = tableBuffers(table);
    this.#table = table;
    this.#header = header;
    this.#parts = parts;
    this.#words = x.array(rows) as Uint32Array;
    this.#half = new Uint16Array(this.#words.buffer, this.#words.byteOffset, 2 * this.#words.length);
    this.#heads = x.array(heads);
  }

  /** Where the weights of a connection's synapses in row r are, in their order in the blocks. */
  each(r: number, { first, width }: Delivered, take: (at: number, lane: number) => void): void {
    const { narrow } = this.#header;
    const { ring, weight } = this.#table;
    const [head, size] = [headerWords(this.#header), quadWords(narrow, weight)];
    for (let p = 0; p < this.#parts; p++) {
      const block = blockAt(this.#header, this.#heads, (r * this.#parts + p) * headWords(this.#header));
      const segments = segmentsOf(this.#header);
      const quads = narrow ? this.#half[2 * block + segments]! : this.#words[block + segments]!;
      for (let k = 0; k < QUAD * quads; k++) {
        const [word, lane] = [block + head + (k >> 2) * size, k & 3];
        const cell = narrow ? this.#half[2 * word + lane]! : this.#words[word + lane]! % ring.cells;
        if (cell >= first && cell < first + width) take(word + cellWords(narrow), lane);
      }
    }
  }
}
