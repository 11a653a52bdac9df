/**
 * Draws the synapses of a network and lays them out, with all threads of a backend: some tens of thousands at a time, in a
 * program of its own (`millProgram.ts`), of which the host copies what was made into its place. What no kernel can draw (given
 * numbers, distances, conditions, what belongs to targets) the host does for each piece before. The numbers are those of
 * `Drawn`, one by one, whatever the threads and pieces.
 */
import type { Backend, Elements, Executable } from "../../backend/backend.ts";
import { loadProgram } from "../../backend/load.ts";
import { BLOCK_ALIGN, JOIN, JOIN_FIELDS } from "../../ir/blocks.ts";
import type { DrawnRows } from "../../ir/drawnRows.ts";
import { LOOK_AGAIN, LOOK_ASK } from "../../ir/lookUp.ts";
import type { Columns, Rows } from "../../model/connectivity/rows.ts";
import type { LookTable } from "../../model/quantile.ts";
import type { FloatLaw, Series, WholeLaw } from "../lower/drawn.ts";
import {
  ASKED,
  ASKED_NUMBERS,
  type Blocks,
  LAW,
  LAW_NUMBERS,
  LOOK_CELLS,
  type MillShape,
  millProgram,
  PIECE,
  PIECE_WORDS,
  type PieceField,
  ROWS,
  regionOf,
  startsOf,
} from "./millProgram.ts";
import { RowWindow } from "./rowWindow.ts";

/** What is to be built. */
export interface BlockPlan {
  readonly kernel: Blocks;
  readonly joins: readonly Join[];
  /** The slot of each number of steps; what `before` is added to. */
  readonly slots: Int32Array;
  /** Words that the blocks of a row may need. */
  wordsOf(row: number): number;
}
/** The synapses of one connection. */
export interface Join {
  readonly rows: Rows;
  readonly steps: Series<WholeLaw>;
  readonly weights: Weights;
  /** Of its cells in each part: the first, and how many. */
  readonly first: number;
  readonly width: number;
  readonly before: number;
}
export type Weights =
  | { readonly form: "none" }
  | { readonly form: "units"; readonly series: Series<WholeLaw> }
  | { readonly form: "numbers"; readonly series: Series<FloatLaw> };
export type Plan = BlockPlan | { readonly rows: Rows } | { readonly count: number; readonly series: Series<FloatLaw> };

export interface Mill extends Disposable {
  /** Targets of all rows that a kernel can draw. */
  targets(rows: Rows, to: Uint32Array): void;
  /** Numbers of all synapses. */
  numbers(series: Series<FloatLaw>, to: Elements): void;
  /** All blocks of a table, and where they begin. */
  blocks(plan: BlockPlan, to: Uint32Array, start: Elements): void;
}

/** Synapses of an area, as a rule, and of all areas; and the share of all synapses that areas have room for at most. */
const [AREA, ALL, SHARE] = [2 ** 15, 2 ** 20, 1 / 4];
/** Areas, as a rule, of a network that is small for its many threads. */
const AREAS = 64;

const isBlocks = (p: Plan): p is BlockPlan => "kernel" in p;
const rowsIn = (plans: readonly Plan[]): Rows[] =>
  plans.flatMap((p) => (isBlocks(p) ? p.joins.map((j) => j.rows) : "rows" in p ? [p.rows] : []));

/** Dispose of it when all has been built. */
export async function synapseMill(plans: readonly Plan[], backend: Backend): Promise<Mill> {
  const tables = plans.filter(isBlocks);
  const looked = new LookTables(tables);
  const all = rowsIn(plans);
  const longest = Math.max(0, ...all.map(longestOf), ...all.map(({ columns }) => columns?.degree ?? 0));
  const room = Math.min(ALL, SHARE * all.reduce((sum, { count }) => sum + count, 0));
  const area = 16 * Math.ceil(Math.max(longest + SPARE, Math.min(AREA, room / AREAS)) / 16);
  const joined = Math.max(1, ...tables.map((t) => t.joins.length));
  const pieces = Math.max(joined, Math.floor(room / area));
  let slots = 0;
  const weights = tables.flatMap((t) => t.joins.map((j) => j.weights.form));
  const shape: MillShape = {
    ...{ area, pieces, rows: ROWS, marks: Math.max(0, ...all.map(marksOf)) },
    units: weights.includes("units"),
    numbers: weights.includes("numbers") || plans.some((p) => "series" in p),
    ...{ cells: LOOK_CELLS * looked.tables.length, entries: looked.entries },
    tables: tables.map((t) => {
      const words = Math.max(4 * area, mostOfRows(t, t.wordsOf));
      const from = slots;
      slots += t.slots.length;
      return {
        ...{
          kernel: t.kernel,
          fills: Math.floor(pieces / t.joins.length),
          words: BLOCK_ALIGN * Math.ceil(words / BLOCK_ALIGN),
        },
        ...{ longest: longestTogether(t), slots: [from, slots] as const },
      };
    }),
  };
  return new CompiledMill(await loadProgram(backend, millProgram(shape)), shape, tables, looked);
}

