/**
 * Weka's attribute-relation files (ARFF): numeric, nominal, string and date attributes; rows with all values or, in braces,
 * those that are not zero; `?` where a value is missing.
 *
 * @see Weka, ARFF (stable version): https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/
 */
import { DataError } from "../../base/errors.ts";
import { dateReader, ISO_FORM } from "./arffDate.ts";
import { isMark, type Token, tokensOf } from "./arffTokens.ts";
import { badFile, type NamedBytes, unzipped } from "./bytes.ts";
import { quoted } from "./cells.ts";
import { type ColumnBuilder, columnBuilder } from "./columns.ts";
import { linesOf, streamOf, type TextOptions } from "./pieces.ts";
import type { ColumnKind, Table } from "./table.ts";

/** Options of `readArff`. */
export interface ArffOptions extends TextOptions {
  /** Most bytes that a gzipped file may hold; 1 GiB by default. */
  readonly maxBytes?: number;
  /** Most values of all rows together, because a row in braces is shorter than what it says; 2^27 by default. */
  readonly maxValues?: number;
}
const MAX_VALUES = 2 ** 27;
/** A table from an ARFF file. */
export interface ArffTable extends Table {
  /** What the file calls itself. */
  readonly relation: string;
}

/** @throws {DataError} `bad-file` with the line; `unsupported` for relational attributes and weights of rows */
export async function readArff(file: NamedBytes, options: ArffOptions = {}): Promise<ArffTable> {
  const { path } = file;
  const reader = new Reader(path, options.maxValues ?? MAX_VALUES);
  for await (const line of linesOf(streamOf(await unzipped(file, options.maxBytes)), options)) reader.read(line);
  return reader.table();
}

interface Attribute {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly builder: ColumnBuilder;
  /** What a sparse row means that does not mention it; undefined where it means nothing sure. */
  readonly zero: string | undefined;
}

/** Takes in one line after the other. */
class Reader {
  private readonly path: string;
  private readonly maxValues: number;
  private line = 0;
  private relation: string | undefined;
  private readonly attributes: Attribute[] = [];
  private readonly names = new Set<string>();
  private inData = false;
  private count = 0;

  constructor(path: string, maxValues: number) {
    this.path = path;
    this.maxValues = maxValues;
  }

  read(text: string): void {
    this.line++;
    const tokens = tokensOf(text, this.refuse);
    if (tokens.length === 0) return;
    if (this.inData) this.row(tokens);
    else this.declaration(tokens);
  }

  table(): ArffTable {
    if (!this.inData) throw badFile(this.path, `line ${this.line}: the file ends before @data`);
    const columns = this.attributes.map(({ builder }) => builder.take());
    return { path: this.path, relation: this.relation ?? "", count: this.count, columns };
  }

  private readonly refuse = (problem: string): DataError => badFile(this.path, `line ${this.line}: ${problem}`);

  private declaration([first, ...rest]: readonly Token[]): void {
    const keyword = first!.quoted ? "" : first!.text.toLowerCase();
    if (keyword === "@relation") this.nameRelation(rest);
    else if (keyword === "@attribute") this.attribute(rest);
    else if (keyword === "@data") this.begin(rest);
    else throw this.refuse(`expected @relation, @attribute or @data, found ${quoted(first!.text)}`);
  }

  private nameRelation(rest: readonly Token[]): void {
    if (this.relation !== undefined) throw this.refuse("there is a second @relation");
    if (rest.length !== 1)
      throw this.refuse(`expected one name, in quotes if it has spaces, found ${rest.length} words`);
    this.relation = rest[0]!.text;
  }

  private begin(rest: readonly Token[]): void {
    if (rest.length > 0) throw this.refuse(`expected nothing behind @data, found ${quoted(rest[0]!.text)}`);
    if (this.attributes.length === 0) throw this.refuse("@data comes before any @attribute");
    this.inData = true;
  }

  private attribute([name, type, ...rest]: readonly Token[]): void {
    if (!name || !type) throw this.refuse("expected @attribute, a name and a type");
    if (this.names.has(name.text)) throw this.refuse(`there is an attribute ${quoted(name.text)} already`);
    this.names.add(name.text);
    if (isMark(type, "{")) this.attributes.push(this.nominal(name.text, rest));
    else this.attributes.push(this.plain(name.text, type.text.toLowerCase(), rest));
  }

  private nominal(name: string, rest: readonly Token[]): Attribute {
    const end = rest.findIndex((token) => isMark(token, "}"));
    if (end < 0) throw this.refuse(`the categories of ${quoted(name)} have no }`);
    if (end !== rest.length - 1) throw this.refuse(`expected nothing behind }, found ${quoted(rest[end + 1]!.text)}`);
    const categories = this.valuesOf(rest.slice(0, end)).map(({ text }) => text);
    const seen = new Set<string>();
    for (const category of categories) {
      if (seen.has(category)) throw this.refuse(`the category ${quoted(category)} is there twice`);
      seen.add(category);
    }
    return { name, kind: "nominal", builder: columnBuilder("nominal", name, { categories }), zero: categories[0] };
  }

