/**
 * Tables of separated values. What each column holds (numbers, dates, text) is found out from all of its cells unless it
 * is said; a cell that does not fit is an error with its line.
 *
 * @see Shafranovich 2005, RFC 4180
 */
import { DataError, listNames } from "../../base/errors.ts";
import { badFile, type NamedBytes, unzipped } from "./bytes.ts";
import { isoDateOf, numberOf } from "./cells.ts";
import { type ColumnBuilder, columnBuilder } from "./columns.ts";
import { type CsvRow, type CsvRowOptions, csvRows } from "./csvRows.ts";
import { type NamedStream, streamOf } from "./pieces.ts";
import type { ColumnKind, Table } from "./table.ts";

/** What a column holds. Names are those that may occur in a nominal column; `nominal` takes what occurs. */
export type CsvKind = ColumnKind | readonly string[];

/** How a CSV file is read. */
export interface CsvOptions extends CsvRowOptions {
  /** Is the first row one of names? By default, it is if it has no number or date, and a column of them is below. */
  readonly header?: boolean;
  /** Names of the columns, in order: in place of those of the header, or for a file without. */
  readonly names?: readonly string[];
  /** What columns hold, by name; of the others it is found out. */
  readonly kinds?: Readonly<Record<string, CsvKind>>;
  /** In a number; a point by default. With a comma, `separator` is usually ";". */
  readonly decimal?: "." | ",";
  /** Cells that mean that there is no value; by default "", ?, NA, N/A, NaN, nan, null, NULL. In text columns only "". */
  readonly missing?: readonly string[];
  /** Most bytes that a gzipped file may hold; 1 GiB by default. */
  readonly maxBytes?: number;
}
/** How a CSV file is read some rows at a time. */
export interface CsvStreamOptions extends CsvOptions {
  /** Rows of each table but the last; 10,000 by default. */
  readonly rows?: number;
}
const MISSING = ["", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"];
/** Rows that are looked at to tell whether the first is a header, and what a stream's columns hold. */
const LOOKED_AT = 1000;

/**
 * Reads a whole table. A row with one cell more than the header has names is taken as R writes it: the first cell is the
 * row's name, in a column "". Rows of any other number of cells are refused, empty lines passed over.
 *
 * @throws {DataError} `bad-file` with the line and the column; `unknown-name` for a kind of a column that is not there
 */
export async function readCsv(file: NamedBytes, options: CsvOptions = {}): Promise<Table> {
  const plain = await unzipped(file, options.maxBytes);
  const rows = (): AsyncGenerator<CsvRow[]> => csvRows(streamOf(plain), options);
  const head = await headOf(file.path, rows(), options);
  const open = openColumns(head, options);
  if (open.length > 0) for await (const run of bodyOf(file.path, rows(), head)) narrow(open, run, options);
  const builders = buildersOf(head, open, options);
  for await (const run of bodyOf(file.path, rows(), head)) addRows(file.path, head, builders, run, options);
  return tableOf(file.path, builders);
}

/**
 * Reads a table of any length in parts, and holds one part at a time. What its columns hold is decided by its first 1,000
 * rows unless it is said: a later cell that does not fit is an error.
 *
 * @throws {DataError} as `readCsv`
 */
export async function* streamCsv(
  file: NamedBytes | NamedStream,
  options: CsvStreamOptions = {},
): AsyncGenerator<Table> {
  const { rows: most = 10_000 } = options;
  if (!(Number.isInteger(most) && most >= 1))
    throw new DataError("out-of-range", `${file.path}: rows`, `must be an integer >= 1, got ${most}`);
  const source = csvRows(streamOf(file), options);
  const first = await firstRows(source);
  const head = await headOf(file.path, [first], options);
  const open = openColumns(head, options);
  for await (const run of bodyOf(file.path, [first.slice(0, LOOKED_AT)], head)) narrow(open, run, options);
  const builders = buildersOf(head, open, options);
  let held = 0;
  for await (const run of bodyOf(file.path, following(first, source), head))
    for (const row of run) {
      addRows(file.path, head, builders, [row], options);
      if (++held < most) continue;
      yield tableOf(file.path, builders, held);
      held = 0;
    }
  if (held > 0) yield tableOf(file.path, builders, held);
}

type Rows = Iterable<readonly CsvRow[]> | AsyncIterable<readonly CsvRow[]>;

async function firstRows(source: AsyncIterator<CsvRow[]>): Promise<CsvRow[]> {
  const first: CsvRow[] = [];
  while (first.length < LOOKED_AT) {
    const { done, value } = await source.next();
    if (done) break;
    first.push(...value);
  }
  return first;
}

async function* following(
  first: readonly CsvRow[],
  source: AsyncIterable<CsvRow[]>,
): AsyncGenerator<readonly CsvRow[]> {
  yield first;
  yield* source;
}

interface Head {
  readonly names: readonly string[];
  /** Whether the first row is the header, and no data. */
  readonly inFile: boolean;
}

async function headOf(path: string, source: Rows, options: CsvOptions): Promise<Head> {
  const rows: CsvRow[] = [];
  for await (const run of source) if (rows.push(...run.slice(0, LOOKED_AT)) > LOOKED_AT) break;
  const [first, ...others] = rows;
  if (!first) throw badFile(path, "line 1: the file holds no row");
  const inFile = options.header ?? isHeader(path, first, others, options);
  const given = options.names ?? (inFile ? first.cells : first.cells.map((_, k) => `column ${k + 1}`));
  const width = (inFile ? (others[0] ?? first) : first).cells.length;
  const names = inFile && given.length === width - 1 ? ["", ...given] : given;
  requireNames(path, names, inFile ? first.line : undefined);
  const unknown = Object.keys(options.kinds ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new DataError("unknown-name", path, `there is no column '${unknown}'; known: ${listNames(names)}`);
  return { names, inFile };
}

/** @throws {DataError} `bad-file` where both are possible */
function isHeader(path: string, first: CsvRow, others: readonly CsvRow[], options: CsvOptions): boolean {
  if (first.cells.some((cell) => kindOf(cell, options) !== "text")) return false;
  const ahead = others[0] ? others[0].cells.length - first.cells.length : 0;
  const typed = others.some(({ cells }) =>
    cells.slice(ahead).some((cell) => !isMissing(cell, options) && kindOf(cell, options) !== "text"),
  );
  if (typed) return true;
  throw badFile(
    path,
    `line ${first.line} may be names or data, as no column holds numbers: say header: true or header: false`,
  );
}

function requireNames(path: string, names: readonly string[], line: number | undefined): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw badFile(
        path,
        `${line === undefined ? "" : `line ${line}: `}there are two columns '${name}'; give them names`,
      );
    seen.add(name);
  }
}

