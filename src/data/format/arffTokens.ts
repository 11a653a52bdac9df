/**
 * Words of a line of ARFF, as Weka's own reader finds them: white space and commas part them, quotes of either kind keep
 * them together, `%` begins a comment anywhere outside quotes.
 */

export interface Token {
  /** Quotes and backslashes taken off. */
  readonly text: string;
  /** `{`, `}` and `,` stand for themselves unless they are quoted. */
  readonly quoted: boolean;
  /** Column of the line, from 1. */
  readonly at: number;
}

const QUOTES = "'\"";
const MARKS = "{},";
const ENDS = /[\s{},%'"]/;

/** @throws what `refuse` makes, for a quote that does not close on its line */
export function tokensOf(line: string, refuse: (problem: string) => Error): Token[] {
  const tokens: Token[] = [];
  for (let k = 0; k < line.length && line[k] !== "%"; ) {
    const c = line[k]!;
    const at = k + 1;
    if (c.trim() === "") k++;
    else if (MARKS.includes(c)) tokens.push({ text: line[k++]!, quoted: false, at });
    else if (QUOTES.includes(c)) {
      const end = closing(line, k);
      if (end < 0) throw refuse(`the quote at column ${at} does not close`);
      tokens.push({ text: unescaped(line.slice(k + 1, end)), quoted: true, at });
      k = end + 1;
    } else {
      const length = line.slice(k).search(ENDS);
      const end = length < 0 ? line.length : k + length;
      tokens.push({ text: line.slice(k, end), quoted: false, at });
      k = end;
    }
  }
  return tokens;
}

function closing(line: string, open: number): number {
  for (let k = open + 1; k < line.length; k++)
    if (line[k] === "\\") k++;
    else if (line[k] === line[open]) return k;
  return -1;
}

const unescaped = (text: string): string =>
  text.includes("\\") ? text.replace(/\\(.)/g, (_, c) => ESCAPES[c] ?? c) : text;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

export const isMark = (token: Token | undefined, mark: string): boolean =>
  token !== undefined && !token.quoted && token.text === mark;