/** Words with a bit for each other end, where those of a line are distinct. */
function marksOf({ drawn, columns }: Rows): number {
  const lines = drawn ?? columns?.drawn;
  return lines?.law.kind === "distinct" ? Math.ceil(lines.targets / 32) : 0;
}
const lengthOf = ({ start }: Rows, r: number): number => start[r + 1]! - start[r]!;
function mostOf(rows: number, of: (row: number) => number): number {
  let most = 0;
  for (let r = 0; r < rows; r++) most = Math.max(most, of(r));
  return most;
}
const longestOf = (rows: Rows): number => mostOf(rows.start.length - 1, (r) => lengthOf(rows, r));
const mostOfRows = ({ joins }: BlockPlan, of: (row: number) => number): number =>
  mostOf(joins[0]!.rows.start.length - 1, of);
const longestTogether = (t: BlockPlan): number =>
  mostOfRows(t, (r) => t.joins.reduce((sum, { rows }) => sum + lengthOf(rows, r), 0));

/** Tables of all laws, each once. */
class LookTables {
  readonly tables: LookTable[] = [];
  entries = 0;
  readonly #places = new Map<string, { cell: number; entry: number } | undefined>();

  constructor(tables: readonly BlockPlan[]) {
    for (const { steps, weights } of tables.flatMap((t) => t.joins)) {
      this.#add(steps.law);
      if (weights.form === "units") this.#add(weights.series.law);
    }
  }
  #add(law: WholeLaw | undefined): void {
    if (!law || this.#places.has(law.name)) return;
    const table = law.table();
    this.#places.set(law.name, table && { cell: LOOK_CELLS * this.tables.length, entry: this.entries });
    if (!table) return;
    this.tables.push(table);
    this.entries += table.bounds.length;
  }
  write(views: Views): void {
    let entry = 0;
    this.tables.forEach((t, k) => {
      views.cells!.set(t.cells, LOOK_CELLS * k);
      views.bounds!.set(t.bounds, entry);
      views.values!.set(t.values, entry);
      entry += t.bounds.length;
    });
  }
  placeOf(law: WholeLaw | undefined): { cell: number; entry: number } | undefined {
    return law && this.#places.get(law.name);
  }
}

/** Of the program's buffers, by name; those of tables only where there are some. */
type Views = Readonly<Record<string, Elements>>;
const PIECES = ["counts", "pieces", "laws", "asked", "starts", "target", "steps", "units", "numbers"];
const LOOKED = ["cells", "bounds", "values"];
const TABLES = ["out", "begin", "used", "fills", "joins", "slots"];

/** Some synapses of a connection, in order. */
interface Range {
  readonly first: number;
  readonly count: number;
}

class CompiledMill implements Mill {
  readonly #x: Executable;
  readonly #shape: MillShape;
  readonly #tables: readonly BlockPlan[];
  readonly #looked: LookTables;
  readonly #views: Views;
  #pieces = 0;
  /** What the host does when the pieces at hand have been drawn: first where kernels gave up. */
  #asked: (() => void)[] = [];
  #drawn: (() => void)[] = [];

