/** Reads a quantity: numbers and units joined by `*`, `/`, powers, brackets or a blank ("10 nS/cm**2", "1/ms", "-50*mV"). */
import {
  DIMENSIONLESS,
  type Dimension,
  formatDimension,
  isDimensionless,
  power,
  product,
  quotient,
  sameDimension,
} from "./dimension.ts";
import { wholePower } from "./elementary.ts";
import { ModelError } from "./errors.ts";
import { type Quantity, quantityUnit, scale } from "./units.ts";

/** A partial result: `value * 10**exponent` of a dimension. The exponent is applied once, at the end. */
interface Part {
  readonly value: number;
  readonly exponent: number;
  readonly dimension: Dimension;
}

const number = (value: number): Part => ({ value, exponent: 0, dimension: DIMENSIONLESS });
const times = (a: Part, b: Part): Part => ({
  value: a.value * b.value,
  exponent: a.exponent + b.exponent,
  dimension: product(a.dimension, b.dimension),
});
const over = (a: Part, b: Part): Part => ({
  value: a.value / b.value,
  exponent: a.exponent - b.exponent,
  dimension: quotient(a.dimension, b.dimension),
});
const raise = (a: Part, n: number): Part => ({
  value: Number.isInteger(n) ? wholePower(a.value, n) : a.value ** n,
  exponent: a.exponent * n,
  dimension: power(a.dimension, n),
});

const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|([A-Za-z_]\w*)|(\*\*|\^|[-+*/()]))/y;
interface Token {
  readonly kind: "number" | "name" | "sign";
  readonly text: string;
}

function tokenize(text: string, path: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end; ) {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(text);
    if (!m) throw wrong(path, text, `unexpected '${text.slice(at).trim()[0]}'`);
    tokens.push({ kind: m[1] ? "number" : m[2] ? "name" : "sign", text: (m[1] ?? m[2] ?? m[3])! });
  }
  return tokens;
}

const wrong = (path: string, text: string, problem: string): ModelError =>
  new ModelError(
    "syntax",
    path,
    `${problem} in '${text}'; expected a quantity such as "20 ms", "10 nS/cm**2" or "0.5"`,
  );

class Reader {
  private at = 0;
  private readonly tokens: readonly Token[];
  private readonly text: string;
  private readonly path: string;
  constructor(text: string, path: string) {
    this.tokens = tokenize(text, path);
    this.text = text;
    this.path = path;
  }

  private take(...texts: readonly string[]): string | undefined {
    const token = this.tokens[this.at];
    if (token?.kind !== "sign" || !texts.includes(token.text)) return undefined;
    this.at++;
    return token.text;
  }
  whole(): Part {
    const part = this.product();
    if (this.at < this.tokens.length) throw wrong(this.path, this.text, `unexpected '${this.tokens[this.at]!.text}'`);
    return part;
  }
  private product(): Part {
    let left = this.signed();
    for (;;) {
      const sign = this.take("*", "/");
      if (!sign && this.tokens[this.at]?.kind !== "name") return left;
      left = sign === "/" ? over(left, this.signed()) : times(left, this.signed());
    }
  }
  private signed(): Part {
    const sign = this.take("-", "+");
    if (!sign) return this.power();
    return times(number(sign === "-" ? -1 : 1), this.signed());
  }
  private power(): Part {
    const base = this.atom();
    if (!this.take("**", "^")) return base;
    const n = this.signed();
    if (!isDimensionless(n.dimension)) throw wrong(this.path, this.text, "an exponent with a unit");
    return raise(base, scale(n.value, n.exponent));
  }
  private atom(): Part {
    const token = this.tokens[this.at];
    if (!token) throw wrong(this.path, this.text, "unexpected end");
    this.at++;
    if (token.kind === "number") return this.numeral(number(Number(token.text)));
    if (token.kind === "name") return this.unit(token.text);
    if (token.text !== "(") throw wrong(this.path, this.text, `unexpected '${token.text}'`);
    const inner = this.product();
    if (!this.take(")")) throw wrong(this.path, this.text, "missing ')'");
    return inner;
  }
  /** A number that stands before a unit belongs to it: `1/20 ms` is `1/(20 ms)`, as in equations. */
  private numeral(value: Part): Part {
    return this.tokens[this.at]?.kind === "name" ? times(value, this.power()) : value;
  }
  private unit(name: string): Part {
    const unit = quantityUnit(name);
    if (unit) return { value: 1, ...unit };
    throw new ModelError(
      "unknown-name",
      this.path,
      `'${name}' is not a unit, in '${this.text}'; units are written as in Brian: mV, nS, ms, Hz, volt, second, …`,
    );
  }
}

/**
 * A quantity in SI units.
 *
 * @param input a number (dimensionless) or text such as "20 ms", "10 nS/cm**2", "1/ms", "-50*mV"
 * @param path where the input stands, for the error
 * @throws {ModelError} `syntax` or `unknown-name`
 */
export function parseQuantity(input: string | number, path: string): Quantity {
  if (typeof input === "number") return { value: input, dimension: DIMENSIONLESS };
  const { value, exponent, dimension } = new Reader(input, path).whole();
  return { value: scale(value, exponent), dimension };
}

/**
 * The SI value of a quantity that must have a dimension.
 *
 * @throws {ModelError} `unit-mismatch` naming both dimensions
 */
export function quantityOf(input: string | number, expected: Dimension, path: string): number {
  const { value, dimension } = parseQuantity(input, path);
  if (sameDimension(dimension, expected)) return value;
  throw new ModelError(
    "unit-mismatch",
    path,
    `expected a quantity in ${formatDimension(expected)}, got '${input}' in ${formatDimension(dimension)}`,
  );
}
