/**
 * Tables of synapses in order of delay (`ir/blocks.ts`): one block a source and part of the targets, filled when the program
 * is loaded, a few rows at a time. Within a slot synapses keep their order: connection by connection, then of target, then as
 * drawn, so that what arrives at a neuron is added in one order, whatever the parts.
 */
import type { Elements } from "../../backend/backend.ts";
import {
  cellWords,
  type Header,
  headerWords,
  MOST_NARROW_CELLS,
  MOST_NARROW_QUADS,
  QUAD,
  quadWords,
  segmentsOf,
} from "../../ir/blocks.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { type Rows, rowsOf } from "../../model/connectivity/rows.ts";
import { drawing } from "../../model/initializer.ts";
import type { Context } from "./context.ts";
import { stepsDrawing } from "./delays.ts";
import type { Table } from "./delivery.ts";
import { WeightCells } from "./weightCells.ts";

export const tableBuffers = ({ name }: Table) => ({ rows: `${name}.rows`, start: `${name}.start`, w: `${name}.w` });

/** Who is at the other end of a connection's synapses, after how many steps, and with what weight. */
export interface Drawn {
  readonly rows: Rows;
  /** Of synapse k, in order of source, then of target. */
  readonly steps: (k: number) => number;
  readonly weight: (k: number) => number;
}
export function drawnOf(c: Connection, { net, options: { seed } }: Pick<Context, "net" | "options">): Drawn {
  const size = connectedSizes(net, c.from.node, c.to.node);
  const rows = rowsOf(c.connectivity, size, { name: c.name, seed });
  const weight = drawing(c.weight, rows.count, { name: `${c.name}.weight`, seed, fanIn: size.sources });
  const { origin } = rows;
  const given = c.weight.kind === "values" && origin;
  return {
    rows,
    steps: stepsDrawing(c, rows, { dt: net.dt, seed }),
    weight: given ? (k) => weight(given[k]!) : weight,
  };
}

/** Buffers of rings and tables; of each table, by name, the form of its blocks. */
export function makeDelivery(c: Context): Map<string, Header> {
  for (const { name, group, cells } of c.delivery.rings)
    c.buffer(name, c.type, c.options.samples * c.parts * group * cells, "work");
  return new Map(c.delivery.tables.map((table) => [table.name, makeTable(table, c)]));
}

function makeTable(table: Table, c: Context): Header {
  const { rows, start, w } = tableBuffers(table);
  const sources = c.size(table.source);
  const drawn = table.connections.map((d) => drawnOf(d.connection, c));
  const { header, words } = sizesOf(table, drawn, sources, c.parts);
  c.buffer(start, "i32", Math.max(1, sources * c.parts), "constant");
  c.filled(rows, "u32", words, "constant", (to, array) =>
    new TableFiller(table, header, drawn, c.parts).fill(to as Uint32Array, array(start)),
  );
  if (table.unit !== undefined) c.constant(w, [table.unit]);
  return header;
}

/** The form that takes less room, and how much. Each segment may end in a quad that is not full. */
function sizesOf(
  table: Table,
  drawn: readonly Drawn[],
  sources: number,
  parts: number,
): { header: Header; words: number } {
  const sizes = [true, false].map((narrow) => {
    const header = { narrow, groups: table.groups.length, group: table.ring.group };
    let [words, most] = [0, 0];
    for (let r = 0; r < sources; r++) {
      const n = drawn.reduce((sum, { rows }) => sum + rows.start[r + 1]! - rows.start[r]!, 0);
      const quads = Math.ceil((n + 3 * Math.min(n, parts * segmentsOf(header))) / QUAD);
      words += quads * quadWords(narrow, table.weight) + parts * (headerWords(header) + ALIGN - 1);
      most = Math.max(most, quads);
    }
    return { header, words, most };
  });
  const [narrow, wide] = sizes as [(typeof sizes)[0], (typeof sizes)[0]];
  const fits = table.ring.cells <= MOST_NARROW_CELLS && narrow.most <= MOST_NARROW_QUADS;
  return fits && narrow.words <= wide.words ? narrow : wide;
}
/** Words that blocks begin at multiples of. */
const ALIGN = 4;

/** The slot of each delay within a table's headers, by steps from the table's first. */
export function slotNumbers({ groups, ring }: Table): (steps: number) => number {
  const numbers = new Map(groups.map((g, k) => [g, k]));
  return (steps) => numbers.get(Math.floor(steps / ring.group))! * ring.group + (steps % ring.group);
}

/** Synapses that are drawn at a time, as a rule. */
const CHUNK = 2 ** 18;
/** Where lines belong to targets, each range of rows draws all of them. */
const LARGE_CHUNK = 2 ** 25;

class TableFiller {
  readonly #table: Table;
  readonly #header: Header;
  readonly #drawn: readonly Drawn[];
  readonly #parts: number;
  readonly #slots: number;
  /** Of the row at hand: part and slot of each synapse, and its cell. */
  #keys = new Int32Array(0);
  #cells = new Int32Array(0);
  /** Of each part and slot: how many synapses there are, and then where the next one goes. */
  readonly #next: Int32Array;

