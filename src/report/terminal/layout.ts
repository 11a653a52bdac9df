/** Text within a terminal's width: wrapped paragraphs, lists and tables, with or without colour, in Unicode or ASCII. */
import { widthOf } from "./width.ts";

export const WIDTH = 80;

/** What a terminal can show. */
export interface View {
  /** Columns; texts keep within 80 of them at most. */
  readonly width: number;
  readonly unicode: boolean;
  readonly colour: boolean;
}
export const PLAIN: View = { width: WIDTH, unicode: true, colour: false };

/** What a piece of text is, which colours may say beside its words. */
export type Tone = "title" | "spiking" | "twin" | "other" | "dim";
export type Cell = string | { readonly text: string; readonly tone: Tone };
export type Row = readonly string[];
export type StyledRow = readonly Cell[];

const textOf = (cell: Cell): string => (typeof cell === "string" ? cell : cell.text);

/**
 * Begin and end of a look (ECMA-48, SGR): bold, blue, yellow, magenta, faint. Blue and yellow are told apart by
 * everybody; words say the same.
 */
const TONES: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  title: [1, 22],
  spiking: [34, 39],
  twin: [33, 39],
  other: [35, 39],
  dim: [2, 22],
};

export function paint(cell: Cell, { colour }: Pick<View, "colour">): string {
  if (typeof cell === "string" || !colour) return textOf(cell);
  const [on, off] = TONES[cell.tone];
  return `\u001b[${on}m${cell.text}\u001b[${off}m`;
}

/** A line above a section. */
export const heading = (text: string, view: Pick<View, "colour">): string => paint({ text, tone: "title" }, view);

/** Breaks text at spaces; every line but the first starts with `indent`. */
export function wrap(text: string, indent = "", width = WIDTH): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= width || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line].join("\n");
}

/** A line of a list. */
export const item = (text: string, width = WIDTH): string => wrap(`- ${text}`, "  ", width);
/** Sections with an empty line between them; empty ones are left out. */
export const sections = (parts: readonly string[]): string => `${parts.filter((p) => p !== "").join("\n\n")}\n`;

/** Columns two spaces apart: the first to the left, the others to the right. */
export function table(rows: readonly StyledRow[], view: Pick<View, "colour"> = PLAIN): string {
  const columns = Math.max(...rows.map((r) => r.length));
  const width = (cell: Cell = ""): number => widthOf(textOf(cell));
  const widths = Array.from({ length: columns }, (_, k) => Math.max(...rows.map((r) => width(r[k]))));
  const cell = (c: Cell, k: number): string => {
    const space = " ".repeat(widths[k]! - width(c));
    return k === 0 ? paint(c, view) + space : space + paint(c, view);
  };
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}

const columnsOf = (text: string): number => Math.max(...text.split("\n").map(widthOf));

/** A table within the width: columns that have no room go below, beside the first column again. */
export function fittedTable(rows: readonly StyledRow[], view: Pick<View, "colour" | "width">): string {
  const columns = Math.max(...rows.map((r) => r.length)) - 1;
  const fits = (text: string): boolean => columnsOf(text) <= view.width;
  for (let each = columns; each > 1; each = Math.ceil(each / 2)) {
    const parts = partsOf(rows, columns, each);
    if (parts.every((part) => fits(table(part)))) return parts.map((part) => table(part, view)).join("\n\n");
  }
  return partsOf(rows, columns, 1)
    .map((part) => table(part, view))
    .join("\n\n");
}
const partsOf = (rows: readonly StyledRow[], columns: number, each: number): StyledRow[][] =>
  Array.from({ length: Math.ceil(columns / each) }, (_, k) =>
    rows.map(([first = "", ...rest]) => [first, ...rest.slice(k * each, (k + 1) * each)]),
  );

/** A table of words in three columns, all to the left. */
export function leftTable(rows: readonly Row[]): string {
  const width = (k: number): number => Math.max(...rows.map((r) => widthOf(r[k]!)));
  const padded = (text: string, k: number): string => text + " ".repeat(width(k) - widthOf(text));
  return table(rows.map(([a, b, c]) => [a!, padded(b!, 1), padded(c!, 2)]));
}

/** Signs that have a name in ASCII; letters lose their accents; what is left becomes a question mark. */
const ASCII: Readonly<Record<string, string>> = {
  µ: "u",
  μ: "u",
  "×": "x",
  "·": "*",
  "–": "-",
  "—": "-",
  "−": "-",
  "…": "...",
  "≥": ">=",
  "≤": "<=",
  "±": "+-",
  "√": "sqrt ",
  "“": '"',
  "”": '"',
  "’": "'",
};
/** Every string of a document as ASCII, before anything is measured and laid out. */
export const asciiOf = <T>(document: T): T => eachText(document, asciiText);
export const asciiText = (text: string): string =>
  text
    .replace(/[^\p{ASCII}]/gu, (sign) => ASCII[sign] ?? sign.normalize("NFD").replace(/\p{M}/gu, ""))
    .replace(/[^\p{ASCII}]/gu, "?");

/** What a terminal would obey, escape sequences first, is shown as a question mark: names come from anywhere. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
export const harmless = (text: string): string => text.replace(CONTROL, "?");
export const harmlessOf = <T>(document: T): T => eachText(document, harmless);

function eachText<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : (value.map((x) => eachText(x, change)) as T);
  return Object.fromEntries(Object.entries(value).map(([key, x]) => [change(key), eachText(x, change)])) as T;
}
