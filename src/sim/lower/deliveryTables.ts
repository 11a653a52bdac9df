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
  headWords,
  MOST_NARROW_CELLS,
  MOST_NARROW_QUADS,
  QUAD,
  quadWords,
  segmentsOf,
  writeHead,
} from "../../ir/blocks.ts";
import type { BlockPlan, Mill, Weights } from "../mill/mill.ts";
import { RowWindow } from "../mill/rowWindow.ts";
import type { Context } from "./context.ts";
import { agesOf, isGiven, rowsOf, type Table, type TableSource } from "./delivery.ts";
import { type Drawn, drawnOf } from "./drawn.ts";
import { WeightCells } from "./weightCells.ts";

export const tableBuffers = ({ name }: Pick<Table, "name">) => ({
  rows: `${name}.rows`,
  heads: `${name}.heads`,
  w: `${name}.w`,
  visits: `${name}.visits`,
  due: `${name}.due`,
  dueCount: `${name}.due.count`,
});

/** The form of a table's blocks, and the room that there is for them. */
export interface Blocks {
  readonly header: Header;
  readonly words: number;
}

/**
 * The spikes of a table's populations, as numbers of rows, one list a step for as many steps as they are under way. Each part of
 * the targets has the same lists for itself, so that nobody waits for who makes them.
 */
export interface Due {
  readonly table: Table;
  /** Lists, a power of two; entries of each; and numbers between the lengths of two parts' lists. */
  readonly steps: number;
  readonly room: number;
  readonly apart: number;
}
/** Nothing where the host gives the spikes, or rows are drawn again for each. */
export function dueOf(table: Table, { net }: Context): Due | undefined {
  if (table.again || isGiven(table, net)) return undefined;
  const steps = 2 ** Math.ceil(Math.log2((agesOf(table).at(-1) ?? table.age) - table.age + 1));
  return { table, steps, room: rowsOf(table), apart: LINE * Math.ceil(steps / LINE) };
}
/** Numbers of a cache line. */
const LINE = 16;

/** The same in every part: of each buffer the numbers of one. */
export const dueBuffers = (c: Context): { readonly buffer: string; readonly stride: number }[] =>
  c.delivery.tables.flatMap((table) => {
    const due = dueOf(table, c);
    if (!due) return [];
    const { due: list, dueCount } = tableBuffers(table);
    const strides = [[list, due.steps * due.room] as const, [dueCount, due.apart] as const];
    return strides.map(([buffer, stride]) => ({ buffer, stride }));
  });
/** Buffers of rings and tables; of each table, by name, its blocks. */
export function makeDelivery(c: Context): Map<string, Blocks> {
  for (const { name, group, cells } of c.delivery.rings)
    c.buffer(name, c.type, c.options.samples * c.parts * group * cells, "work");
  return new Map(c.delivery.tables.filter((t) => !t.again).map((table) => [table.name, makeTable(table, c)]));
}

function makeTable(table: Table, c: Context): Blocks {
  const { rows, heads, w, due, dueCount } = tableBuffers(table);
  const drawn = table.sources.map((s) => s.connections.map((d) => drawnOf(d.connection, c)));
  const sizes = drawn.map((own, k) => sizesOf(table, own, table.sources[k]!.size, c.parts));
  const sum = (of: (forms: Forms) => Sizes): number => sizes.reduce((n, forms) => n + of(forms).words, 0);
  const narrow = sizes.every((s) => s.fits) && sum((s) => s.narrow) <= sum((s) => s.wide);
  let words = 0;
  const pieces = sizes.map((forms, k): FilledPiece => {
    const own = forms[narrow ? "narrow" : "wide"];
    const source = table.sources[k]!;
    const from = words;
    words += BLOCK_ALIGN * Math.ceil(own.words / BLOCK_ALIGN);
    return { plan: planOf(table, source, own, drawn[k]!, c.parts), from, words: own.words, source };
  });
  for (const { plan } of pieces) c.drawn.push(plan);
  const { header } = sizes[0]![narrow ? "narrow" : "wide"];
  c.buffer(heads, "u32", Math.max(1, rowsOf(table) * c.parts) * headWords(header), "constant");
  c.filled(rows, "u32", words, "constant", (to, array, mill) => {
    for (const piece of pieces) fillPiece(table, piece, to as Uint32Array, array(heads), c.parts, mill);
  });
  if (table.unit !== undefined) c.constant(w, [table.unit]);
  const lists = dueOf(table, c);
  if (lists) {
    c.buffer(due, "u32", c.options.samples * c.parts * lists.steps * lists.room, "work");
    c.buffer(dueCount, "i32", c.options.samples * c.parts * lists.apart, "work");
  }
  return { header, words };
}

/** Rows of one source, and where among the table's words there is room for them. */
interface FilledPiece {
  readonly plan: BlockPlan;
  readonly source: TableSource;
  readonly from: number;
  readonly words: number;
}
function fillPiece(
  table: Table,
  { plan, source, from, words }: FilledPiece,
  to: Uint32Array,
  heads: Elements,
  parts: number,
  mill: Mill | undefined,
): void {
  const own = to.subarray(from, from + words);
  const begins = new Int32Array(source.size * parts);
  if (mill) mill.blocks(plan, own, begins);
  else new TableFiller(table, plan).fill(own, begins);
  const stride = headWords(plan.kernel);
  begins.forEach((begin, k) => {
    const head = (source.first * parts + k) * stride;
    writeHead(plan.kernel, { words: own, at: begin, start: from + begin }, { heads, head });
  });
}

interface Sizes extends Blocks, Pick<BlockPlan, "wordsOf"> {}
interface Forms {
  readonly narrow: Sizes;
  readonly wide: Sizes;
  /** Whether narrow numbers reach. */
  readonly fits: boolean;
}
/** How much room the rows of a source take in either form. Each segment may end in a quad that is not full. */
function sizesOf(table: Table, drawn: readonly Drawn[], sources: number, parts: number): Forms {
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
  return { narrow, wide, fits };
}

/** The slot of each delay within a table's headers, by steps from the table's first. */
export function slotNumbers({ groups, ring }: Table): (steps: number) => number {
  const numbers = new Map(groups.map((g, k) => [g, k]));
  return (steps) => numbers.get(Math.floor(steps / ring.group))! * ring.group + (steps % ring.group);
}

function planOf(
  table: Table,
  { connections }: TableSource,
  { header, wordsOf }: Sizes,
  drawn: readonly Drawn[],
  parts: number,
): BlockPlan {
  const { ring, weight, age } = table;
  const slotOf = slotNumbers(table);
  const length = (table.groups.at(-1)! + 1) * ring.group;
  return {
    kernel: { kind: "fillBlocks", joined: drawn.length, cells: ring.cells, parts, weight, ...header },
    slots: Int32Array.from({ length }, (_, steps) => slotOf(steps) || 0),
    wordsOf,
    joins: connections.map(({ connection, age: own, first, width }, c) => ({
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
