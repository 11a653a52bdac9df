/** Files that a command writes: the suffix says what each is to hold. */
import { UsageError } from "../base/errors.ts";
import { requireFolder, writeBytes } from "../io/file.ts";
import type { PageDocument } from "../report/html/page.ts";

/** A trained network, a page to look at, the result as plain data. */
const KINDS = { ".h5": "network", ".html": "page", ".json": "data" } as const;
export type OutputKind = (typeof KINDS)[keyof typeof KINDS];

export interface Output<K extends string = OutputKind> {
  readonly file: string;
  readonly kind: K;
}
/** By suffix. */
export type Kinds<K extends string> = Readonly<Record<string, K>>;

/**
 * Checks all before any work is done.
 * @param allowed kinds that the command can write
 * @throws {UsageError} for a suffix that it cannot write, or a file named twice; {DataError} `write-failed` for a folder
 */
export async function outputsOf(
  out: string | readonly string[] | undefined,
  allowed: readonly OutputKind[],
): Promise<readonly Output[]> {
  return filesBySuffix(out, KINDS, allowed);
}
/** As `outputsOf`, of a command with kinds of its own. */
export async function filesBySuffix<K extends string>(
  out: string | readonly string[] | undefined,
  kinds: Kinds<K>,
  allowed: readonly K[] = Object.values(kinds),
): Promise<readonly Output<K>[]> {
  const outputs = filesOf(out).map((file) => ({ file, kind: kindOf(file, kinds, allowed) }));
  await requireDifferent(outputs);
  for (const { file } of outputs) await requireFolder(file);
  return outputs;
}
export const filesOf = (out: string | readonly string[] | undefined): readonly string[] =>
  out === undefined ? [] : typeof out === "string" ? [out] : out;

function kindOf<K extends string>(file: string, kinds: Kinds<K>, allowed: readonly K[]): K {
  const suffix = Object.keys(kinds).find((s) => file.toLowerCase().endsWith(s));
  const known = Object.keys(kinds).filter((s) => allowed.includes(kinds[s]!));
  if (suffix && allowed.includes(kinds[suffix]!)) return kinds[suffix]!;
  const hint = suffix === ".h5" ? " (a trained network: 'rheobase train' saves one)" : "";
  throw new UsageError("usage", file, `--out writes files that end in ${listed(known)}, not ${ending(file)}${hint}`);
}
const listed = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
function ending(file: string): string {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `in ${name.slice(dot)}` : "without a suffix";
}

async function requireDifferent(outputs: readonly Output<string>[]): Promise<void> {
  if (outputs.length < 2) return;
  const { resolve } = await import("node:path");
  const seen = new Set<string>();
  for (const { file } of outputs) {
    if (seen.has(resolve(file))) throw new UsageError("usage", file, "--out names this file twice");
    seen.add(resolve(file));
  }
}

/** Whether anything asks for a look inside the network. */
export const isReported = (outputs: readonly Output[]): boolean => outputs.some((o) => o.kind !== "network");

/** Writes pages and data; each is whole, or what it was before. @throws {DataError} `write-failed` */
export async function writeReports(outputs: readonly Output[], document: PageDocument): Promise<void> {
  for (const { file, kind } of outputs) if (kind !== "network") await writeReport(file, kind, document);
}
export async function writeReport(file: string, kind: "page" | "data", document: PageDocument): Promise<void> {
  await writeBytes(file, new TextEncoder().encode(await TEXTS[kind](document)));
}
const TEXTS: Readonly<Record<Exclude<OutputKind, "network">, (document: PageDocument) => Promise<string>>> = {
  page: async (document) => (await import("../report/html/page.ts")).pageOf(document),
  data: async (document) => `${JSON.stringify(document, null, 2)}\n`,
};
