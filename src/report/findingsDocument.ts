/** The result of a task of its own kind, of which terminal and page are rendered. */
import type { HeadlineDocument, ProvenanceDocument } from "./document.ts";

/** Rows of words, the first of which heads the columns. */
export interface FindingsTable {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}
/** Curves over one axis. */
export interface FindingsPlot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** At most six: each has a colour or a style of its own. */
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [at: number, value: number])[];
  }[];
  /** A value that a reader should know, drawn across. */
  readonly level?: { readonly name: string; readonly value: number };
}
/** What a task of its own kind found: tables and curves, in words; the numbers themselves stand beside them. */
export interface FindingsDocument {
  readonly kind: "findings";
  readonly task: string;
  readonly seed: number;
  readonly head: readonly string[];
  readonly headline: HeadlineDocument;
  readonly tables: readonly FindingsTable[];
  /** The numbers that it comes to, whose spread over several seeds is worth knowing; shares lie in [0, 1]. */
  readonly figures: readonly { readonly name: string; readonly value: number; readonly share?: boolean }[];
  readonly plots: readonly FindingsPlot[];
  readonly published: readonly { readonly source: string; readonly network: string; readonly says: string }[];
  readonly notes: readonly string[];
  readonly files: readonly string[];
  readonly provenance: ProvenanceDocument;
  readonly digest: string;
}
