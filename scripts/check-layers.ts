/**
 * Fails when the layering of ARCHITECTURE.md is broken: an import that points up or to a stranger, an unknown layer,
 * inner code that leans on an index.ts, names that pass through two doors, a cycle of values. Long files are warned of.
 *
 *   tsx scripts/check-layers.ts [src]
 *
 * Files are parsed, not searched, so comments and strings cannot mislead. `import type`, `import("…")` in a type and a
 * dynamic `import("…")` count for the layers like any other; for cycles only what runs counts, dynamic imports among it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, posix, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { parseSync } from "vite";

/** Bottom first. Folders of one row are strangers to each other. */
const LAYERS: readonly (readonly string[])[] = [
  ["base"],
  ["ir"],
  ["model"],
  ["backend"],
  ["sim"],
  ["analysis"],
  ["learn", "quantize", "convert", "chips", "energy", "nef", "data", "io", "report"],
  ["tasks"],
  ["cli"],
  ["index.ts"],
];
/** Within a row: who may import whom. */
const FRIENDS: ReadonlySet<string> = new Set(["convert -> quantize", "chips -> quantize"]);
const LONG_FILE = 500;

/** `value`: needed when the module runs; `type`: gone after compilation; `dynamic`: fetched later, but it runs. */
type Kind = "value" | "type" | "dynamic";

interface Import {
  readonly specifier: string;
  readonly kind: Kind;
  /** An `export … from`, which hands the names on. */
  readonly reexport: boolean;
}

interface SourceFile {
  /** Path below the root, with `/`. */
  readonly name: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Faults that need no other file to be seen. */
  readonly faults: readonly string[];
}

export interface Report {
  readonly files: number;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Just enough of an ESTree node to walk it. */
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === "string";
const isIndex = (name: string): boolean => basename(name) === "index.ts";

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
}

/** The text of a literal, or of a template without holes. */
function literal(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  const quasis = node.type === "TemplateLiteral" ? (node.quasis as { value: { cooked: string } }[]) : [];
  return quasis.length === 1 ? quasis[0]?.value.cooked : undefined;
}

function importsOf(program: Node, faults: string[]): Import[] {
  const found: Import[] = [];
  const add = (source: unknown, kind: Kind, reexport = false): void => {
    const specifier = literal(source);
    if (specifier !== undefined) found.push({ specifier, kind, reexport });
    else if (kind === "dynamic") faults.push("a dynamic import of something other than a literal cannot be checked");
  };
  const rules: Readonly<Record<string, (node: Node) => void>> = {
    ImportDeclaration: (n) => add(n.source, n.importKind === "type" ? "type" : "value"),
    ExportNamedDeclaration: (n) => n.source && add(n.source, n.exportKind === "type" ? "type" : "value", true),
    ExportAllDeclaration: (n) => add(n.source, n.exportKind === "type" ? "type" : "value", true),
    ImportExpression: (n) => add(n.source, "dynamic"),
    TSImportType: (n) => add(n.source, "type"),
    TSImportEqualsDeclaration: () => faults.push("'import x = require(…)' is not ESM"),
  };
  walk(program, (node) => rules[node.type]?.(node));
  return found;
}

/** An index.ts hands names on and does nothing else; every other file keeps its names to its own. */
function doorFaults(name: string, body: readonly Node[]): string[] {
  const faults: string[] = [];
  if (body.some((n) => n.type === "ExportDefaultDeclaration")) faults.push("default export");
  if (isIndex(name)) {
    if (body.some((n) => n.type === "ExportAllDeclaration")) faults.push("'export *': an index names what it exports");
    const own = body.filter((n) => n.type !== "ExportAllDeclaration" && n.type !== "ExportDefaultDeclaration");
    const isPlain = (n: Node): boolean =>
      n.type === "ExportNamedDeclaration" &&
      (n.source != null || (n.specifiers as unknown[]).length === 0) &&
      !n.declaration;
    if (!own.every(isPlain)) faults.push("an index.ts holds re-exports and nothing else");
  }
  return faults;
}

