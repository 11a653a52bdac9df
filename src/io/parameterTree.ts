/** The arrays of a network as datasets of HDF5, in their true shapes: what training changed. */
import { DataError, listNames } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import { type ParameterBlock, type Parameters, parameterLayout } from "../sim/lower/parameters.ts";
import { badFile, mustBe } from "./check.ts";
import { isNumbers, isTree, type Leaf, type Tree } from "./hdf5.ts";

/** Weights are matrices, and so is what has a row for each step; all else vectors. */
const shapeOf = ({ kind, rows, width }: ParameterBlock): number[] =>
  kind === "weight" || rows > 1 ? [rows, width] : [width];
const blocksOf = (network: Network): ParameterBlock[] => [...parameterLayout(network, "f32").blocks.values()];

/** Weights of sparse connections may be left to the seed, where they did not train. */
const isAbsent = ({ kind, name }: ParameterBlock, given: object): boolean =>
  kind === "synapse" && !Object.hasOwn(given, name);

/** The name of a dataset: `/` separates groups in HDF5, and `>` is a nuisance in a shell. */
const datasetName = encodeURIComponent;

/** @throws {DataError} `unknown-name`, `shape-mismatch`, `not-finite` with the name of the parameter */
export function arrayTree(network: Network, parameters: Parameters): Tree {
  const blocks = blocksOf(network);
  const names = blocks.map((b) => b.name);
  for (const name of Object.keys(parameters))
    if (!names.includes(name))
      throw new DataError(
        "unknown-name",
        `artefact.parameters.${name}`,
        `not a parameter of the network; known: ${listNames(names)}`,
      );
  return new Map(
    blocks
      .filter((b) => !isAbsent(b, parameters))
      .map((block) => {
        const path = `artefact.parameters.${block.name}`;
        const data = Object.hasOwn(parameters, block.name) ? parameters[block.name] : undefined;
        if (!data) throw new DataError("unknown-name", path, "is missing");
        if (data.length !== block.rows * block.width)
          throw new DataError(
            "shape-mismatch",
            path,
            `must have ${shapeOf(block).join(" x ")} numbers, got ${data.length}`,
          );
        requireNumbers("not-finite", path, data);
        return [datasetName(block.name), { data, shape: shapeOf(block) }];
      }),
  );
}

/** @throws {DataError} `bad-file` */
export function arraysIn(group: Tree | Leaf | undefined, network: Network, path: string): Parameters {
  if (!isTree(group)) throw badFile(path, "must be a group");
  const blocks = new Map(blocksOf(network).map((b) => [datasetName(b.name), b]));
  for (const name of group.keys())
    if (!blocks.has(name))
      throw badFile(`${path}.${name}`, `not a parameter of the network; known: ${listNames(blocks.keys())}`);
  return Object.fromEntries(
    [...blocks]
      .filter(([name, block]) => block.kind !== "synapse" || group.has(name))
      .map(([name, block]) => [block.name, arrayIn(group.get(name), block, `${path}.${block.name}`)]),
  );
}
function arrayIn(x: Tree | Leaf | undefined, block: ParameterBlock, path: string): Float32Array | Float64Array {
  if (!isNumbers(x) || x.data instanceof BigInt64Array) throw mustBe("an array of f32 or f64", x, path);
  const shape = shapeOf(block);
  if (x.shape.join() !== shape.join())
    throw badFile(path, `must be of shape ${shape.join(" x ")}, got ${x.shape.join(" x ") || "a single number"}`);
  requireNumbers("bad-file", path, x.data);
  return x.data;
}
function requireNumbers(code: "not-finite" | "bad-file", path: string, data: Float32Array | Float64Array): void {
  const k = data.findIndex((x) => !Number.isFinite(x));
  if (k >= 0) throw new DataError(code, `${path}[${k}]`, `must be finite, got ${data[k]}`);
}
