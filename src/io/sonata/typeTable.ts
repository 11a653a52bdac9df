/**
 * Tables of node types and edge types: a header and rows of cells between spaces, where a cell with a space in it stands in
 * quotes, doubled inside ("SONATA developer guide", Representing nodes). Small, so they are kept as text.
 */
import { DataError, listNames } from "../../base/errors.ts";

/** A type: its cells by column; those that are empty or NULL are left out. */
export interface TypeRow {
  readonly id: number;
  /** In the file, from 1. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}
export interface TypeTable {
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: readonly TypeRow[];
}

const MOST_ROWS = 100_000;
const LONGEST_LINE = 2 ** 20;

/**
 * @param key the column of ids, such as `node_type_id`
 * @throws {DataError} `bad-file` with the line
 */
export function typeTable(text: string, path: string, key: string): TypeTable {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.length > MOST_ROWS) throw bad(path, MOST_ROWS, `at most ${MOST_ROWS} lines are read`);
  const filled = lines.map((line, k) => ({ line, number: k + 1 })).filter(({ line }) => line.trim() !== "");
  const [head, ...body] = filled;
  if (!head) throw bad(path, 1, `must name its columns, '${key}' among them`);
  const columns = cellsOf(head.line, path, head.number);
  if (!columns.includes(key))
    throw bad(path, head.number, `must have a column '${key}'; its columns: ${listNames(columns)}`);
  const twice = columns.find((c, k) => columns.indexOf(c) !== k);
  if (twice !== undefined) throw bad(path, head.number, `has two columns '${twice}'`);
  return { path, columns, rows: body.map(({ line, number }) => rowOf(line, number, { path, columns, key })) };
}

function rowOf(
  text: string,
  line: number,
  { path, columns, key }: { path: string; columns: readonly string[]; key: string },
): TypeRow {
  const cells = cellsOf(text, path, line);
  if (cells.length !== columns.length)
    throw bad(path, line, `has ${cells.length} cells, and there are ${columns.length} columns`);
  const given = columns.map((name, k) => [name, cells[k]!] as const).filter(([, x]) => x !== "" && x !== "NULL");
  const row = new Map(given);
  const id = row.get(key) ?? "";
  if (!/^\d{1,10}$/.test(id) || Number(id) >= 2 ** 32)
    throw bad(path, line, `${key} must be a whole number from 0 to ${2 ** 32 - 1}, got '${id}'`);
  return { id: Number(id), line, cells: row };
}

/** One space between cells; a cell in quotes may hold some. */
function cellsOf(line: string, path: string, number: number): string[] {
  if (line.length > LONGEST_LINE) throw bad(path, number, `has more than ${LONGEST_LINE} characters`);
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const cell = line[at] === '"' ? quoted(line, at, path, number) : plain(line, at);
    cells.push(cell.text);
    if (cell.next >= line.length) return cells;
    if (line[cell.next] !== " ") throw bad(path, number, `a quote must end its cell, at character ${cell.next + 1}`);
    at = cell.next + 1;
  }
}
function plain(line: string, at: number): { text: string; next: number } {
  const end = line.indexOf(" ", at);
  const next = end < 0 ? line.length : end;
  return { text: line.slice(at, next), next };
}
function quoted(line: string, at: number, path: string, number: number): { text: string; next: number } {
  let text = "";
  for (let k = at + 1; ; ) {
    const end = line.indexOf('"', k);
    if (end < 0) throw bad(path, number, `the quote at character ${at + 1} does not close`);
    text += line.slice(k, end);
    if (line[end + 1] !== '"') return { text, next: end + 1 };
    text += '"';
    k = end + 2;
  }
}

/** A cell as a finite number; undefined where there is none. @throws {DataError} `bad-file` with line and column */
export function numberIn({ path }: TypeTable, row: TypeRow, column: string): number | undefined {
  const text = row.cells.get(column);
  if (text === undefined) return undefined;
  const x = Number(text);
  if (text.trim() !== "" && Number.isFinite(x)) return x;
  throw bad(path, row.line, `${column} must be a finite number, got '${text}'`);
}

/**
 * The rows of one population, by id: where there is a column `population`, those that name it.
 * @throws {DataError} `bad-file` for an id that occurs twice
 */
export function typesOf(table: TypeTable, population: string): Map<number, TypeRow> {
  const own = table.rows.filter((r) => (r.cells.get("population") ?? population) === population);
  const out = new Map<number, TypeRow>();
  for (const row of own) {
    const before = out.get(row.id);
    if (before) throw bad(table.path, row.line, `has the same id as line ${before.line}, ${row.id}`);
    out.set(row.id, row);
  }
  return out;
}

/** The text of a table, which `typeTable` reads back. */
export function typeTableText(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${[columns, ...rows].map((row) => row.map(cellText).join(" ")).join("\n")}\n`;
}
function cellText(x: string): string {
  if (x === "") return "NULL";
  return /[ "\r\n]/.test(x) || x === "NULL" ? `"${x.replaceAll('"', '""')}"` : x;
}

/** What is wrong with a table, and in which line. */
export const bad = (path: string, line: number, problem: string): DataError =>
  new DataError("bad-file", path, `line ${line}: ${problem}`);