function readSource(root: string, name: string): SourceFile {
  const text = readFileSync(join(root, name), "utf8");
  const parsed = parseSync(name, text);
  const syntax = parsed.errors.map((e) => `does not parse: ${e.message}`);
  const program = parsed.program as unknown as Node;
  const faults = [...syntax, ...doorFaults(name, program.body as Node[])];
  const imports = importsOf(program, faults);
  return { name, lines: text.split("\n").length - 1, imports, faults };
}

/** The first part of a path: a folder of src, or a file that lies in src itself. */
const layerOf = (name: string): string => name.split("/")[0] ?? name;
const LEVEL: ReadonlyMap<string, number> = new Map(LAYERS.flatMap((names, k) => names.map((n) => [n, k] as const)));

/** What is wrong with one relative import, or nothing. */
function edgeFault(root: string, from: string, to: string, edge: Import): string | undefined {
  const [a, b] = [layerOf(from), layerOf(to)];
  const [low, high] = [LEVEL.get(a), LEVEL.get(b)];
  if (to.startsWith("../")) return "leaves the source folder";
  if (!existsSync(join(root, to))) return "no such file (write the whole name, with .ts)";
  if (high === undefined) return `unknown layer '${b}'`;
  if (low === undefined) return undefined; // said once, of the file itself
  if (high > low) return `${a} may not import ${b}, a layer above it`;
  if (high === low && a !== b && !FRIENDS.has(`${a} -> ${b}`)) return `${a} and ${b} are strangers`;
  if (isIndex(to) && !isIndex(from))
    return "inner code never imports an index.ts; import the file that defines the name";
  if (edge.reexport && !isIndex(from)) return "only an index.ts re-exports";
  return undefined;
}

/** A cycle for every edge that closes one, as `a -> b -> a`, beginning with its first name in order. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (name: string): void => {
    const at = trail.indexOf(name);
    if (at >= 0) {
      const ring = trail.slice(at);
      const start = ring.indexOf([...ring].sort()[0] ?? name);
      const turned = [...ring.slice(start), ...ring.slice(0, start)];
      found.add([...turned, turned[0]].join(" -> "));
    }
    if (at >= 0 || done.has(name)) return;
    trail.push(name);
    for (const next of edges.get(name) ?? []) visit(next);
    trail.pop();
    done.add(name);
  };
  for (const name of edges.keys()) visit(name);
  return [...found];
}

export function checkLayers(root: string): Report {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.split(sep).join("/"))
    .sort();
  const problems: string[] = [];
  const warnings: string[] = [];
  const edges = new Map<string, string[]>();
  for (const { name, lines, imports, faults } of names.map((n) => readSource(root, n))) {
    const targets: string[] = [];
    edges.set(name, targets);
    if (!LEVEL.has(layerOf(name))) problems.push(`${name}: unknown layer '${layerOf(name)}'`);
    for (const fault of faults) problems.push(`${name}: ${fault}`);
    for (const edge of imports.filter((i) => i.specifier.startsWith("."))) {
      const to = posix.normalize(posix.join(dirname(name), edge.specifier));
      const fault = edgeFault(root, name, to, edge);
      if (fault) problems.push(`${name}: '${edge.specifier}': ${fault}`);
      if (edge.kind !== "type") targets.push(to);
    }
    if (lines > LONG_FILE) warnings.push(`${name}: ${lines} lines; above ${LONG_FILE} a file wants to be two`);
  }
  for (const cycle of cycles(edges)) problems.push(`cycle: ${cycle}`);
  return { files: names.length, problems, warnings };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { files, problems, warnings } = checkLayers(process.argv[2] ?? "src");
  for (const warning of warnings) console.error(`warning: ${warning}`);
  for (const problem of problems) console.error(problem);
  console.log(`layers: ${files} files, ${problems.length} problems, ${warnings.length} warnings`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
