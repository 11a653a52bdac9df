/** Columns as they grow, cell by cell. */
import { isoDateOf, numberOf, quoted } from "./cells.ts";
import type { Column, ColumnKind } from "./table.ts";

/** Makes the error of a cell, with the place. */
export type Refuse = (problem: string) => Error;

export interface ColumnBuilder {
  /** @throws what `refuse` makes, for a cell that is not of this kind */
  add(cell: string, refuse: Refuse): void;
  addMissing(): void;
  /** What has been added since the last time. */
  take(): Column;
}

export interface ColumnOptions {
  readonly decimal?: "." | ",";
  /** Of a nominal column; without them, they are those that occur, in that order. */
  readonly categories?: readonly string[];
  /** Of a date column; ISO 8601 by default. */
  readonly date?: { readonly parse: (text: string) => number | undefined; readonly form: string };
}

export const columnBuilder = (kind: ColumnKind, name: string, options: ColumnOptions = {}): ColumnBuilder =>
  BUILDERS[kind](name, options);

const BUILDERS: { readonly [K in ColumnKind]: (name: string, options: ColumnOptions) => ColumnBuilder } = {
  number: (name, { decimal = "." }) =>
    numeric(
      (text) => numberOf(text, decimal),
      "a number",
      (values) => ({ kind: "number", name, values }),
    ),
  date: (name, { date = { parse: isoDateOf, form: "YYYY-MM-DD HH:MM:SS" } }) =>
    numeric(date.parse, `a date (${date.form})`, (values) => ({ kind: "date", name, values })),
  nominal,
  text,
};

function numeric(
  parse: (cell: string) => number | undefined,
  what: string,
  column: (values: Float64Array) => Column,
): ColumnBuilder {
  const values = growing(Float64Array);
  return {
    add(cell, refuse) {
      const value = parse(cell);
      if (value === undefined) throw refuse(`expected ${what}, found ${quoted(cell)}`);
      values.push(value);
    },
    addMissing: () => values.push(NaN),
    take: () => column(values.take()),
  };
}

function nominal(name: string, { categories: given }: ColumnOptions): ColumnBuilder {
  const categories = [...(given ?? [])];
  const numberOfCategory = new Map(categories.map((category, k) => [category, k]));
  const values = growing(Int32Array);
  return {
    add(cell, refuse) {
      let k = numberOfCategory.get(cell);
      if (k === undefined) {
        if (given) throw refuse(`expected one of ${listed(given)}, found ${quoted(cell)}`);
        k = categories.push(cell) - 1;
        numberOfCategory.set(cell, k);
      }
      values.push(k);
    },
    addMissing: () => values.push(-1),
    take: () => ({ kind: "nominal", name, categories: [...categories], values: values.take() }),
  };
}
const listed = (names: readonly string[]): string =>
  names.length > 20 ? `${names.slice(0, 20).join(", ")}, … (${names.length} in all)` : names.join(", ");

function text(name: string): ColumnBuilder {
  let values: (string | undefined)[] = [];
  return {
    add: (cell) => void values.push(cell),
    addMissing: () => void values.push(undefined),
    take() {
      const taken = values;
      values = [];
      return { kind: "text", name, values: taken };
    },
  };
}

/** An array that doubles when it is full. It begins small: a file may have a great many columns. */
function growing<A extends Float64Array | Int32Array>(
  type: new (length: number) => A,
): { push(value: number): void; take(): A } {
  let values = new type(FIRST);
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        const more = new type(2 * length);
        more.set(values);
        values = more;
      }
      values[length++] = value;
    },
    take() {
      const taken = values.slice(0, length) as A;
      length = 0;
      return taken;
    },
  };
}
const FIRST = 4;
