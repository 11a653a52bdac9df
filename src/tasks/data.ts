/** Data sets on the command line: which there are, what each is, getting and verifying them. */
import { findSet } from "../data/store/find.ts";
import { getSet } from "../data/store/get.ts";
import type { FileRecord } from "../data/store/manifest.ts";
import { SOURCES, sourceOf } from "../data/store/registry.ts";
import type { RemoteFile, Source } from "../data/store/source.ts";
import { type Against, type Verified, verifySet } from "../data/store/verify.ts";
import { bytes, NONE, whole } from "../report/numbers.ts";
import { item, sections, table, wrap } from "../report/terminal/layout.ts";
import type { OnProgress, TaskReport } from "./options.ts";

/** Options of the commands on data sets. */
export interface DataOptions {
  /** Where sets are kept; by default RHEOBASE_DATA, or the user's cache. */
  readonly directory?: string | undefined;
  /** Which sets there are; by default the registry. */
  readonly sources?: readonly Source[];
  readonly signal?: AbortSignal | undefined;
}
/** Options for fetching a set. */
export interface DataGetOptions extends DataOptions {
  readonly force?: boolean;
  readonly keep?: boolean;
}

const HERE = { whole: "yes", part: "part", absent: "no" } as const;

/** Of all files, as published; undefined where one is not. */
function sizeOf({ files }: Source): number | undefined {
  const sizes = files.map((file) => file.bytes);
  return sizes.every((size) => size !== undefined) ? sizes.reduce((a, b) => a + b, 0) : undefined;
}
const sizeText = (size: number | undefined): string => (size === undefined ? NONE : bytes(size));
const files = (n: number): string => `${whole(n)} ${n === 1 ? "file" : "files"}`;

/** Which data sets there are, and which are here. */
export async function dataList({ sources = SOURCES, directory }: DataOptions): Promise<TaskReport> {
  const found = await Promise.all(sources.map((source) => findSet(source, { directory })));
  const rows = sources.map((source, k) => [
    source.name,
    source.title,
    sizeText(sizeOf(source)),
    HERE[found[k]!.presence],
  ]);
  const sets = sources.map((source, k) => {
    const { name, title, holds } = source;
    return { name, title, holds, bytes: sizeOf(source) ?? null, here: found[k]!.presence, folder: found[k]!.folder };
  });
  const text = sections([
    table([["name", "data set".padEnd(widest(rows, 1)), "download", "here"], ...padded(rows)]),
    wrap(`${NONE}: the size is not published. More of one: rheobase data info NAME. To get it: rheobase data get NAME`),
  ]);
  return { document: { sets }, text };
}
const widest = (rows: readonly (readonly string[])[], k: number): number =>
  Math.max(...rows.map((row) => row[k]!.length));
/** With the second column to the left, too. */
const padded = (rows: readonly (readonly string[])[]): string[][] =>
  rows.map(([name, title, ...more]) => [name!, title!.padEnd(widest(rows, 1)), ...more]);

/** @throws {UsageError} `unknown-name` */
export async function dataInfo(name: string, { sources = SOURCES, directory }: DataOptions): Promise<TaskReport> {
  const source = sourceOf(name, sources);
  const { presence, folder } = await findSet(source, { directory });
  const { title, holds, licence, citation, reader, call, page } = source;
  const here = { whole: `in ${folder}`, part: `a part, in ${folder}`, absent: `no; it would go to ${folder}` }[
    presence
  ];
  const facts: readonly (readonly [string, string])[] = [
    ["holds", holds],
    ["download", sizeOf(source) === undefined ? "size not published" : bytes(sizeOf(source)!)],
    ["here", here],
    ["format", reader],
    ["read with", `${call} of rheobase/data`],
    ["licence", licence],
    ["cite", citation],
    ["page", page],
    ...(source.byHand ? [["by hand", source.byHand] as const] : []),
  ];
  const text = sections([
    `${source.name}: ${title}`,
    facts.map(([what, text]) => wrap(`${what.padEnd(LABEL)}${text}`, " ".repeat(LABEL))).join("\n"),
    filesText(source.files),
  ]);
  return { document: { ...source, bytes: sizeOf(source) ?? null, here: presence, folder }, text };
}
/** Columns of what a fact is called. */
const LABEL = 11;
/** Files that text names; all are in JSON. */
const SHOWN = 8;

