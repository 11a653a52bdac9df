/**
 * Tables of synapses in order of delay (`ir/blocks.ts`): one block a source and part of the targets, filled when the program
 * is loaded. Within a slot synapses keep their order: connection by connection, then of target, then as drawn, so that what
 * arrives at a neuron is added in one order, whatever the parts.
 */
import type { Elements } from "../../backend/backend.ts";
import {
  BLOCK_ALIGN,
  cellWords,
  type Header,
  headerWords,
  MOST_NARROW_CELLS,
  MOST_NARROW_QUADS,
  QUAD,
  quadWords,
  segmentsOf,
} from "../../ir/blocks.ts";
import type { BlockPlan, Weights } from "../mill/mill.ts";
import { RowWindow } from "../mill/rowWindow.ts";
import type { Context } from "./context.ts";
import type { Table } from "./delivery.ts";
import { type Drawn, drawnOf } from "./drawn.ts";
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
  const { header, words, wordsOf } = sizesOf(table, drawn, sources, c.parts);
  const plan = planOf(table, header, drawn, c.parts, wordsOf);
  c.drawn.push(plan);
  c.buffer(start, "i32", Math.max(1, sources * c.parts), "constant");
  c.filled(rows, "u32", words, "constant", (to, array, mill) => {
    if (mill) mill.blocks(plan, to as Uint32Array, array(start));
    else new TableFiller(table, plan).fill(to as Uint32Array, array(start));
  });
  if (table.unit !== undefined) c.constant(w, [table.unit]);
  return { header, words };
}

/** The form that takes less room, and how much. Each segment may end in a quad that is not full. */
function sizesOf(
  table: Table,
  drawn: readonly Drawn[],
  sources: number,
  parts: number,
): Blocks & Pick<BlockPlan, "wordsOf"> {
  const sizes = [true, false].map((narrow) => {
    const header = { narrow, groups: table.groups.length, group: table.ring.group };
    const quadsOf = (r: number): number => {
      const n = drawn.reduce((sum, { rows }) => sum + rows.start[r + 1]! - rows.start[r]!, 0);
      return Math.ceil((n + 3 * Math.min(n, parts * segmentsOf(header))) / QUAD);
    };
    const wordsOf = (r: number): number =>
      quadsOf(r) * quadWords(narrow, table.weight) + parts * (headerWords(header) + BLOCK_ALIGN - 1);
    let [words, most] = [0, 0];
    for (let r = 0; r < sources; r++) {
      words += wordsOf(r);
      most = Math.max(most, quadsOf(r));
    }
    return { header, words, most, wordsOf };
  });
  const [narrow, wide] = sizes as [(typeof sizes)[0], (typeof sizes)[0]];
  const fits = table.ring.cells <= MOST_NARROW_CELLS && narrow.most <= MOST_NARROW_QUADS;
  return fits && narrow.words <= wide.words ? narrow : wide;
}

/** The slot of each delay within a table's headers, by steps from the table's first. */
export function slotNumbers({ groups, ring }: Table): (steps: number) => number {
  const numbers = new Map(groups.map((g, k) => [g, k]));
  return (steps) => numbers.get(Math.floor(steps / ring.group))! * ring.group + (steps % ring.group);
}

function planOf(
  table: Table,
  header: Header,
  drawn: readonly Drawn[],
  parts: number,
  wordsOf: BlockPlan["wordsOf"],
): BlockPlan {
  const { ring, weight, age } = table;
  const slotOf = slotNumbers(table);
  const length = (table.groups.at(-1)! + 1) * ring.group;
  return {
    kernel: { kind: "fillBlocks", joined: drawn.length, cells: ring.cells, parts, weight, ...header },
    slots: Int32Array.from({ length }, (_, steps) => slotOf(steps) || 0),
    wordsOf,
    joins: table.connections.map(({ connection, age: own, first, width }, c) => ({
      ...{ rows: drawn[c]!.rows, steps: drawn[c]!.steps, weights: weightsOf(table, drawn[c]!) },
      ...{ first, width, before: own - age - connection.delay },
    })),
  };
}
function weightsOf({ weight: form, unit = 0 }: Table, { units, weights }: Drawn): Weights {
  if (form === "one") return { form: "none" };
  if (form === "i8" || form === "i16") return { form: "units", series: units(form, unit) };
  return { form: "numbers", series: weights };
}

