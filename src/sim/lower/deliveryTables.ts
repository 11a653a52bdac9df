/**
 * Tables of synapses in order of delay (`ir/blocks.ts`): one block a source and part of the targets, filled when the program
 * is loaded, a few rows at a time. Within a slot synapses keep their order: connection by connection, then of target, then as
 * drawn, so that what arrives at a neuron is added in one order, whatever the parts.
 */
import type { Elements } from "../../backend/backend.ts";
import { plainWords, type WordSource } from "../../base/words.ts";
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
import type { Context } from "./context.ts";
import type { Table } from "./delivery.ts";
import { type Drawn, drawnOf, type Series } from "./drawn.ts";
import { WeightCells } from "./weightCells.ts";

export const tableBuffers = ({ name }: Table) => ({ rows: `${name}.rows`, start: `${name}.start`, w: `${name}.w` });

/** The form of a table's blocks, and the room that there is for them. */
export interface Blocks {
  readonly header: Header;
  readonly words: number;
}
/** Buffers of rings and tables; of each table, by name, its blocks. */
export function makeDelivery(c: Context): Map<string, Blocks> {
  for (const { name, group, cells } of c.delivery.rings)
    c.buffer(name, c.type, c.options.samples * c.parts * group * cells, "work");
  return new Map(c.delivery.tables.map((table) => [table.name, makeTable(table, c)]));
}

function makeTable(table: Table, c: Context): Blocks {
  const { rows, start, w } = tableBuffers(table);
  const sources = c.size(table.source);
  const drawn = table.connections.map((d) => drawnOf(d.connection, c));
  const { header, words } = sizesOf(table, drawn, sources, c.parts);
  c.buffer(start, "i32", Math.max(1, sources * c.parts), "constant");
  c.filled(rows, "u32", words, "constant", (to, array) =>
    new TableFiller(table, header, drawn, c.parts).fill(to as Uint32Array, array(start), c.words ?? plainWords()),
  );
  if (table.unit !== undefined) c.constant(w, [table.unit]);
  return { header, words };
}