  constructor(table: Table, header: Header, drawn: readonly Drawn[], parts: number) {
    this.#table = table;
    this.#header = header;
    this.#drawn = drawn;
    this.#parts = parts;
    this.#slots = header.groups * header.group;
    this.#next = new Int32Array(parts * this.#slots);
  }

  fill(words: Uint32Array, start: Elements): void {
    const weights = new WeightCells(words, this.#table);
    const half = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);
    let end = 0;
    for (const { from, to, targets } of this.#chunks())
      for (let r = from; r < to; r++) {
        const count = this.#sort(r, from, targets);
        for (let p = 0; p < this.#parts; p++) {
          end = Math.ceil(end / ALIGN) * ALIGN;
          start[r * this.#parts + p] = end;
          end = this.#beginBlock(p, end, words, half);
        }
        this.#place(r, count, words, half, start, weights);
      }
  }

  /** Rows whose targets are drawn together. */
  *#chunks(): Generator<{ from: number; to: number; targets: readonly Uint32Array[] }> {
    const starts = this.#drawn.map((d) => d.rows.start);
    const sources = starts[0]!.length - 1;
    const most = this.#drawn.some((d) => d.rows.byTarget) ? LARGE_CHUNK : CHUNK;
    for (let from = 0; from < sources; ) {
      let to = from + 1;
      while (to < sources && starts.reduce((sum, s) => sum + s[to + 1]! - s[from]!, 0) <= most) to++;
      yield { from, to, targets: this.#drawn.map(({ rows }) => targetsOf(rows, from, to)) };
      from = to;
    }
  }

  /** Finds part, slot and cell of each synapse of a row, and counts. */
  #sort(r: number, from: number, targets: readonly Uint32Array[]): number {
    const { connections, age, ring } = this.#table;
    const slotOf = slotNumbers(this.#table);
    const slots = this.#slots;
    this.#next.fill(0);
    let n = 0;
    this.#drawn.forEach(({ rows, steps }, c) => {
      const { connection, age: own, first, width } = connections[c]!;
      const [begin, end, base] = [rows.start[r]!, rows.start[r + 1]!, rows.start[from]!];
      this.#reserve(n + end - begin);
      for (let k = begin; k < end; k++, n++) {
        const target = targets[c]![k - base]!;
        const part = Math.floor(target / width);
        const key = part * slots + slotOf(own - age + steps(k) - connection.delay);
        this.#keys[n] = key;
        this.#cells[n] = first + target - part * width + (this.#header.narrow ? 0 : (key % ring.group) * ring.cells);
        this.#next[key]!++;
      }
    });
    return n;
  }
  #reserve(length: number): void {
    if (length <= this.#keys.length) return;
    const [keys, cells] = [this.#keys, this.#cells];
    this.#keys = new Int32Array(2 * length);
    this.#cells = new Int32Array(2 * length);
    this.#keys.set(keys);
    this.#cells.set(cells);
  }

  /** Writes the header of a part's block and what fills up segments; from counts to places. Returns where the block ends. */
  #beginBlock(part: number, at: number, words: Uint32Array, half: Uint16Array): number {
    const { narrow, group } = this.#header;
    const { weight, ring } = this.#table;
    const [head, size, next] = [at + headerWords(this.#header), quadWords(narrow, weight), this.#next];
    const together = narrow ? 1 : group; // slots of a segment
    let quads = 0;
    for (let slot = 0; slot < this.#slots; slot += together) {
      let place = QUAD * quads;
      for (let k = part * this.#slots + slot; k < part * this.#slots + slot + together; k++) {
        const count = next[k]!;
        next[k] = place;
        place += count;
      }
      quads = Math.ceil(place / QUAD);
      const segment = slot / together + 1;
      if (narrow) half[2 * at + segment] = quads;
      else words[at + segment] = quads;
      for (let k = place; k < QUAD * quads; k++) {
        const [word, lane] = [head + (k >> 2) * size, k & 3];
        if (narrow) half[2 * word + lane] = ring.cells - QUAD + lane;
        else words[word + lane] = ring.cells - QUAD + lane;
      }
    }
    return head + quads * size;
  }

  /** Puts synapses where they belong. */
  #place(r: number, count: number, words: Uint32Array, half: Uint16Array, start: Elements, weights: WeightCells): void {
    const { narrow } = this.#header;
    const { weight } = this.#table;
    const [head, size, own] = [headerWords(this.#header), quadWords(narrow, weight), cellWords(narrow)];
    let n = 0;
    for (const { rows, weight: weightOf } of this.#drawn)
      for (let k = rows.start[r]!; k < rows.start[r + 1]!; k++, n++) {
        const key = this.#keys[n]!;
        const place = this.#next[key]!++;
        const word = start[r * this.#parts + Math.floor(key / this.#slots)]! + head + (place >> 2) * size;
        if (narrow) half[2 * word + (place & 3)] = this.#cells[n]!;
        else words[word + (place & 3)] = this.#cells[n]!;
        if (weight !== "one") weights.write(word + own, place & 3, weightOf(k));
      }
    if (n !== count) throw new Error(`table ${this.#table.name}: row ${r} has ${count} synapses, ${n} were placed`);
  }
}

function targetsOf(rows: Rows, from: number, to: number): Uint32Array {
  const out = new Uint32Array(rows.start[to]! - rows.start[from]!);
  rows.fill(out, from, to, rows.start[from]!);
  return out;
}