  private plain(name: string, type: string, rest: readonly Token[]): Attribute {
    if (type === "relational")
      throw new DataError(
        "unsupported",
        this.path,
        `line ${this.line}: ${quoted(name)} is relational; read are ${TYPES}`,
      );
    const kind = KINDS[type];
    if (!kind) throw this.refuse(`unknown type ${quoted(type)}; known: ${TYPES}`);
    if (rest.length > (kind === "date" ? 1 : 0))
      throw this.refuse(`expected nothing behind the type, found ${quoted(rest.at(-1)!.text)}`);
    const form = rest[0]?.text ?? ISO_FORM;
    const date = kind === "date" ? { date: { parse: dateReader(form, this.refuse), form } } : {};
    return { name, kind, builder: columnBuilder(kind, name, date), zero: kind === "number" ? "0" : undefined };
  }

  private row(tokens: readonly Token[]): void {
    if ((this.count + 1) * this.attributes.length > this.maxValues)
      throw this.refuse(`too large: more than ${this.maxValues} values`);
    if (isMark(tokens[0], "{")) this.sparse(tokens);
    else this.dense(tokens);
    this.count++;
  }

  private dense(tokens: readonly Token[]): void {
    const values = this.valuesOf(this.withoutWeight(tokens));
    const { attributes } = this;
    if (values.length !== attributes.length)
      throw this.refuse(`expected ${attributes.length} values, found ${values.length}`);
    for (let k = 0; k < values.length; k++) this.add(attributes[k]!, values[k]!);
  }

  /** Each entry is the number of an attribute, from 0, and its value; numbers ascend. */
  private sparse(tokens: readonly Token[]): void {
    const end = tokens.findIndex((token) => isMark(token, "}"));
    if (end < 0) throw this.refuse("the row in braces has no }");
    const [behind] = this.withoutWeight(tokens.slice(end + 1));
    if (behind) throw this.refuse(`column ${behind.at}: expected nothing behind }, found ${quoted(behind.text)}`);
    const words = tokens.slice(1, end).filter((token) => !isMark(token, ","));
    let next = 0;
    for (let k = 0; k < words.length; k += 2) {
      const at = this.entryOf(words[k]!, next);
      if (!words[k + 1]) throw this.refuse(`attribute ${at} has no value`);
      for (; next < at; next++) this.addZero(this.attributes[next]!);
      this.add(this.attributes[next++]!, words[k + 1]!);
    }
    for (; next < this.attributes.length; next++) this.addZero(this.attributes[next]!);
  }

  private entryOf({ text }: Token, least: number): number {
    const at = /^\d+$/.test(text) ? Number(text) : -1;
    if (at < least || at >= this.attributes.length)
      throw this.refuse(
        `expected the number of an attribute from ${least} to ${this.attributes.length - 1}, found ${quoted(text)}`,
      );
    return at;
  }

  private add({ name, builder }: Attribute, token: Token): void {
    if (token.text === "?" && !token.quoted) builder.addMissing();
    else builder.add(token.text, (problem) => this.refuse(`attribute '${name}': ${problem}`));
  }

  private addZero({ name, kind, builder, zero }: Attribute): void {
    if (zero === undefined)
      throw this.refuse(`attribute '${name}' is a ${kind}, which a row in braces must give: it has no zero`);
    builder.add(zero, this.refuse);
  }

  /** Words, each but the last with at most one comma behind it; a brace is none. */
  private valuesOf(tokens: readonly Token[]): Token[] {
    const values: Token[] = [];
    let comma = true;
    for (const token of tokens) {
      if (isMark(token, ",") && comma) throw this.refuse(`column ${token.at}: there is no value before the comma`);
      comma = isMark(token, ",");
      if (isMark(token, "{") || isMark(token, "}")) throw this.refuse(`column ${token.at}: a brace inside a row`);
      if (!comma) values.push(token);
    }
    if (comma && values.length > 0) throw this.refuse("there is no value behind the last comma");
    return values;
  }

  private withoutWeight(tokens: readonly Token[]): readonly Token[] {
    const brace = tokens.findIndex((token) => isMark(token, "{"));
    if (brace >= 0)
      throw new DataError("unsupported", this.path, `line ${this.line}: has a weight in braces; weights are not read`);
    return tokens;
  }
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  numeric: "number",
  real: "number",
  integer: "number",
  string: "text",
  date: "date",
};
const TYPES = `${Object.keys(KINDS).join(", ")} and categories in braces`;
