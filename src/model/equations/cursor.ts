/** Reads tokens one after another; knows where line ends matter and how to say what was expected. */
import { faultAt, type Source, type Span } from "./source.ts";
import { type Token, type TokenKind, tokenize } from "./tokenize.ts";

const ENDS: Partial<Record<TokenKind, string>> = { newline: "the end of the line", end: "the end of the text" };

/** A position in the tokens of one source. */
export class Cursor {
  readonly source: Source;
  private readonly tokens: readonly Token[];
  private at = 0;
  /** Inside brackets line ends mean nothing. */
  private depth = 0;

  constructor(source: Source) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  get token(): Token {
    if (this.depth > 0) this.skipLines();
    return this.tokens[this.at]!;
  }
  /** The token `k` places ahead, line ends included. */
  ahead(k: number): Token {
    return this.tokens[Math.min(this.at + k, this.tokens.length - 1)]!;
  }
  /** The token after any line ends here. */
  private get beyondLines(): Token {
    let k = this.at;
    while (this.tokens[k]!.kind === "newline") k++;
    return this.tokens[k]!;
  }
  skipLines(): void {
    while (this.tokens[this.at]!.kind === "newline") this.at++;
  }
  next(): Token {
    const { token } = this;
    if (token.kind !== "end") this.at++;
    return token;
  }
  is(...texts: readonly string[]): boolean {
    return texts.includes(this.token.text) && this.token.kind !== "end";
  }
  take(...texts: readonly string[]): Token | undefined {
    return this.is(...texts) ? this.next() : undefined;
  }
  /** Takes an operator that may stand at the start of the next line, as in equations broken over lines. */
  takeOperator(...texts: readonly string[]): Token | undefined {
    if (!texts.includes(this.beyondLines.text)) return undefined;
    this.skipLines();
    return this.next();
  }
  expect(text: string, context: string): Token {
    const found = this.take(text);
    if (found) return found;
    throw this.unexpected(`'${text}' ${context}`);
  }
  expectName(what: string): Token {
    if (this.token.kind === "name") return this.next();
    throw this.unexpected(what);
  }
  unexpected(expected: string): Error {
    const { token } = this;
    return this.fault(token.span, `expected ${expected}, found ${ENDS[token.kind] ?? `'${token.text}'`}`);
  }
  fault(span: Span, problem: string): Error {
    return faultAt(this.source, span, "syntax", problem);
  }
  bracketed<T>(read: () => T): T {
    this.depth++;
    const result = read();
    this.skipLines();
    this.depth--;
    return result;
  }
}
