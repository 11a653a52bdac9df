/**
 * Convolution and pooling: windows that move over rows and columns of channels. Shapes come from the nodes, channels last;
 * a shape without channels is of one. What a window's weights are is shared by all of its places.
 */
import { ModelError } from "../../base/errors.ts";
import {
  type Axis,
  groupTargets,
  hitsOf,
  pairCount,
  reachCount,
  targetPositions,
  targetsAlong,
  type Windows,
  windowSize,
} from "../../ir/windows.ts";
import type { ConnectivityOf, Windowed, WindowNumbers } from "../connectivity.ts";
import type { Kind, Size } from "./kind.ts";

/** Windows of a connection, and those of the maxima that are taken of what they sum. */
export interface Stages {
  readonly windows: Windows;
  readonly pool?: Windows;
}

/** How a dimension is called in words. */
const NAMES: readonly (readonly string[])[] = [["length"], ["height", "width"]];
const namesOf = (dimensions: number): readonly string[] => NAMES[dimensions - 1]!;
const shown = (shape: readonly (number | string)[]): string => `[${shape.join(", ")}]`;

/**
 * The windows of a connection between nodes of these shapes.
 * @throws {ModelError} `shape-mismatch`, `out-of-range` at the path, with the shape that the target must have
 */
export function stagesOf(c: Windowed, size: Size, path = "connectivity"): Stages {
  checkOptions(c, path);
  const from = shapeOf(size.sourceShape ?? [size.sources], c, `${path}: the source`);
  const to = shapeOf(size.targetShape ?? [size.targets], c, `${path}: the target`);
  const isPooling = c.kind === "pooling";
  const groups = c.kind === "pooling" ? from.channels : c.groups;
  const dilation = c.kind === "pooling" ? c.kernel.map(() => 1) : c.dilation;
  const summed = extents(from.extent, { ...c, dilation }, path);
  const pooling = c.kind === "convolution" ? c.maxPool : undefined;
  const pooled = pooling && extents(summed, { ...pooling, dilation: pooling.kernel.map(() => 1) }, `${path}.maxPool`);
  const expected = pooled ?? summed;
  if (expected.some((n, k) => n !== to.extent[k]) || (isPooling && to.channels !== from.channels))
    throw new ModelError(
      "shape-mismatch",
      path,
      `what comes of ${shown([...from.extent, from.channels])} has shape ${shown([...expected, isPooling ? from.channels : "channels"])}; the target has ${shown(size.targetShape ?? [size.targets])}`,
    );
  checkGroups(groups, from.channels, to.channels, path);
  const windows = windowsOf(from.extent, summed, { ...c, dilation }, [from.channels, to.channels, groups]);
  if (!pooling) return { windows };
  const own = { ...pooling, dilation: pooling.kernel.map(() => 1) };
  return { windows, pool: windowsOf(summed, expected, own, [to.channels, to.channels, to.channels]) };
}

/** The shape that a target must have. @param channels of a convolution's target; pooling keeps them */
export function shapeThrough(
  c: Windowed,
  from: readonly number[],
  channels: number | undefined,
  path: string,
): readonly number[] {
  checkOptions(c, path);
  const source = shapeOf(from, c, `${path}: the source`);
  const dilation = c.kind === "pooling" ? c.kernel.map(() => 1) : c.dilation;
  return [...extents(source.extent, { ...c, dilation }, path), channels ?? source.channels];
}

/** Windows of maxima, from one shape to another, channel by channel. */
export function maximaOf(
  { kernel, stride, padding }: WindowNumbers,
  sourceShape: readonly number[],
  targetShape: readonly number[],
  path: string,
): Windows {
  const c = { kind: "pooling", over: "sum", kernel, stride, padding } as const;
  checkPool(c, `${path}.`, kernel.length);
  const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const size = { sources: count(sourceShape), targets: count(targetShape), sourceShape, targetShape };
  return stagesOf(c, size, path).windows;
}
/** Every window must see something. */
function checkPool(pool: WindowNumbers, path: string, dimensions: number): void {
  checkNumbers(pool, path, dimensions);
  if (pool.padding.some((p, k) => p >= pool.kernel[k]!))
    throw new ModelError("out-of-range", `${path}padding`, "must be below the window, or some would see nothing");
}

