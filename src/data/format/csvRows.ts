/**
 * The rows of separated values (RFC 4180 and its relatives), as text: papaparse splits them, piece by piece, so that no more
 * than a piece of a large file is held.
 */
import type { Parser, ParseStepResult } from "papaparse";
import { DataError } from "../../base/errors.ts";
import { badFile } from "./bytes.ts";
import { type NamedStream, type TextOptions, textPieces } from "./pieces.ts";

export interface CsvRowOptions extends TextOptions {
  /** Between the cells of a row; a comma by default. */
  readonly separator?: string;
  /** What may stand round a cell, doubled inside it; `"` by default, and "" for files in which quotes mean nothing. */
  readonly quote?: string;
  /** Lines that begin with this are passed over; none by default. */
  readonly comment?: string;
}
export interface CsvRow {
  /** Line of the file, from 1, in which the row begins. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Characters of a row, line breaks in quotes included: what a quote that never closes makes us hold. */
const LONGEST_ROW = 2 ** 18;

/**
 * Rows in runs, without empty lines.
 *
 * @throws {DataError} `bad-file` with the line, for a quote that does not close or does not end its cell
 */
export async function* csvRows(file: NamedStream, options: CsvRowOptions = {}): AsyncGenerator<CsvRow[]> {
  checkOptions(file.path, options);
  const { default: papa } = await import("papaparse");
  const split = splitter(file.path, papa.parse, options);
  let kept = "";
  for await (const piece of textPieces(file, options)) {
    const { rows, rest } = split(kept + piece, false);
    kept = rest;
    yield rows;
  }
  yield split(kept, true).rows;
}

function checkOptions(path: string, { separator = ",", quote = '"', comment }: CsvRowOptions): void {
  const refuse = (option: string, given: string, allowed: string): DataError =>
    new DataError("out-of-range", `${path}: ${option}`, `must be ${allowed}, got ${JSON.stringify(given)}`);
  if (separator === "" || /["\r\n\ufeff]/.test(separator))
    throw refuse("separator", separator, "some text without double quotes and line breaks");
  if (quote.length > 1 || /[\r\n]/.test(quote) || (quote !== "" && separator.includes(quote)))
    throw refuse("quote", quote, "one character that is not in the separator, or none");
  if (comment !== undefined && (comment === "" || comment === separator || /["\r\n\ufeff]/.test(comment)))
    throw refuse("comment", comment, "some text other than the separator, without quotes and line breaks");
}

type Parse = (text: string, config: object) => unknown;

/** Splits the next text; what may be an unfinished row is handed back, to come again with more behind it. */
function splitter(
  path: string,
  parse: Parse,
  { separator = ",", quote = '"', comment }: CsvRowOptions,
): (text: string, last: boolean) => { rows: CsvRow[]; rest: string } {
  let line = 1;
  const config = {
    delimiter: separator,
    newline: "\n",
    ...(quote === "" ? { fastMode: true } : { quoteChar: quote, escapeChar: quote }),
    ...(comment !== undefined && { comments: comment }),
  };
  let done = 0;
  const passComments = (text: string): void => {
    while (comment !== undefined && text.startsWith(comment, done) && text.includes("\n", done)) {
      done = text.indexOf("\n", done) + 1;
      line++;
    }
  };
  return (text, last) => {
    const rows: CsvRow[] = [];
    const complete = last ? text.length : text.lastIndexOf("\n") + 1;
    done = 0;
    const step = ({ data, errors, meta }: ParseStepResult<string[]>, parser: Parser): void => {
      const atEnd = meta.cursor >= text.length;
      if (atEnd && !last) return parser.abort(); // more may follow
      passComments(text);
      const begins = line;
      line += linesIn(text, done, meta.cursor);
      done = meta.cursor;
      if (errors[0]) throw badFile(path, `line ${begins}: ${PROBLEMS[errors[0].code] ?? errors[0].message}`);
      const cells = withoutReturn(data);
      if (cells.length > 1 || cells[0] !== "") rows.push({ line: begins, cells });
    };
    if (complete > 0) parse(text, { ...config, step });
    if (!last) passComments(text);
    if (!last && text.length - done > LONGEST_ROW)
      throw badFile(path, `line ${line}: a row of more than ${LONGEST_ROW} characters; does a quote not close?`);
    return { rows, rest: last ? "" : text.slice(done) };
  };
}
const PROBLEMS: Readonly<Record<string, string>> = {
  MissingQuotes: "a quote opens a cell and never closes",
  InvalidQuotes: "a quoted cell must end with its quote, and a quote inside it be doubled",
};

/** Line breaks in a part of a text. */
function linesIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** Lines that end in `\r\n` leave the `\r` in their last cell. */
function withoutReturn(cells: string[]): string[] {
  const last = cells.at(-1);
  return last?.endsWith("\r") ? [...cells.slice(0, -1), last.slice(0, -1)] : cells;
}
