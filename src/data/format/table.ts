/** Tables, as CSV and ARFF files hold them: one array a column. */
import { DataError, listNames } from "../../base/errors.ts";

export interface NumberColumn {
  readonly kind: "number";
  readonly name: string;
  /** NaN where the value is missing. */
  readonly values: Float64Array;
}
export interface DateColumn {
  readonly kind: "date";
  readonly name: string;
  /** ms since 1970-01-01 00:00 UTC; NaN where missing. */
  readonly values: Float64Array;
}
export interface NominalColumn {
  readonly kind: "nominal";
  readonly name: string;
  readonly categories: readonly string[];
  /** Which category; -1 where missing. */
  readonly values: Int32Array;
}
export interface TextColumn {
  readonly kind: "text";
  readonly name: string;
  /** Undefined where missing. */
  readonly values: readonly (string | undefined)[];
}
export type Column = NumberColumn | DateColumn | NominalColumn | TextColumn;
export type ColumnKind = Column["kind"];
export type ColumnOf<K extends ColumnKind> = Extract<Column, { kind: K }>;

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