/** The definition: one synapse after the other. */
class TableFiller {
  readonly #table: Table;
  readonly #plan: BlockPlan;
  readonly #slots: number;
  /** Of the row at hand: part and slot of each synapse, and its cell. */
  #keys: number[] = [];
  #cells: number[] = [];
  /** Of each part and slot: how many synapses there are, and then where the next one goes, in synapses of its block. */
  readonly #next: Int32Array;

  constructor(table: Table, plan: BlockPlan) {
    const { parts, groups, group } = plan.kernel;
    this.#table = table;
    this.#plan = plan;
    this.#slots = groups * group;
    this.#next = new Int32Array(parts * this.#slots);
  }

  fill(words: Uint32Array, start: Elements): void {
    const { joins, kernel } = this.#plan;
    const weights = new WeightCells(words, this.#table);
    const half = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);
    const windows = joins.map(({ rows }) => new RowWindow(rows));
    let end = 0;
    for (let r = 0; r + 1 < joins[0]!.rows.start.length; r++) {
      this.#sort(
        r,
        windows.map((w) => w.of(r, r + 1)),
      );
      for (let p = 0; p < kernel.parts; p++) {
        end = Math.ceil(end / BLOCK_ALIGN) * BLOCK_ALIGN;
        start[r * kernel.parts + p] = end;
        end = this.#beginBlock(p, end, words, half);
      }
      this.#put(r, words, half, start, weights);
    }
  }

  /** Finds part, slot and cell of each synapse of a row, and counts. */
  #sort(r: number, targets: readonly Uint32Array[]): void {
    const { joins, slots, kernel } = this.#plan;
    const rowLength = kernel.narrow ? 0 : kernel.cells;
    this.#next.fill(0);
    [this.#keys, this.#cells] = [[], []];
    joins.forEach(({ rows, steps, first, width, before }, c) => {
      targets[c]!.forEach((other, k) => {
        const part = Math.floor(other / width);
        const key = part * this.#slots + slots[before + steps.at(rows.start[r]! + k)]!;
        this.#keys.push(key);
        this.#cells.push(first + other - part * width + (key & (kernel.group - 1)) * rowLength);
        this.#next[key]!++;
      });
    });
  }

  /** Writes the header of a part's block and what fills up segments; from counts to places. Returns where the block ends. */
  #beginBlock(part: number, at: number, words: Uint32Array, half: Uint16Array): number {
    const { narrow, group, cells, weight } = this.#plan.kernel;
    const [head, size, next] = [at + headerWords(this.#plan.kernel), quadWords(narrow, weight), this.#next];
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
        if (narrow) half[2 * word + lane] = cells - QUAD + lane;
        else words[word + lane] = cells - QUAD + lane;
      }
    }
    return head + quads * size;
  }

  /** Puts synapses where they belong. */
  #put(r: number, words: Uint32Array, half: Uint16Array, start: Elements, weights: WeightCells): void {
    const { kernel, joins } = this.#plan;
    const { narrow, weight: form, parts } = kernel;
    const [head, size, own] = [headerWords(kernel), quadWords(narrow, form), cellWords(narrow)];
    let n = 0;
    for (const { rows, weights: drawn } of joins)
      for (let k = rows.start[r]!; k < rows.start[r + 1]!; k++, n++) {
        const key = this.#keys[n]!;
        const place = this.#next[key]!++;
        const word = start[r * parts + Math.floor(key / this.#slots)]! + head + (place >> 2) * size;
        if (narrow) half[2 * word + (place & 3)] = this.#cells[n]!;
        else words[word + (place & 3)] = this.#cells[n]!;
        if (drawn.form !== "none") weights.put(word + own, place & 3, drawn.series.at(k));
      }
  }
}