function filesText(all: readonly RemoteFile[]): string {
  const more = all.length - SHOWN;
  const rest = more > 0 ? [`and ${files(more)} more, which --json lists`] : [];
  return [...all.slice(0, SHOWN).map(fileText), ...rest].join("\n");
}
function fileText({ name, urls, bytes: size, checksum }: RemoteFile): string {
  const sum = checksum
    ? [`  ${checksum.algorithm} ${checksum.value}`, `  published by ${checksum.source}`]
    : ["  checksum not published: the first download is recorded, and compared with"];
  const head = `${name}  ${size === undefined ? "size not published" : `${whole(size)} bytes`}`;
  return [head, ...urls.map((url) => `  ${url}`), ...sum].join("\n");
}

/** @throws {DataError} as `getSet`; {RunError} `interrupted` */
export async function dataGet(name: string, options: DataGetOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { sources = SOURCES, ...rest } = options;
  const source = sourceOf(name, sources);
  const { folder, already, manifest } = await getSet(source, { ...rest, onProgress: shortened(onProgress) });
  const { unpacked } = manifest;
  const size = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const came = `${files(manifest.files.length)} (${bytes(size)})`;
  const out = unpacked ? `, ${files(unpacked.files)} unpacked (${bytes(unpacked.bytes)})` : "";
  const text = sections([
    wrap(`${source.name} ${already ? "was here already" : "is here"}: ${came}${out}, in ${folder}`, "  "),
    checkedText(manifest.files),
    [wrap(`Licence: ${source.licence}`, "  "), wrap(`Cite: ${source.citation}`, "  ")].join("\n"),
  ]);
  return { document: { name: source.name, folder, already, files: manifest.files, unpacked: unpacked ?? null }, text };
}

/** Columns of a progress bar for the name of its stage; what follows must fit into the line as well. */
const STAGE = 18;
const shortened =
  (onProgress: OnProgress): OnProgress =>
  ({ stage, ...rest }) =>
    onProgress({ stage: stage.length > STAGE ? `${stage.slice(0, STAGE - 1)}…` : stage, ...rest });

function checkedText(records: readonly FileRecord[]): string {
  const published = records.filter((record) => record.published !== null);
  const own = records.filter((record) => record.published === null);
  const lines: string[] = [];
  if (published.length > 0) lines.push(item(`${files(published.length)} with the checksum that is published`));
  if (own.length > 0)
    lines.push(
      item(
        `${files(own.length)} of which no checksum is published; \`rheobase data verify\` compares with this download`,
      ),
    );
  return lines.join("\n");
}

/** What files were compared with, in words. */
const AGAINST: Readonly<Record<Against, string>> = {
  sha256: "the SHA-256 that is published",
  md5: "the MD5 that is published",
  "git-blob": "the name that git gives the content where it is published",
  "first download": "the SHA-256 of the first download, as none is published",
  unpacking: "the SHA-256 recorded when they were unpacked from what was checked",
  nothing: "nothing: no checksum is published, and none was recorded",
};

/** The document's `right` says whether all is there and as it should be. @throws {DataError}; {RunError} `interrupted` */
export async function dataVerify(name: string, options: DataOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { sources = SOURCES, ...rest } = options;
  const source = sourceOf(name, sources);
  const { folder, files: all, right } = await verifySet(source, { ...rest, onProgress: shortened(onProgress) });
  const wrong = all.filter(({ state }) => state !== "right");
  const verdict = right ? "all right" : `${whole(wrong.length)} of ${whole(all.length)} not right`;
  const text = sections([
    wrap(`${source.name}: ${files(all.length)} in ${folder}, ${verdict}`, "  "),
    againstText(all),
    wrongText(wrong),
  ]);
  return { document: { name: source.name, folder, right, files: all }, text };
}

function againstText(all: readonly Verified[]): string {
  const kinds = (Object.keys(AGAINST) as Against[]).map((against) => ({
    against,
    count: all.filter((file) => file.against === against && file.state !== "missing").length,
  }));
  return kinds
    .filter(({ count }) => count > 0)
    .map(({ against, count }) => item(`${files(count)} compared with ${AGAINST[against]}`))
    .join("\n");
}

/** Files that text names; all are in JSON. */
const SHOWN_WRONG = 20;
function wrongText(wrong: readonly Verified[]): string {
  const lines = wrong.slice(0, SHOWN_WRONG).map(({ name, problem }) => item(`${name} ${problem}`));
  const more = wrong.length - SHOWN_WRONG;
  return [...lines, ...(more > 0 ? [`and ${files(more)} more, which --json lists`] : [])].join("\n");
}