/** The rows without the header, each as wide as the table. */
async function* bodyOf(path: string, source: Rows, { names, inFile }: Head): AsyncGenerator<readonly CsvRow[]> {
  let skip = Number(inFile);
  for await (const run of source) {
    const rows = run.slice(skip);
    skip = run.length > 0 ? 0 : skip;
    for (const { line, cells } of rows)
      if (cells.length !== names.length)
        throw badFile(path, `line ${line}: expected ${names.length} cells, found ${cells.length}`);
    yield rows;
  }
}

/** A column whose kind is not said, and what it can still be. */
interface Open {
  readonly at: number;
  kind: "missing" | "number" | "date" | "text";
}
const openColumns = ({ names }: Head, { kinds = {} }: CsvOptions): Open[] =>
  names.flatMap((name, at): Open[] => (kinds[name] === undefined ? [{ at, kind: "missing" }] : []));

function narrow(open: readonly Open[], rows: readonly CsvRow[], options: CsvOptions): void {
  for (const column of open)
    for (const { cells } of rows) {
      if (column.kind === "text") break;
      const cell = cells[column.at]!;
      if (isMissing(cell, options)) continue;
      const kind = kindOf(cell, options);
      column.kind = column.kind === "missing" || column.kind === kind ? kind : "text";
    }
}

const isMissing = (cell: string, { missing = MISSING }: CsvOptions): boolean => missing.includes(cell.trim());

function kindOf(cell: string, { decimal = "." }: CsvOptions): "number" | "date" | "text" {
  const text = cell.trim();
  if (numberOf(text, decimal) !== undefined) return "number";
  return isoDateOf(text) === undefined ? "text" : "date";
}

interface Building {
  readonly kind: ColumnKind;
  readonly builder: ColumnBuilder;
}

function buildersOf({ names }: Head, open: readonly Open[], { kinds = {}, decimal = "." }: CsvOptions): Building[] {
  const found = new Map(open.map(({ at, kind }) => [at, kind === "missing" ? "number" : kind]));
  return names.map((name, at) => {
    const said = kinds[name];
    const kind = typeof said === "string" ? said : said ? "nominal" : found.get(at)!;
    const categories = typeof said === "object" ? { categories: said } : {};
    return { kind, builder: columnBuilder(kind, name, { decimal, ...categories }) };
  });
}

function addRows(
  path: string,
  { names }: Head,
  builders: readonly Building[],
  rows: readonly CsvRow[],
  options: CsvOptions,
): void {
  for (const { line, cells } of rows)
    for (let k = 0; k < builders.length; k++) {
      const { kind, builder } = builders[k]!;
      const cell = cells[k]!;
      if (kind === "text" ? cell === "" : isMissing(cell, options)) builder.addMissing();
      else
        builder.add(kind === "text" ? cell : cell.trim(), (problem) =>
          badFile(path, `line ${line}, column '${names[k]}': ${problem}`),
        );
    }
}

function tableOf(path: string, builders: readonly Building[], count?: number): Table {
  const columns = builders.map(({ builder }) => builder.take());
  return { path, count: count ?? columns[0]?.values.length ?? 0, columns };
}
