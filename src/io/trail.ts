/**
 * Trails of runs as files: one sealed HDF5 file each.
 *
 *   @format, @version     "rheobase-trail", 1
 *   origin                JSON text: version, settings, dt, steps, every, sizes, and what the columns are
 *   digests/<k>           i64 [steps + 1]: of column k, before the first step and after each
 *   values/<k>            f32 or f64 [rows][length]
 *   spikes/<population>/{steps, indices, samples}   i64
 *   (last line)           checksum of all bytes before it
 */
import type { Stored } from "../sim/divergence/column.ts";
import type { Trail, TrailColumn } from "../sim/divergence/trail.ts";
import type { Spikes } from "../sim/recording.ts";
import {
  badFile,
  checkedForSaving,
  either,
  finite,
  integer,
  listOf,
  mustBe,
  oneOf,
  type Reader,
  recordOf,
  requireFormat,
  struct,
  text,
} from "./check.ts";
import { readBytes, writeBytes } from "./file.ts";
import { decodeHdf5, encodeHdf5, isNumbers, isTree, type Leaf, type NumberArray, type Tree } from "./hdf5.ts";
import { jsonIn } from "./json.ts";
import { seal, unseal } from "./seal.ts";

const FORMAT = "rheobase-trail";
const VERSION = 1;
const KIND = "a trail";
const MEMBERS = ["origin", "digests", "values", "spikes"];

type Head = Omit<TrailColumn, "digests" | "values">;
type Origin = Omit<Trail, "columns" | "spikes"> & {
  readonly columns: readonly Head[];
  readonly spiking: readonly string[];
};

const MOST_COLUMNS = 10_000;
const word: Reader<string | number> = either((x) => typeof x === "number", finite, text);
const origin = struct<Origin>({
  version: text,
  settings: recordOf(word),
  dt: finite,
  steps: integer(0, 2 ** 31),
  every: integer(1, 2 ** 31),
  sizes: recordOf(integer(1, 2 ** 31)),
  columns: listOf(
    struct<Head>({
      population: text,
      variable: text,
      stored: oneOf<Stored>("f32", "f64", "other"),
      length: integer(1, 2 ** 31),
    }),
    MOST_COLUMNS,
  ),
  spiking: listOf(text, MOST_COLUMNS),
});

/** The bytes of a trail. @throws {DataError} `unsupported` for what cannot be saved */
export async function encodeTrail(trail: Trail): Promise<Uint8Array> {
  const { columns, spikes, ...rest } = trail;
  const heads = columns.map(({ population, variable, stored, length }) => ({ population, variable, stored, length }));
  const head = checkedForSaving(origin, { ...rest, columns: heads, spiking: Object.keys(spikes) }, "trail");
  const numbered = (of: (c: TrailColumn) => Leaf): Tree => new Map(columns.map((c, k) => [String(k), of(c)]));
  const root = new Map<string, Tree | Leaf>([
    ["origin", JSON.stringify(head)],
    [
      "digests",
      numbered(({ digests }) => vector(BigInt64Array.from(digests, (d) => BigInt.asIntN(64, BigInt(`0x${d}`))))),
    ],
    ["values", numbered(({ values, length }) => ({ data: values, shape: [values.length / length, length] }))],
    ["spikes", new Map(Object.values(spikes).map((list, k) => [String(k), spikesTree(list)]))],
  ]);
  const attributes = new Map<string, string | number>([
    ["format", FORMAT],
    ["version", VERSION],
  ]);
  return seal(await encodeHdf5({ attributes, root }));
}
const vector = (data: NumberArray): Leaf => ({ data, shape: [data.length] });
const integers = (list: Uint32Array): Leaf => vector(BigInt64Array.from(list, BigInt));
const spikesTree = ({ steps, indices, samples }: Spikes): Tree =>
  new Map([
    ["steps", integers(steps)],
    ["indices", integers(indices)],
    ["samples", integers(samples)],
  ]);

/** @throws {DataError} `bad-file` with the place of the first fault */
export async function decodeTrail(bytes: Uint8Array, path = "trail"): Promise<Trail> {
  const { attributes, root } = await decodeHdf5(unseal(bytes, path, KIND), MEMBERS, path);
  const given = { format: attributes.get("format"), version: attributes.get("version") };
  requireFormat(given, { format: FORMAT, version: VERSION }, path);
  const { columns: heads, spiking, ...rest } = origin(jsonIn(root, "origin", path), `${path}.origin`);
  const [digests, values, spikes] = ["digests", "values", "spikes"].map((name) =>
    treeIn(root.get(name), `${path}.${name}`),
  );
  const rows = Math.floor(rest.steps / rest.every) + 1;
  const columns = heads.map((head, k): TrailColumn => {
    const numbers = arrayIn(values!.get(String(k)), rows * head.length, `${path}.values.${k}`);
    if (numbers instanceof BigInt64Array) throw mustBe("an array of f32 or f64", numbers, `${path}.values.${k}`);
    const words = wordsIn(digests!.get(String(k)), rest.steps + 1, `${path}.digests.${k}`);
    const hex = Array.from(words, (x) => BigInt.asUintN(64, x).toString(16).padStart(16, "0"));
    return { ...head, digests: hex, values: numbers };
  });
  const lists = spiking.map((node, k) => {
    const at = `${path}.spikes.${k}`;
    return [node, spikesIn(treeIn(spikes!.get(String(k)), at), at)] as const;
  });
  return { ...rest, columns, spikes: Object.fromEntries(lists) };
}
function treeIn(x: Tree | Leaf | undefined, path: string): Tree {
  if (isTree(x)) return x;
  throw badFile(path, "must be a group");
}
function arrayIn(x: Tree | Leaf | undefined, length: number | undefined, path: string): NumberArray {
  if (!isNumbers(x)) throw badFile(path, "must be numbers");
  if (length !== undefined && x.data.length !== length) throw mustBe(`${length} numbers`, x.data.length, path);
  return x.data;
}
function wordsIn(x: Tree | Leaf | undefined, length: number | undefined, path: string): BigInt64Array {
  const data = arrayIn(x, length, path);
  if (data instanceof BigInt64Array) return data;
  throw badFile(path, "must be numbers of type i64");
}
function spikesIn(tree: Tree, path: string): Spikes {
  const list = (name: string, length?: number): Uint32Array =>
    Uint32Array.from(wordsIn(tree.get(name), length, `${path}.${name}`), Number);
  const steps = list("steps");
  return { steps, indices: list("indices", steps.length), samples: list("samples", steps.length) };
}

/** Writes a trail: the whole file, or none of it. @throws {DataError} `write-failed` */
export async function writeTrail(file: string, trail: Trail): Promise<void> {
  await writeBytes(file, await encodeTrail(trail));
}
/** @throws {DataError} `missing-file`; `bad-file` as `decodeTrail`, with the file's name */
export async function readTrail(file: string): Promise<Trail> {
  return decodeTrail(await readBytes(file), file);
}
