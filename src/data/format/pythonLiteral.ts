/** What Python prints of dictionaries, lists, tuples, text, integers, True, False and None: the header of NumPy's files. */
export type Literal = string | number | boolean | undefined | readonly Literal[] | { readonly [key: string]: Literal };

const DEEPEST = 16;
const WORDS: Readonly<Record<string, Literal>> = { True: true, False: false, None: undefined };

/** @throws what `refuse` makes, with the place in the text */
export function parseLiteral(text: string, refuse: (problem: string, at: number) => Error): Literal {
  const reader = new Reader(text, refuse);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  private readonly text: string;
  private readonly refuse: (problem: string, at: number) => Error;
  private at = 0;

  constructor(text: string, refuse: (problem: string, at: number) => Error) {
    this.text = text;
    this.refuse = refuse;
  }

  value(depth: number): Literal {
    if (depth > DEEPEST) throw this.refuse(`nested deeper than ${DEEPEST}`, this.at);
    const c = this.next();
    if (c === "{") return this.dictionary(depth);
    if (c === "(" || c === "[") return this.list(c === "(" ? ")" : "]", depth);
    const [found] = this.match(/'((?:[^'\\\n]|\\['"\\])*)'|"((?:[^"\\\n]|\\['"\\])*)"|-?\d+L?|True|False|None/y);
    if (found === undefined) throw this.refuse(`unexpected ${JSON.stringify(c ?? "end")}`, this.at);
    if (c === "'" || c === '"') return found.slice(1, -1).replace(/\\(.)/g, "$1");
    return found in WORDS ? WORDS[found] : Number(found.replace("L", ""));
  }

  end(): void {
    if (this.next() !== undefined) throw this.refuse("text behind the value", this.at);
  }

  private dictionary(depth: number): Literal {
    const entries = new Map<string, Literal>();
    this.separated("}", () => {
      const at = this.at;
      const key = this.value(depth + 1);
      if (typeof key !== "string" || entries.has(key)) throw this.refuse("expected a new name", at);
      if (this.next() !== ":") throw this.refuse("expected :", this.at);
      this.at++;
      entries.set(key, this.value(depth + 1));
    });
    return Object.fromEntries(entries);
  }

  private list(close: string, depth: number): Literal {
    const values: Literal[] = [];
    this.separated(close, () => values.push(this.value(depth + 1)));
    return values;
  }

  /** Items up to `close`; a comma may stand behind the last. */
  private separated(close: string, item: () => void): void {
    this.at++;
    while (this.next() !== close) {
      item();
      const c = this.next();
      if (c === ",") this.at++;
      else if (c !== close) throw this.refuse(`expected , or ${close}`, this.at);
    }
    this.at++;
  }

  /** The next character that is not white space. */
  private next(): string | undefined {
    while (/\s/.test(this.text[this.at] ?? "x")) this.at++;
    return this.text[this.at];
  }

  private match(pattern: RegExp): [string?] {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return [];
    this.at += found.length;
    return [found];
  }
}
