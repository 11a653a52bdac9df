import { badFile, type NamedBytes, reasonOf } from "./bytes.ts";
import { numberOf, quoted } from "./cells.ts";

/** In pixels from the left and from the top. */
export interface VocBox {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}
/** One object of an annotation. */
export interface VocObject {
  /** Of the class. */
  readonly name: string;
  readonly box: VocBox;
  /** Marked as hard to recognise: evaluations leave those out. */
  readonly difficult: boolean;
  /** Marked as reaching beyond its box. */
  readonly truncated: boolean;
}
/** What a Pascal VOC file says of an image. */
export interface VocAnnotation {
  /** As the file says, which is not always its image's name. */
  readonly filename: string | undefined;
  readonly width: number;
  readonly height: number;
  /** Channels of the image. */
  readonly depth: number | undefined;
  readonly objects: readonly VocObject[];
}

/** More than any real annotation. */
const MAX_BYTES = 2 ** 20;
/** Of an image. */
const MAX_SIDE = 2 ** 20;

type Node = Readonly<Record<string, unknown>>;

/** @throws {DataError} `bad-file` with the place in the XML, or the object and what is wrong with it */
export async function readVoc(file: NamedBytes): Promise<VocAnnotation> {
  const root = await parse(file);
  const { path } = file;
  const size = nodeOf(path, "size", root["size"]);
  const [width, height] = (["width", "height"] as const).map((side) => integer(path, `size.${side}`, size[side]));
  const objects = asArray(root["object"]).map((object, k) =>
    objectOf(path, `object ${k + 1}`, object, width!, height!),
  );
  return {
    filename: typeof root["filename"] === "string" ? text(path, "filename", root["filename"]) : undefined,
    width: width!,
    height: height!,
    depth: size["depth"] === undefined ? undefined : integer(path, "size.depth", size["depth"]),
    objects,
  };
}

async function parse({ path, bytes }: NamedBytes): Promise<Node> {
  if (bytes.length > MAX_BYTES) throw badFile(path, `too large: an annotation of more than ${MAX_BYTES} bytes`);
  const xml = decoded(path, bytes);
  const declared = xml.search(/<!DOCTYPE/i);
  if (declared >= 0) throw badFile(path, `at character ${declared}: has a document type, which annotations have not`);
  const { XMLParser } = await import("fast-xml-parser");
  const parser = new XMLParser({ processEntities: false, parseTagValue: false });
  let document: unknown;
  try {
    document = parser.parse(xml, true);
  } catch (cause) {
    throw badFile(path, `is not XML: ${reasonOf(cause)} (line and column)`, { cause });
  }
  return nodeOf(path, "annotation", nodeOf(path, "the file", document)["annotation"]);
}

function decoded(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badFile(path, "is not UTF-8 text", { cause });
  }
}

function objectOf(path: string, where: string, given: unknown, width: number, height: number): VocObject {
  const object = nodeOf(path, where, given);
  return {
    name: text(path, `${where}: name`, object["name"]),
    box: boxOf(path, where, nodeOf(path, `${where}: bndbox`, object["bndbox"]), width, height),
    difficult: flag(path, `${where}: difficult`, object["difficult"]),
    truncated: flag(path, `${where}: truncated`, object["truncated"]),
  };
}

function boxOf(path: string, where: string, box: Node, width: number, height: number): VocBox {
  const edge = (name: keyof VocBox, least: number, most: number): number => {
    const value = numberOf(text(path, `${where}: ${name}`, box[name]));
    if (!(value !== undefined && value >= least && value <= most))
      throw badFile(
        path,
        `${where}: ${name} must be a number from ${least} to ${most}, found ${quoted(String(box[name]))}`,
      );
    return value;
  };
  const [xmin, ymin] = [edge("xmin", 0, width), edge("ymin", 0, height)];
  return { xmin, ymin, xmax: edge("xmax", xmin, width), ymax: edge("ymax", ymin, height) };
}

function nodeOf(path: string, where: string, node: unknown): Node {
  if (typeof node !== "object" || node === null || Array.isArray(node))
    throw badFile(path, `${where}: expected one element with others in it, found ${kindOf(node)}`);
  return node as Node;
}

function text(path: string, where: string, node: unknown): string {
  if (typeof node !== "string" || node === "")
    throw badFile(path, `${where}: expected one element with text, found ${kindOf(node)}`);
  return node.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!);
}
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function kindOf(node: unknown): string {
  if (node === undefined) return "none";
  if (Array.isArray(node)) return `${node.length}`;
  return typeof node === "string" ? (node === "" ? "an empty one" : `text ${quoted(node)}`) : "others in it";
}

function integer(path: string, where: string, node: unknown): number {
  const value = Number(text(path, where, node));
  if (!(Number.isInteger(value) && value >= 1 && value <= MAX_SIDE))
    throw badFile(path, `${where} must be an integer from 1 to ${MAX_SIDE}, found ${quoted(String(node))}`);
  return value;
}

function flag(path: string, where: string, node: unknown): boolean {
  if (node === undefined) return false;
  if (node !== "0" && node !== "1") throw badFile(path, `${where} must be 0 or 1, found ${kindOf(node)}`);
  return node === "1";
}

const asArray = (node: unknown): readonly unknown[] => (node === undefined ? [] : Array.isArray(node) ? node : [node]);