  constructor(x: Executable, shape: MillShape, tables: readonly BlockPlan[], looked: LookTables) {
    this.#x = x;
    this.#shape = shape;
    this.#tables = tables;
    this.#looked = looked;
    const names = [...PIECES, ...LOOKED, ...(tables.length > 0 ? TABLES : [])];
    this.#views = Object.fromEntries(names.map((name) => [name, x.array(name)]));
    looked.write(this.#views);
    tables.forEach((t, k) => this.#view("slots").set(t.slots, shape.tables[k]!.slots[0]));
  }
  [Symbol.dispose](): void {
    this.#x.dispose();
  }

  targets(rows: Rows, to: Uint32Array): void {
    if (rows.columns) return this.#columns(rows, rows.columns, to);
    const { area, pieces } = this.#shape;
    for (let from = 0; from + 1 < rows.start.length; ) {
      const next = endOf([rows], from, area);
      const piece = this.#take();
      const range = this.#rows(piece, rows, undefined, from, next);
      this.#drawn.push(() => to.set(this.#part("target", piece * area, range.count), range.first));
      if (this.#pieces === pieces) this.#draw();
      from = next;
    }
    this.#draw();
  }

  /** As `Rows.fill`: all columns are drawn, and what belongs to the rows is put in its place. */
  #columns(rows: Rows, columns: Columns, target: Uint32Array, from = 0, to = rows.start.length - 1, before = 0): void {
    const { area, pieces } = this.#shape;
    const { count, degree } = columns;
    const next = rows.start.slice(from, to);
    const some = Math.min(ROWS, Math.floor((area - SPARE) / Math.max(1, degree)));
    for (let first = 0; first < count; first += some) {
      const last = Math.min(count, first + some);
      const piece = this.#take();
      const [starts, at] = [this.#view("starts"), piece * startsOf(this.#shape)];
      for (let k = 0; k <= last - first; k++) starts[at + k] = k * degree;
      this.#lines(piece, columns.drawn, first, last - first, false);
      this.#drawn.push(() => {
        const ends = this.#part("target", piece * area, (last - first) * degree);
        for (let n = 0, column = first; column < last; column++)
          for (let k = 0; k < degree; k++, n++) {
            const row = ends[n]!;
            if (row >= from && row < to) target[next[row - from]!++ - before] = column;
          }
      });
      if (this.#pieces === pieces) this.#draw();
    }
    this.#draw();
  }

  numbers(series: Series<FloatLaw>, to: Elements): void {
    const { area, pieces } = this.#shape;
    for (let first = 0; first < to.length; ) {
      const range = { first, count: Math.min(area - SPARE, to.length - first) };
      const piece = this.#take();
      this.#numbers(piece, series, range);
      const at = piece * area + skipOf(range);
      this.#drawn.push(() => to.set(this.#part("numbers", at, range.count), range.first));
      if (this.#pieces === pieces) this.#draw();
      first += range.count;
    }
    this.#draw();
  }

  blocks(plan: BlockPlan, to: Uint32Array, start: Elements): void {
    const t = this.#tables.indexOf(plan);
    const { fills, words } = this.#shape.tables[t]!;
    const windows = plan.joins.map(({ rows }) => this.#window(rows));
    const sources = plan.joins[0]!.rows.start.length - 1;
    let [from, end] = [0, 0];
    while (from < sources) {
      const made: (readonly [from: number, to: number])[] = [];
      // What a window draws, it draws with the areas that pieces then take.
      const last = Math.min(sources, ...windows.map((w) => w?.reach(from) ?? sources));
      for (; made.length < fills && from < last; from = made.at(-1)![1]) {
        const blocks = { wordsOf: plan.wordsOf, words };
        const next = Math.min(
          last,
          endOf(
            plan.joins.map((j) => j.rows),
            from,
            this.#shape.area,
            blocks,
          ),
        );
        this.#fill(t, made.length, [from, next], windows);
        made.push([from, next]);
      }
      this.#draw();
      this.#view("counts")[1] = made.length;
      this.#x.run(regionOf(t));
      made.forEach((rows, fill) => (end = this.#place(t, fill, rows, end, to, start)));
    }
  }

  /** Of rows that no kernel draws row by row. */
  #window(rows: Rows): RowWindow | undefined {
    const { drawn, columns } = rows;
    if (drawn) return undefined;
    if (!columns) return new RowWindow(rows);
    return new RowWindow(rows, (target, from, to, before) => this.#columns(rows, columns, target, from, to, before));
  }
  #view(name: string): Elements {
    return this.#views[name]!;
  }
  #part(name: string, from: number, count: number): Elements {
    return this.#view(name).subarray(from, from + count);
  }

  /** An area that nobody uses, with an empty record. */
  #take(): number {
    const piece = this.#pieces++;
    this.#part("pieces", piece * PIECE_WORDS, PIECE_WORDS).fill(0);
    this.#part("asked", piece * ASKED_NUMBERS, ASKED_NUMBERS).fill(0);
    return piece;
  }
  #set(piece: number, fields: Partial<Record<PieceField, number>>): void {
    const pieces = this.#view("pieces");
    for (const name in fields) pieces[piece * PIECE_WORDS + PIECE[name as PieceField]] = fields[name as PieceField]!;
  }
  #law(piece: number, numbers: Partial<Record<keyof typeof LAW, number>>): void {
    const laws = this.#view("laws");
    for (const name in numbers)
      laws[piece * LAW_NUMBERS + LAW[name as keyof typeof LAW]] = numbers[name as keyof typeof LAW]!;
  }
  #draw(): void {
    this.#view("counts")[0] = this.#pieces;
    this.#x.run("draw");
    for (const ask of this.#asked) ask();
    for (const take of this.#drawn) take();
    [this.#asked, this.#drawn, this.#pieces] = [[], [], 0];
  }

  #rows(piece: number, { start, drawn }: Rows, window: RowWindow | undefined, from: number, to: number): Range {
    const [starts, at, first] = [this.#view("starts"), piece * startsOf(this.#shape), start[from]!];
    for (let r = from; r <= to; r++) starts[at + r - from] = start[r]! - first;
    if (!drawn) this.#view("target").set(window!.of(from, to), piece * this.#shape.area);
    else this.#lines(piece, drawn, from, to - from, drawn.law.kind !== "trials");
    return { first, count: start[to]! - first };
  }
  #lines(piece: number, drawn: DrawnRows, firstRow: number, n: number, sorts: boolean): void {
    const { law, targets, notItself, seed, stream } = drawn;
    const line = { firstRow, targets, notItself: Number(notItself), rowSeed: seed, rowStream: stream };
    this.#set(piece, { ...line, [law.kind]: n, ...(sorts && { sorted: n }) });
    if (law.kind === "trials") this.#law(piece, { factor: law.factor });
  }
  #steps(piece: number, series: Series<WholeLaw>, range: Range): void {
    if (series.all !== undefined) return;
    const place = this.#looked.placeOf(series.law);
    if (!place) return this.#oneByOne("steps", piece, series, range);
    const { seed, stream } = series.law!;
    const words = { stepBlock: blockOf(range), stepBlocks: blocksOf(range), stepSeed: seed, stepStream: stream };
    const looked = { stepFirst: range.first, stepCell: place.cell, stepEntry: place.entry };
    this.#set(piece, { ...words, ...looked, stepSkip: skipOf(range), steps: range.count });
    this.#ask("steps", piece, series, range);
  }
  #units(piece: number, series: Series<WholeLaw>, range: Range): void {
    const place = this.#looked.placeOf(series.law);
    if (!place) return this.#oneByOne("units", piece, series, range);
    const looked = { weightFirst: range.first, weightCell: place.cell, weightEntry: place.entry };
    this.#set(piece, { ...weightWords(series.law!, range), ...looked, weightSkip: skipOf(range), units: range.count });
    this.#ask("units", piece, series, range);
  }
  #numbers(piece: number, series: Series<FloatLaw>, range: Range): void {
    const { law } = series;
    if (!law) return this.#oneByOne("numbers", piece, series, range);
    const { offset, scale, low, high, of, outside } = law;
    this.#law(piece, { offset, scale, low, high });
    const again = of === "normal" && outside === "again";
    const n = skipOf(range) + range.count;
    this.#set(piece, { ...weightWords(law, range), ...(again ? { normalAgain: n } : { [of]: n }) });
    if (again) this.#asked.push(() => this.#mend("numbers", piece, series, range, Number.isNaN));
  }

  #oneByOne(name: string, piece: number, { at }: Series<unknown>, range: Range): void {
    const [view, from] = [this.#view(name), piece * this.#shape.area + skipOf(range)];
    for (let k = 0; k < range.count; k++) view[from + k] = at(range.first + k);
  }
  /** Where a kernel gave up, the host draws by itself, or says what is wrong. */
  #ask(name: keyof typeof ASKED, piece: number, series: Series<WholeLaw>, range: Range): void {
    this.#asked.push(() => {
      if (this.#view("asked")[piece * ASKED_NUMBERS + ASKED[name]] === 0) return;
      this.#mend(name, piece, series, range, (x) => x === LOOK_AGAIN || x === LOOK_ASK);
    });
  }
  #mend(name: string, piece: number, { at }: Series<unknown>, range: Range, isOpen: (x: number) => boolean): void {
    const [view, from] = [this.#view(name), piece * this.#shape.area + skipOf(range)];
    for (let k = 0; k < range.count; k++) if (isOpen(view[from + k]!)) view[from + k] = at(range.first + k);
  }

  #fill(
    t: number,
    fill: number,
    [from, to]: readonly [number, number],
    windows: readonly (RowWindow | undefined)[],
  ): void {
    const { joins } = this.#tables[t]!;
    const [view, { area }] = [this.#view("joins"), this.#shape];
    this.#view("fills")[fill] = to - from;
    joins.forEach(({ rows, steps, weights, first, width, before }, c) => {
      const piece = this.#take();
      const range = this.#rows(piece, rows, windows[c], from, to);
      this.#steps(piece, steps, range);
      if (weights.form === "units") this.#units(piece, weights.series, range);
      else if (weights.form === "numbers") this.#numbers(piece, weights.series, range);
      const at = piece * area;
      const { all } = steps;
      const fields: Readonly<Record<keyof typeof JOIN, number>> = {
        ...{ target: at, weights: at + skipOf(range), starts: piece * startsOf(this.#shape) },
        ...{ steps: all === undefined ? at + skipOf(range) : -1, first, width, before: before + (all ?? 0) },
      };
      const record = (fill * joins.length + c) * JOIN_FIELDS;
      for (const name in fields) view[record + JOIN[name as keyof typeof JOIN]] = fields[name as keyof typeof JOIN];
    });
  }
  /** Puts the blocks of a fill behind those before; returns where they end. */
  #place(
    t: number,
    fill: number,
    [from, to]: readonly [number, number],
    end: number,
    rows: Uint32Array,
    start: Elements,
  ): number {
    const { kernel, words } = this.#shape.tables[t]!;
    const { parts } = kernel;
    const at = BLOCK_ALIGN * Math.ceil(end / BLOCK_ALIGN);
    const used = this.#view("used")[fill]!;
    rows.set(this.#part("out", fill * words, used), at);
    const begin = this.#view("begin");
    for (let k = 0; k < (to - from) * parts; k++) start[from * parts + k] = at + begin[fill * ROWS * parts + k]!;
    return at + used;
  }
}

/** Synapses that an area must have room for beside those that are asked for: numbers begin with a whole block of words. */
const SPARE = 4;
const blockOf = ({ first }: Range): number => Math.floor(first / 4);
const skipOf = ({ first }: Range): number => first % 4;
const blocksOf = (range: Range): number => Math.ceil((skipOf(range) + range.count) / 4);
const weightWords = ({ seed, stream }: WholeLaw | FloatLaw, range: Range) => ({
  ...{ weightBlock: blockOf(range), weightBlocks: blocksOf(range) },
  ...{ weightSeed: seed, weightStream: stream },
});

/** The last of the rows from one on that areas have room for, and after it one: at least one row. */
function endOf(
  all: readonly Rows[],
  from: number,
  area: number,
  { wordsOf, words }: { wordsOf(row: number): number; words: number } = NO_BLOCKS,
): number {
  const last = Math.min(all[0]!.start.length - 1, from + ROWS);
  let [to, left] = [from + 1, words - wordsOf(from)];
  for (; to < last; to++) {
    left -= wordsOf(to);
    if (left < 0 || all.some(({ start }) => start[to + 1]! - start[from]! > area - SPARE)) break;
  }
  return to;
}
const NO_BLOCKS = { wordsOf: () => 0, words: 0 };
