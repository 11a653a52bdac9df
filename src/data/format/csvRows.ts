/**
 * The rows of separated values (RFC 4180 and its relatives), as text, piece by piece, so that no more than a piece and a row
 * of a large file is held. Our own code, because what the libraries do with malformed quotes takes time that grows with the
 * square of a row (papaparse), or needs Node's buffers (csv-parse); a test compares with the former.
 */
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
const LONGEST_ROW = 2 ** 20;

/**
 * Rows in runs, without empty lines.
 *
 * @throws {DataError} `bad-file` with the line, for a quote that does not close or does not end its cell
 */
export async function* csvRows(file: NamedStream, options: CsvRowOptions = {}): AsyncGenerator<CsvRow[]> {
  checkOptions(file.path, options);
  const splitter = new Splitter(file.path, options);
  for await (const piece of textPieces(file, options)) yield splitter.split(piece, false);
  yield splitter.split("", true);
}

function checkOptions(path: string, { separator = ",", quote = '"', comment }: CsvRowOptions): void {
  const refuse = (option: string, given: string, allowed: string): DataError =>
    new DataError("out-of-range", `${path}: ${option}`, `must be ${allowed}, got ${JSON.stringify(given)}`);
  if (quote.length > 1 || /[\r\n]/.test(quote)) throw refuse("quote", quote, "one character, or none");
  if (separator === "" || /[\r\n]/.test(separator) || (quote !== "" && separator.includes(quote)))
    throw refuse("separator", separator, "some text without the quote and line breaks");
  if (comment !== undefined && (comment === "" || comment === separator || /[\r\n]/.test(comment)))
    throw refuse("comment", comment, "some text other than the separator, without line breaks");
}

/** The next place of some text, looked for once: a place is good for as long as it lies ahead. */
class Finder {
  private readonly wanted: string;
  private text = "";
  private found = 0;

  constructor(wanted: string) {
    this.wanted = wanted;
  }

  begin(text: string): void {
    this.text = text;
    this.found = -1;
  }

  /** Infinity if there is none. */
  from(at: number): number {
    if (this.found < at) {
      const found = this.text.indexOf(this.wanted, at);
      this.found = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.found;
  }
}

/** A cell, and where it ends: at a separator, or with the row. */
interface Cell {
  readonly value: string;
  readonly next: number;
  readonly endsRow: boolean;
  readonly quoted: boolean;
}

/** Splits one piece after the other; what may be an unfinished row is kept for the next. */
class Splitter {
  private readonly path: string;
  private readonly separator: string;
  private readonly quote: string;
  private readonly comment: string | undefined;
  private readonly separators: Finder;
  private readonly lineEnds = new Finder("\n");
  private text = "";
  private last = false;
  private line = 1;

  constructor(path: string, { separator = ",", quote = '"', comment }: CsvRowOptions) {
    this.path = path;
    this.separator = separator;
    this.quote = quote;
    this.comment = comment;
    this.separators = new Finder(separator);
  }

  split(piece: string, last: boolean): CsvRow[] {
    this.text += piece;
    this.last = last;
    this.separators.begin(this.text);
    this.lineEnds.begin(this.text);
    const rows: CsvRow[] = [];
    let at = 0;
    for (let next = this.row(at, rows); next !== undefined; next = this.row(at, rows)) at = next;
    this.text = this.text.slice(at);
    if (this.text.length > LONGEST_ROW)
      throw this.refuse(`a row of more than ${LONGEST_ROW} characters; does a quote not close?`);
    return rows;
  }

  private refuse(problem: string): DataError {
    return badFile(this.path, `line ${this.line}: ${problem}`);
  }

  /** Takes in one line or row. @returns where the next begins; undefined if this one does not end here */
  private row(from: number, rows: CsvRow[]): number | undefined {
    if (from >= this.text.length) return undefined;
    if (this.comment !== undefined && this.text.startsWith(this.comment, from)) return this.lineEnd(from);
    const cells: string[] = [];
    let lines = 0;
    for (let at = from; ; ) {
      const cell = this.cell(at);
      if (!cell) return undefined;
      cells.push(cell.value);
      if (cell.quoted) lines += linesIn(cell.value);
      at = cell.next;
      if (!cell.endsRow) continue;
      if (cells.length > 1 || cell.quoted || cell.value !== "") rows.push({ line: this.line, cells });
      this.line += lines + 1;
      return at;
    }
  }

  private lineEnd(from: number): number | undefined {
    const end = this.lineEnds.from(from);
    if (end === Number.POSITIVE_INFINITY && !this.last) return undefined;
    this.line++;
    return Math.min(end + 1, this.text.length);
  }

  private cell(at: number): Cell | undefined {
    if (this.quote !== "" && this.text[at] === this.quote) return this.quoted(at);
    const [separator, end] = [this.separators.from(at), this.lineEnds.from(at)];
    if (separator < end)
      return {
        value: this.text.slice(at, separator),
        next: separator + this.separator.length,
        endsRow: false,
        quoted: false,
      };
    if (end === Number.POSITIVE_INFINITY && !this.last) return undefined;
    const value = this.text.slice(at, Math.min(end, this.text.length));
    return {
      value: value.endsWith("\r") ? value.slice(0, -1) : value,
      next: Math.min(end + 1, this.text.length),
      endsRow: true,
      quoted: false,
    };
  }

  private quoted(open: number): Cell | undefined {
    const { text, quote, separator, last } = this;
    let close = text.indexOf(quote, open + 1);
    while (close >= 0 && text[close + 1] === quote) close = text.indexOf(quote, close + 2);
    if (close < 0 && last) throw this.refuse("a quote opens a cell and never closes");
    const behind = close + 1;
    // Another quote, the rest of a separator or of a line's end may be in the next piece.
    if (close < 0 || (!last && text.length - behind < Math.max(2, separator.length))) return undefined;
    const value = text.slice(open + 1, close).replaceAll(quote + quote, quote);
    if (text.startsWith(separator, behind))
      return { value, next: behind + separator.length, endsRow: false, quoted: true };
    const end = LINE_ENDS.find((mark) => text.startsWith(mark, behind)) ?? (behind === text.length ? "" : undefined);
    if (end === undefined) throw this.refuse("a quoted cell must end with its quote, and a quote inside it be doubled");
    return { value, next: behind + end.length, endsRow: true, quoted: true };
  }
}
const LINE_ENDS = ["\n", "\r\n"];

/** Line breaks in a text. */
function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