/** The form that takes less room, and how much. Each segment may end in a quad that is not full. */
function sizesOf(table: Table, drawn: readonly Drawn[], sources: number, parts: number): Blocks {
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
const CHUNK = 2 ** 16;
/** Where lines belong to targets, each range of rows draws all of them, 4 bytes a synapse. */
const LARGE_CHUNK = 2 ** 24;

/** Somewhat more than is needed now, for rows differ. */
const roomFor = (count: number): number => count + Math.ceil(count / 8);
/** Room for the rows of one connection that are drawn together. */
class Room {
  #target = new Uint32Array(0);
  #steps = new Int32Array(0);
  #units = new Int32Array(0);
  #weights = new Float64Array(0);

  target(count: number): Uint32Array {
    if (this.#target.length < count) this.#target = new Uint32Array(roomFor(count));
    return this.#target.subarray(0, count);
  }
  steps(count: number): Int32Array {
    if (this.#steps.length < count) this.#steps = new Int32Array(roomFor(count));
    return this.#steps.subarray(0, count);
  }
  units(count: number): Int32Array {
    if (this.#units.length < count) this.#units = new Int32Array(roomFor(count));
    return this.#units.subarray(0, count);
  }
  weights(count: number): Float64Array {
    if (this.#weights.length < count) this.#weights = new Float64Array(roomFor(count));
    return this.#weights.subarray(0, count);
  }
}

/** Some rows of one connection: whole arrays, so that loops over them are plain. */
interface Chunk {
  /** The first synapse. */
  readonly begin: number;
  readonly target: Uint32Array;
  readonly steps: Int32Array;
  /** Weights, or whole numbers of the unit. */
  readonly weight: Int32Array | Float64Array;
}

class TableFiller {
  readonly #table: Table;
  readonly #header: Header;
  readonly #drawn: readonly Drawn[];
  readonly #parts: number;
  readonly #rooms: Room[] = [];
  readonly #units: Series<Int32Array>[] = [];
  readonly #slots: number;
  /** By steps from the first slot of the table. */
  readonly #slotOf: Int32Array;
  /** Of the row at hand: part and slot of each synapse, and its cell. */
  #keys = new Int32Array(0);
  #cells = new Int32Array(0);
  /** Of each part and slot: how many synapses there are, and then where the next one goes, in synapses of its block. */
  readonly #next: Int32Array;

  constructor(table: Table, header: Header, drawn: readonly Drawn[], parts: number) {
    const { group } = table.ring;
    this.#table = table;
    this.#header = header;
    this.#drawn = drawn;
    this.#parts = parts;
    this.#slots = header.groups * header.group;
    this.#next = new Int32Array(parts * this.#slots);
    const slotOf = slotNumbers(table);
    const length = (table.groups.at(-1)! + 1) * group;
    this.#slotOf = Int32Array.from({ length }, (_, steps) => slotOf(steps) || 0);
  }

  fill(words: Uint32Array, start: Elements, source: WordSource): void {
    const weights = new WeightCells(words, this.#table);
    const half = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);
    let end = 0;
    for (const { from, to, chunks } of this.#chunks(source))
      for (let r = from; r < to; r++) {
        const count = this.#sort(r, chunks);
        for (let p = 0; p < this.#parts; p++) {
          end = Math.ceil(end / ALIGN) * ALIGN;
          start[r * this.#parts + p] = end;
          end = this.#beginBlock(p, end, words, half);
        }
        this.#put(r, chunks, count, words, half, start, weights);
      }
  }

  /** Rows whose numbers are drawn together; where lines belong to targets, who the targets are is drawn for more at once. */
  *#chunks(source: WordSource): Generator<{ from: number; to: number; chunks: readonly Chunk[] }> {
    const sources = this.#drawn[0]!.rows.start.length - 1;
    const most = this.#drawn.some((d) => d.rows.byTarget) ? LARGE_CHUNK : CHUNK;
    for (const [first, last] of this.#ranges(0, sources, most)) {
      const targets = this.#drawn.map(({ rows }, n) => {
        const begin = rows.start[first]!;
        const target = this.#room(n).target(rows.start[last]! - begin);
        rows.fill(target, first, last, begin, source);
        return { begin, target };
      });
      for (const [from, to] of this.#ranges(first, last, CHUNK))
        yield { from, to, chunks: this.#drawn.map((d, n) => this.#chunk(d, n, [from, to], targets[n]!, source)) };
    }
  }
  /** Ranges of rows that have so many synapses at most, or of one row. */
  *#ranges(first: number, last: number, most: number): Generator<readonly [number, number]> {
    const starts = this.#drawn.map((d) => d.rows.start);
    for (let from = first; from < last; ) {
      let to = from + 1;
      while (to < last && starts.reduce((sum, s) => sum + s[to + 1]! - s[from]!, 0) <= most) to++;
      yield [from, to];
      from = to;
    }
  }
  #room(n: number): Room {
    return (this.#rooms[n] ??= new Room());
  }
  #chunk(
    { rows, steps, weights, units }: Drawn,
    n: number,
    [from, to]: readonly [number, number],
    all: { readonly begin: number; readonly target: Uint32Array },
    source: WordSource,
  ): Chunk {
    const [begin, end] = [rows.start[from]!, rows.start[to]!];
    const target = all.target.subarray(begin - all.begin, end - all.begin);
    const delays = this.#room(n).steps(end - begin);
    steps.into(delays, begin, source);
    return { begin, target, steps: delays, weight: this.#weights({ units, weights }, n, begin, end - begin, source) };
  }
  #weights(
    { units, weights }: Pick<Drawn, "units" | "weights">,
    n: number,
    begin: number,
    count: number,
    source: WordSource,
  ): Chunk["weight"] {
    const { weight: form, unit = 0 } = this.#table;
    const room = this.#room(n);
    if (form === "one") return room.units(0);
    if (form === "i8" || form === "i16") {
      const out = room.units(count);
      (this.#units[n] ??= units(form, unit)).into(out, begin, source);
      return out;
    }
    const out = room.weights(count);
    weights.into(out, begin, source);
    return out;
  }

  /** Finds part, slot and cell of each synapse of a row, and counts. */
  #sort(r: number, chunks: readonly Chunk[]): number {
    const { connections, age, ring } = this.#table;
    const [next, slots, slotOf] = [this.#next, this.#slots, this.#slotOf];
    const rowLength = this.#header.narrow ? 0 : ring.cells;
    next.fill(0);
    let n = 0;
    for (let c = 0; c < chunks.length; c++) {
      const { begin, target, steps } = chunks[c]!;
      const { connection, age: own, first, width } = connections[c]!;
      const { start } = this.#drawn[c]!.rows;
      const [from, to, before] = [start[r]! - begin, start[r + 1]! - begin, own - age - connection.delay];
      this.#reserve(n + to - from);
      const [keys, cells] = [this.#keys, this.#cells];
      for (let k = from; k < to; k++, n++) {
        const other = target[k]!;
        const part = (other / width) | 0;
        const key = part * slots + slotOf[before + steps[k]!]!;
        keys[n] = key;
        cells[n] = first + other - part * width + (key & (ring.group - 1)) * rowLength;
        next[key]!++;
      }
    }
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
  #put(
    r: number,
    chunks: readonly Chunk[],
    count: number,
    words: Uint32Array,
    half: Uint16Array,
    start: Elements,
    weights: WeightCells,
  ): void {
    const { narrow } = this.#header;
    const { weight: form } = this.#table;
    const [head, size, own] = [headerWords(this.#header), quadWords(narrow, form), cellWords(narrow)];
    const [next, keys, cells, slots, parts] = [this.#next, this.#keys, this.#cells, this.#slots, this.#parts];
    let n = 0;
    for (let c = 0; c < chunks.length; c++) {
      const { begin, weight } = chunks[c]!;
      const rows = this.#drawn[c]!.rows.start;
      for (let k = rows[r]! - begin; k < rows[r + 1]! - begin; k++, n++) {
        const key = keys[n]!;
        const place = next[key]!++;
        const word = start[r * parts + ((key / slots) | 0)]! + head + (place >> 2) * size;
        if (narrow) half[2 * word + (place & 3)] = cells[n]!;
        else words[word + (place & 3)] = cells[n]!;
        if (form !== "one") weights.put(word + own, place & 3, weight[k]!);
      }
    }
    if (n !== count) throw new Error(`table ${this.#table.name}: row ${r} has ${count} synapses, ${n} were placed`);
  }
}
