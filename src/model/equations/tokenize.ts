/** Splits equations, expressions and statements into tokens. Comments and blanks vanish; line ends are tokens. */
import { faultAt, type Source, type Span } from "./source.ts";

export type TokenKind = "number" | "name" | "sign" | "newline" | "end";
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly span: Span;
}

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;
const NAME = /[A-Za-z_]\w*/y;
/** Longest first. */
const SIGN = /\*\*=|\/\/=|\*\*|\/\/|<=|>=|==|!=|\+=|-=|\*=|\/=|%=|[-+*/%<>=(),:;[\]]/y;
/** Blanks, comments, and a backslash at the end of a line. */
const SKIP = /(?:[^\S\n]|\\\r?\n|#[^\n]*)+/y;

const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ["newline", /\n/y],
  ["number", NUMBER],
  ["name", NAME],
  ["sign", SIGN],
];

function match(rule: RegExp, text: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(text)?.[0];
}

/** @throws {ModelError} `syntax` at a character that begins no token */
export function tokenize(source: Source): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(SKIP, text, at)?.length ?? 0;
    if (at >= text.length) break;
    const token = nextToken(text, at);
    if (!token) throw faultAt(source, { start: at, end: at + 1 }, "syntax", `unexpected character '${text[at]}'`);
    tokens.push(token);
    at = token.span.end;
  }
  return [...tokens, { kind: "end", text: "", span: { start: text.length, end: text.length } }];
}

function nextToken(text: string, at: number): Token | undefined {
  for (const [kind, rule] of RULES) {
    const found = match(rule, text, at);
    if (found !== undefined) return { kind, text: found, span: { start: at, end: at + found.length } };
  }
  return undefined;
}
