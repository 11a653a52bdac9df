/** Text that a user wrote, spans in it, and errors that show the line with a caret. */
import { type ErrorCode, ModelError } from "../../base/errors.ts";

export interface Source {
  readonly text: string;
  /** Where the text stands in the user's own input, such as `lif.equations`. */
  readonly path: string;
}
/** Offsets into the text of a source: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const cover = (a: Span, b: Span): Span => ({ start: a.start, end: b.end });

/** An error at a span: the problem, then the line of the text with `^` below the place. */
export function faultAt(source: Source, span: Span, code: ErrorCode, problem: string): ModelError {
  const before = source.text.slice(0, span.start);
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineNumber = before.split("\n").length;
  const line = source.text.slice(lineStart).split("\n")[0]!;
  const indent = line.length - line.trimStart().length;
  const column = Math.max(0, span.start - lineStart - indent);
  return new ModelError(
    code,
    source.path,
    `line ${lineNumber}: ${problem}\n    ${line.trim()}\n    ${" ".repeat(column)}^`,
  );
}
