/**
 * The artefact: what training saves, as one sealed HDF5 file.
 *
 *   @format, @version   "rheobase-artefact", 1
 *   network             JSON text: the truth
 *   classes, provenance JSON text; so is `encoder`, where there is one
 *   parameters/<name>   f32 or f64 in its true shape, weights [source][target]; names as in a URL ("a%3Eb.weight")
 *   nir                 the same network as a NIR file, where NIR can express it; else the attribute `nir` says why not
 *   node, version       second names of nir/node and nir/version, so that NIR tools open the artefact as it is
 *   (last line)         checksum of all bytes before it
 *
 * A change of the projection's nodes is a change of `version`: it is compared with the network when an artefact is read.
 */
import type { Network } from "../model/network.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { withDrawnPairs } from "../sim/settled.ts";
import {
  badFile,
  checkedForSaving,
  finite,
  integer,
  listOf,
  mustBe,
  optional,
  plainObject,
  type Reader,
  recordOf,
  requireFormat,
  struct,
  text,
} from "./check.ts";
import { readBytes, writeBytes } from "./file.ts";
import { decodeHdf5, encodeHdf5, isTree, type Leaf, type Tree } from "./hdf5.ts";
import { jsonIn } from "./json.ts";
import { networkFromJson, networkToJson } from "./networkJson.ts";
import { firstDifference, nirProjection } from "./nirProjection.ts";
import { arraysIn, arrayTree } from "./parameterTree.ts";
import { seal, unseal } from "./seal.ts";

/** Where an artefact comes from. */
export interface Provenance {
  /** Of Rheobase. */
  readonly version: string;
  readonly seed: number;
  readonly task?: string;
  /** Of the data that it was trained on. */
  readonly dataDigest: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** ISO date. Without it, equal artefacts are equal files. */
  readonly created?: string;
  /** Plain data. */
  readonly trainingOptions: object;
}

/** A trained network, and what is needed to use it and to trace it back. */
export interface Artefact {
  /** Sparse connections whose weights train are saved with the pairs that the seed of `provenance` draws. */
  readonly network: Network;
  /** Every array of `parameterLayout`, dense. */
  readonly parameters: Parameters;
  /** How data become input: plain data, which the data layer reads. */
  readonly encoder?: object;
  /** Names of the outputs; none if it does not classify. */
  readonly classes: readonly string[];
  readonly provenance: Provenance;
}

const FORMAT = "rheobase-artefact";
const VERSION = 1;
const MEMBERS = ["network", "classes", "encoder", "provenance", "parameters", "nir"];

type Description = Pick<Artefact, "classes" | "encoder" | "provenance">;

const date: Reader<string> = (x, path) => {
  const iso = text(x, path);
  if (/^\d{4}-\d\d-\d\d/.test(iso) && !Number.isNaN(Date.parse(iso))) return iso;
  throw mustBe("an ISO date such as '2025-01-31T12:00:00Z'", iso, path);
};
const description = struct<Description>({
  classes: listOf(text),
  encoder: optional(plainObject),
  provenance: struct<Provenance>({
    version: text,
    seed: integer(Number.MIN_SAFE_INTEGER),
    task: optional(text),
    dataDigest: text,
    metrics: recordOf(finite),
    created: optional(date),
    trainingOptions: plainObject,
  }),
});

/**
 * The bytes of an artefact.
 *
 * @throws {DataError} `unsupported` for what cannot be saved, with its path; `shape-mismatch`, `unknown-name`, `not-finite` for parameters
 */
export async function encodeArtefact(artefact: Artefact): Promise<Uint8Array> {
  const { parameters, classes, encoder, provenance } = artefact;
  const network = withDrawnPairs(artefact.network, artefact.parameters, provenance.seed);
  const json = networkToJson(network);
  checkedForSaving(networkFromJson, json, "artefact.network");
  const described = checkedForSaving(description, { classes, encoder, provenance }, "artefact");
  const root = new Map<string, Tree | Leaf>([["parameters", arrayTree(network, parameters)]]);
  for (const [name, x] of Object.entries({ network: json, ...described })) root.set(name, JSON.stringify(x));
  const attributes = new Map<string, string | number>([
    ["format", FORMAT],
    ["version", VERSION],
  ]);
  const nir = nirProjection(network, parameters);
  if (typeof nir === "string") attributes.set("nir", `absent: ${nir}`);
  else root.set("nir", nir);
  const links = new Map(
    isTree(root.get("nir"))
      ? [
          ["node", "/nir/node"],
          ["version", "/nir/version"],
        ]
      : [],
  );
  return seal(await encodeHdf5({ attributes, root, links }));
}

/**
 * Reads the bytes of an artefact. Nothing in them is believed.
 *
 * @param path what errors call it
 * @throws {DataError} `bad-file` with the place of the first fault, such as `artefact.network.populations.hidden.size`
 */
export async function decodeArtefact(bytes: Uint8Array, path = "artefact"): Promise<Artefact> {
  const file = await decodeHdf5(unseal(bytes, path), MEMBERS, path);
  const { attributes } = file;
  requireFormat(
    { format: attributes.get("format"), version: attributes.get("version") },
    { format: FORMAT, version: VERSION },
    path,
  );
  const network = networkFromJson(jsonIn(file.root, "network", path), `${path}.network`);
  const encoder = file.root.has("encoder") ? jsonIn(file.root, "encoder", path) : undefined;
  const described = description(
    { classes: jsonIn(file.root, "classes", path), encoder, provenance: jsonIn(file.root, "provenance", path) },
    path,
  );
  const parameters = arraysIn(file.root.get("parameters"), network, `${path}.parameters`);
  checkProjection(file.root.get("nir"), network, parameters, `${path}.nir`, bytes.length);
  return { network, parameters, ...described };
}

/**
 * Writes an artefact: the whole file, or none of it.
 * @throws {DataError} as `encodeArtefact`; `write-failed`, and then the file is what it was before
 */
export async function writeArtefact(file: string, artefact: Artefact): Promise<void> {
  await writeBytes(file, await encodeArtefact(artefact));
}

/** @throws {DataError} `missing-file`; `bad-file` as `decodeArtefact`, with the file's name */
export async function readArtefact(file: string): Promise<Artefact> {
  return decodeArtefact(await readBytes(file), file);
}

/** Other tools read the projection, so a file in which it says something else than the network is wrong. */
function checkProjection(
  found: Tree | Leaf | undefined,
  network: Network,
  parameters: Parameters,
  path: string,
  bytes: number,
): void {
  if (found === undefined) return;
  const large = Object.entries(network.populations).find(([, p]) => p.size * Float32Array.BYTES_PER_ELEMENT > bytes);
  if (large)
    throw badFile(path, `must show all ${large[1].size} neurons of '${large[0]}', got a file of ${bytes} bytes`);
  const expected = nirProjection(network, parameters);
  if (typeof expected === "string") throw badFile(path, `holds a network that NIR cannot express: ${expected}`);
  const differs = firstDifference(found, expected);
  if (differs !== undefined) throw badFile(`${path}.${differs}`, "differs from the network that it should show");
}
