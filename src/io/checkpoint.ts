/**
 * The checkpoint: trainings on their way, as one sealed HDF5 file.
 *
 *   @format, @version   "rheobase-checkpoint", 1
 *   origin              JSON text: what a run must share with the one that is saved to go on from it
 *   trainings           JSON text: state of each training by name, plain data
 *   arrays/<training>/<name>  f32 or f64, names as in a URL
 *   (last line)         checksum of all bytes before it
 *
 * What the states and arrays mean is for those who train to say. Numbers are kept bit for bit: JSON holds a double in
 * as many digits as tell it apart, the arrays are binary.
 */
import { DataError } from "../base/errors.ts";
import { badFile, checkedForSaving, mustBe, plainObject, recordOf, requireFormat } from "./check.ts";
import { readBytes, writeBytes } from "./file.ts";
import { decodeHdf5, encodeHdf5, isNumbers, isTree, type Leaf, type Tree } from "./hdf5.ts";
import { jsonIn } from "./json.ts";
import { seal, unseal } from "./seal.ts";

export type FloatArrays = ReadonlyMap<string, Float32Array | Float64Array>;
/** One training on its way. */
export interface SavedTraining {
  /** Plain data. */
  readonly state: object;
  readonly arrays: FloatArrays;
}
/** Trainings on their way, and what they belong to. */
export interface Checkpoint {
  /** Plain data. */
  readonly origin: object;
  readonly trainings: ReadonlyMap<string, SavedTraining>;
}

const FORMAT = "rheobase-checkpoint";
const VERSION = 1;
const MEMBERS = ["origin", "trainings", "arrays"];
const KIND = "a checkpoint";
const states = recordOf(plainObject);

/**
 * The bytes of a checkpoint.
 *
 * @throws {DataError} `unsupported` for what cannot be saved, with its path
 */
export async function encodeCheckpoint({ origin, trainings }: Checkpoint): Promise<Uint8Array> {
  const all = [...trainings];
  const saved = checkedForSaving(
    states,
    Object.fromEntries(all.map(([name, t]) => [name, t.state])),
    "checkpoint.trainings",
  );
  const root = new Map<string, Tree | Leaf>([
    ["origin", JSON.stringify(checkedForSaving(plainObject, origin, "checkpoint.origin"))],
    ["trainings", JSON.stringify(saved)],
    ["arrays", new Map(all.map(([name, t]) => [encodeURIComponent(name), treeOf(t.arrays)]))],
  ]);
  const attributes = new Map<string, string | number>([
    ["format", FORMAT],
    ["version", VERSION],
  ]);
  return seal(await encodeHdf5({ attributes, root }));
}
const treeOf = (arrays: FloatArrays): Tree =>
  new Map([...arrays].map(([name, data]) => [encodeURIComponent(name), { data, shape: [data.length] }]));

/**
 * Reads the bytes of a checkpoint.
 * @param path what errors call it
 * @throws {DataError} `bad-file` with the place of the first fault
 */
export async function decodeCheckpoint(bytes: Uint8Array, path = "checkpoint"): Promise<Checkpoint> {
  const { attributes, root } = await decodeHdf5(unseal(bytes, path, KIND), MEMBERS, path);
  const given = { format: attributes.get("format"), version: attributes.get("version") };
  requireFormat(given, { format: FORMAT, version: VERSION }, path);
  const origin = plainObject(jsonIn(root, "origin", path), `${path}.origin`);
  const arrays = groupIn(root.get("arrays"), `${path}.arrays`);
  const trainings = Object.entries(states(jsonIn(root, "trainings", path), `${path}.trainings`));
  return {
    origin,
    trainings: new Map(
      trainings.map(([name, state]) => {
        const at = `${path}.arrays.${name}`;
        return [name, { state, arrays: arraysOf(groupIn(arrays.get(encodeURIComponent(name)), at), at) }];
      }),
    ),
  };
}
function groupIn(x: Tree | Leaf | undefined, path: string): Tree {
  if (isTree(x)) return x;
  throw badFile(path, "must be a group");
}
const arraysOf = (group: Tree, path: string): FloatArrays =>
  new Map([...group].map(([name, x]) => [nameOf(name, path), arrayOf(x, `${path}.${name}`)]));
function nameOf(encoded: string, path: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw badFile(`${path}.${encoded}`, "is no name as in a URL", { cause });
  }
}
function arrayOf(x: Tree | Leaf, path: string): Float32Array | Float64Array {
  if (isNumbers(x) && !(x.data instanceof BigInt64Array)) return x.data;
  throw mustBe("an array of f32 or f64", x, path);
}

/**
 * Writes a checkpoint: the whole file, or none of it.
 * @throws {DataError} as `encodeCheckpoint`; `write-failed`, and then the file is what it was before
 */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await writeBytes(file, await encodeCheckpoint(checkpoint));
}

/** @throws {DataError} `missing-file`; `bad-file` as `decodeCheckpoint`, with the file's name */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  return decodeCheckpoint(await readBytes(file), file);
}

const MOST_TOLD = 5;
/**
 * Compares where a checkpoint comes from with what goes on from it.
 * @throws {DataError} `bad-file` that lists what differs, such as `seed is 1, here 2`
 */
export function requireSame(saved: unknown, here: unknown, path: string): void {
  const all = differences(saved, JSON.parse(JSON.stringify(here)), "");
  if (all.length === 0) return;
  const more = all.length > MOST_TOLD ? `, and ${all.length - MOST_TOLD} more` : "";
  throw new DataError("bad-file", path, `is of another training: ${all.slice(0, MOST_TOLD).join("; ")}${more}`);
}
function differences(saved: unknown, here: unknown, path: string): string[] {
  if (isObject(saved) && isObject(here))
    return [...new Set([...Object.keys(saved), ...Object.keys(here)])].flatMap((key) =>
      differences(saved[key], here[key], path === "" ? key : `${path}.${key}`),
    );
  const [a, b] = [told(saved), told(here)];
  return a === b ? [] : [`${path} is ${a}, here ${b}`];
}
const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);
const told = (x: unknown): string => (x === undefined ? "not given" : typeof x === "string" ? x : JSON.stringify(x));
