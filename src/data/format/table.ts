/** Tables, as CSV and ARFF files hold them: one array a column. */
import { DataError, listNames } from "../../base/errors.ts";

/** A column of numbers. */
export interface NumberColumn {
  readonly kind: "number";
  readonly name: string;
  /** NaN where the value is missing. */
  readonly values: Float64Array;
}
/** A column of dates. */
export interface DateColumn {
  readonly kind: "date";
  readonly name: string;
  /** ms since 1970-01-01 00:00 UTC; NaN where missing. */
  readonly values: Float64Array;
}
/** A column of categories. */
export interface NominalColumn {
  readonly kind: "nominal";
  readonly name: string;
  readonly categories: readonly string[];
  /** Which category; -1 where missing. */
  readonly values: Int32Array;
}
/** A column of texts. */
export interface TextColumn {
  readonly kind: "text";
  readonly name: string;
  /** Undefined where missing. */
  readonly values: readonly (string | undefined)[];
}
/** A column of a table. */
export type Column = NumberColumn | DateColumn | NominalColumn | TextColumn;
/** What a column holds. */
export type ColumnKind = Column["kind"];
/** A column of one kind. */
export type ColumnOf<K extends ColumnKind> = Extract<Column, { kind: K }>;

/** A table, column by column. */
export interface Table {
  /** Of the file. */
  readonly path: string;
  /** Rows. */
  readonly count: number;
  readonly columns: readonly Column[];
}

/** @throws {DataError} `unknown-name`; `type-mismatch` if the column is of another kind */
export function columnOf<K extends ColumnKind>({ path, columns }: Table, name: string, kind: K): ColumnOf<K> {
  const column = columns.find((c) => c.name === name);
  if (!column)
    throw new DataError(
      "unknown-name",
      path,
      `there is no column '${name}'; known: ${listNames(columns.map((c) => c.name))}`,
    );
  if (column.kind !== kind)
    throw new DataError("type-mismatch", path, `column '${name}' must be a ${kind} column, it is a ${column.kind} one`);
  return column as ColumnOf<K>;
}