interface Moved {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

function extents(from: readonly number[], o: Moved, path: string): number[] {
  return from.map((source, k) => {
    const [kernel, stride, padding, dilation] = [o.kernel[k]!, o.stride[k]!, o.padding[k]!, o.dilation[k]!];
    const n = targetsAlong({ source, kernel, stride, padding, dilation });
    if (n >= 1) return n;
    const reach = dilation * (kernel - 1) + 1;
    throw new ModelError(
      "shape-mismatch",
      path,
      `a window of ${reach} does not fit into a ${namesOf(from.length)[k]} of ${source}${padding > 0 ? ` with a padding of ${padding}` : ""}`,
    );
  });
}

/** With one dimension there is one row. */
function windowsOf(
  from: readonly number[],
  to: readonly number[],
  o: Moved,
  [sources, targets, groups]: readonly [number, number, number],
): Windows {
  const axes = from.map(
    (source, k): Axis => ({
      source,
      target: to[k]!,
      kernel: o.kernel[k]!,
      stride: o.stride[k]!,
      padding: o.padding[k]!,
      dilation: o.dilation[k]!,
    }),
  );
  const single: Axis = { source: 1, target: 1, kernel: 1, stride: 1, padding: 0, dilation: 1 };
  const [rows, columns] = axes.length === 1 ? [single, axes[0]!] : (axes as [Axis, Axis]);
  return { rows, columns, sources, targets, groups };
}

/** Rows and columns (or the length), and channels. */
function shapeOf(shape: readonly number[], c: Windowed, what: string): { extent: number[]; channels: number } {
  const dimensions = c.kernel.length;
  if (shape.length === dimensions) return { extent: [...shape], channels: 1 };
  if (shape.length === dimensions + 1) return { extent: shape.slice(0, -1), channels: shape.at(-1)! };
  const names = namesOf(dimensions);
  throw new ModelError(
    "shape-mismatch",
    what,
    `a ${dimensions}-d ${c.kind} takes ${shown([...names, "channels"])} or ${shown(names)}, got ${shown(shape)}`,
  );
}

function checkOptions(c: Windowed, path: string): void {
  const dimensions = c.kernel.length;
  if (dimensions !== 1 && dimensions !== 2)
    throw new ModelError("shape-mismatch", `${path}.kernel`, `must have 1 or 2 numbers, got ${dimensions}`);
  checkNumbers(c, `${path}.`, dimensions);
  if (c.kind === "convolution") {
    checkList(c.dilation, `${path}.dilation`, 1, dimensions);
    if (!(Number.isInteger(c.groups) && c.groups >= 1))
      throw new ModelError("out-of-range", `${path}.groups`, `must be an integer >= 1, got ${c.groups}`);
  } else if (c.over !== "average" && c.over !== "sum")
    throw new ModelError("unknown-name", `${path}.over`, `no pooling over '${c.over}'; known: average, sum`);
  if (c.kind === "convolution" && c.maxPool) checkPool(c.maxPool, `${path}.maxPool.`, dimensions);
}
function checkNumbers({ kernel, stride, padding }: WindowNumbers, path: string, dimensions: number): void {
  checkList(kernel, `${path}kernel`, 1, dimensions);
  checkList(stride, `${path}stride`, 1, dimensions);
  checkList(padding, `${path}padding`, 0, dimensions);
}
function checkList(numbers: readonly number[], path: string, least: number, dimensions: number): void {
  if (numbers.length !== dimensions)
    throw new ModelError(
      "shape-mismatch",
      path,
      `must have ${dimensions} numbers, one a dimension, got ${numbers.length}`,
    );
  for (const n of numbers)
    if (!(Number.isInteger(n) && n >= least && n <= MOST))
      throw new ModelError("out-of-range", path, `must be integers from ${least} to ${MOST}, got ${n}`);
}
const MOST = 2 ** 15;

function checkGroups(groups: number, sources: number, targets: number, path: string): void {
  for (const [what, n] of [
    ["source", sources],
    ["target", targets],
  ] as const)
    if (n % groups !== 0)
      throw new ModelError("shape-mismatch", `${path}.groups`, `${groups} groups do not divide ${n} ${what} channels`);
}

/** The weight that all synapses of a pooling have. */
export const poolingWeight = ({ over, kernel }: ConnectivityOf<"pooling">): number =>
  over === "sum" ? 1 : 1 / kernel.reduce((a, b) => a * b, 1);

/** One row of targets a source, ascending, each with the place of its weight in `[position][source channel][target channel]`. */
export function* synapsesOf(w: Windows, source: number): Generator<readonly [target: number, weight: number]> {
  for (const { target, row, column } of hitsOf(w, source).reverse())
    for (let c = 0; c < groupTargets(w); c++) yield [target + c, row * w.targets + column + c];
}

function kind<C extends Windowed>(): Kind<C> {
  return {
    check: (c, size, path) => void stagesOf(c, size, path),
    expected: (c, size) => {
      const { windows: w } = stagesOf(c, size);
      return pairCount(w) * w.sources * groupTargets(w);
    },
    lines: (c, size) => {
      const { windows: w, pool } = stagesOf(c, size);
      if (pool)
        throw new ModelError("unsupported", "connectivity.maxPool", "sums that maxima are taken of are no synapses");
      return {
        by: "source",
        ascending: true,
        distinct: true,
        count: (line) => reachCount(w, line) * groupTargets(w),
        each: (line, take) => {
          for (const [target] of synapsesOf(w, line)) take(target);
        },
      };
    },
  };
}
export const convolutionKind: Kind<ConnectivityOf<"convolution">> = kind();
export const poolingKind: Kind<ConnectivityOf<"pooling">> = kind();

/** Channels of a target, with a bias each, and positions that share it. */
export const biasOf = ({ windows, pool }: Stages): { channels: number; positions: number } => ({
  channels: windows.targets,
  positions: targetPositions(pool ?? windows),
});
/** Synapses of one target channel: what its sum has, borders aside. */
export const fanInOf = (w: Windows): number => windowSize(w) * (w.sources / w.groups);
