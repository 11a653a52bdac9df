/**
 * Windows that move over rows and columns of channels, as those of convolutions and pooling do: which source reaches which
 * target through which position of the window. Nodes lie `[row][column][channel]`; with one dimension there is one row.
 *
 * Weights lie `[position][source channel of its group][target channel]`: position = window row · window columns + column.
 */
import { BYTES, type FloatType } from "./types.ts";

/** How windows lie along one dimension: that of target t begins at source `t·stride - padding`, and its steps are `dilation` apart. */
export interface Axis {
  readonly source: number;
  readonly target: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}
export interface Windows {
  readonly rows: Axis;
  readonly columns: Axis;
  /** Channels of a source and of a target position. */
  readonly sources: number;
  readonly targets: number;
  /** Runs of as many channels on both sides; each target channel sees those of its own run alone. */
  readonly groups: number;
}

/** Target positions that windows have along a dimension, from what is given; may be below 1. */
export const targetsAlong = ({ source, kernel, stride, padding, dilation }: Omit<Axis, "target">): number =>
  Math.floor((source + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

/** Of one place, along one dimension: how many window positions join it to the other side, the first, and what that leads to. */
export interface Reach {
  readonly count: number;
  readonly position: number;
  readonly other: number;
}
/** From one entry of a reach to the next, the same for all places. */
export interface Moves {
  readonly position: number;
  readonly other: number;
}

/** Every window position through which place `at` of a side reaches the other, ascending, with where it leads. */
export function positionsFrom(side: "source" | "target", a: Axis, at: number): { position: number; other: number }[] {
  const found: { position: number; other: number }[] = [];
  for (let position = 0; position < a.kernel; position++) {
    const other =
      side === "target"
        ? at * a.stride - a.padding + position * a.dilation
        : (at + a.padding - position * a.dilation) / a.stride;
    if (Number.isInteger(other) && other >= 0 && other < (side === "target" ? a.source : a.target))
      found.push({ position, other });
  }
  return found;
}

/** They are evenly spaced, which is what lets a kernel go through them without a table of each. */
function reachOf(side: "source" | "target", a: Axis, at: number): Reach {
  const found = positionsFrom(side, a, at);
  const [first] = found;
  return { count: found.length, position: first?.position ?? 0, other: first?.other ?? 0 };
}
export function movesOf(side: "source" | "target", a: Axis): Moves {
  if (side === "target") return { position: 1, other: a.dilation };
  const position = a.stride / gcd(a.stride, a.dilation);
  return { position, other: (-position * a.dilation) / a.stride };
}
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Numbers of each entry of the table below. */
export const REACH = 3;
/** What kernels look up: `count`, `position`, `other` of each row of the side, then of each column. */
export function reachTable(side: "source" | "target", w: Windows): Int32Array {
  const along = (a: Axis): number[] =>
    Array.from({ length: a[side] }, (_, at) => reachOf(side, a, at)).flatMap((r) => [r.count, r.position, r.other]);
  return Int32Array.from([...along(w.rows), ...along(w.columns)]);
}
export const reachLength = (side: "source" | "target", w: Windows): number => REACH * (w.rows[side] + w.columns[side]);

/** Source and target channels of a group. */
export const groupSources = (w: Windows): number => w.sources / w.groups;
export const groupTargets = (w: Windows): number => w.targets / w.groups;
/** Positions of a window. */
export const windowSize = (w: Windows): number => w.rows.kernel * w.columns.kernel;
/** Rows of the matrix of weights. */
export const weightRows = (w: Windows): number => windowSize(w) * groupSources(w);
/** Elements of each side. */
export const sourceCount = (w: Windows): number => w.rows.source * w.columns.source * w.sources;
export const targetPositions = (w: Windows): number => w.rows.target * w.columns.target;
export const targetCount = (w: Windows): number => targetPositions(w) * w.targets;

/** A target position that a source reaches, and the row of weights on the way. */
export interface Hit {
  /** Number of the position, and its first element of the source's group. */
  readonly position: number;
  readonly target: number;
  /** Row of the weights, and the first column of the source's group. */
  readonly row: number;
  readonly column: number;
}

/** All that a source reaches, by window row, then window column, ascending. */
export function hitsOf(w: Windows, source: number): Hit[] {
  const [channel, pixel] = [source % w.sources, Math.floor(source / w.sources)];
  const [y, x] = [Math.floor(pixel / w.columns.source), pixel % w.columns.source];
  const inGroup = channel % groupSources(w);
  const column = Math.floor(channel / groupSources(w)) * groupTargets(w);
  const across = positionsFrom("source", w.columns, x);
  return positionsFrom("source", w.rows, y).flatMap((down) =>
    across.map((right): Hit => {
      const position = down.other * w.columns.target + right.other;
      const row = (down.position * w.columns.kernel + right.position) * groupSources(w) + inGroup;
      return { position, target: position * w.targets + column, row, column };
    }),
  );
}

/** How many target positions a source reaches. */
export function reachCount(w: Windows, source: number): number {
  const pixel = Math.floor(source / w.sources);
  const [y, x] = [Math.floor(pixel / w.columns.source), pixel % w.columns.source];
  return reachOf("source", w.rows, y).count * reachOf("source", w.columns, x).count;
}
/** Pairs of a source and a target position along both dimensions: what the whole of a side reaches, of one channel. */
export function pairCount(w: Windows): number {
  const along = (a: Axis): number =>
    Array.from({ length: a.target }, (_, t) => reachOf("target", a, t).count).reduce((x, y) => x + y, 0);
  return along(w.rows) * along(w.columns);
}

/** Entries for each source channel, on average, of a stretch of a list that kernels sort by channel. */
const STRETCH = 16;
export const stretchLength = (w: Windows): number => STRETCH * w.sources;
/** Room to sort one in: its entries, and where those of each channel begin. */
export const orderLength = (w: Windows): number => stretchLength(w) + w.sources + 1;

/** Whether windows lie side by side, at every place, and each sees a source. */
function areDense({ rows, columns, groups }: Windows): boolean {
  const fits = (a: Axis): boolean => a.stride === 1 && a.dilation === 1 && a.padding < a.kernel;
  return groups === 1 && fits(rows) && fits(columns);
}
/** Positions of targets with a rim around them, so that of dense windows every source reaches one through each position. */
export function nearShape({ rows, columns }: Windows): {
  readonly rows: number;
  readonly columns: number;
  readonly above: number;
  readonly left: number;
} {
  const [down, across] = [rows, columns].map((a) => a.source + a.kernel - 1) as [number, number];
  return {
    rows: down,
    columns: across,
    above: rows.kernel - 1 - rows.padding,
    left: columns.kernel - 1 - columns.padding,
  };
}
/** Whether gradients may be summed from a grid of errors, source channel by source channel: of spikes, in whole vectors. */
export const gathersErrors = (k: {
  readonly type: FloatType;
  readonly windows: Windows;
  readonly listed: boolean;
  readonly valued: boolean;
}): boolean => k.listed && !k.valued && areDense(k.windows) && (k.windows.targets * BYTES[k.type]) % 16 === 0;
/** Vectors that channels are worked on at once, at most; and elements of the grid of as many. */
export const NEAR_VECTORS = 8;
export function nearLength(w: Windows, type: FloatType): number {
  const { rows, columns } = nearShape(w);
  return rows * columns * Math.min(w.targets, (NEAR_VECTORS * 16) / BYTES[type]);
}
/** Where the numbers begin that tell where each channel's sources end, behind all sources. */
export const sortedStarts = (w: Windows): number => sourceCount(w);
const sortedLength = (w: Windows): number => sortedStarts(w) + w.sources + 1;
/** Room to sort sources in for gradients. */
export const outerOrderLength = (k: Parameters<typeof gathersErrors>[0]): number =>
  gathersErrors(k) ? Math.max(sortedLength(k.windows), orderLength(k.windows)) : orderLength(k.windows);

/** A source position that a target's window sees, and the row of weights on the way back. */
export interface Sight {
  /** First element of the target's group. */
  readonly source: number;
  /** Row of the weights as `scatterBack` has them. */
  readonly row: number;
}
/** Rows of weights as `scatterBack` has them. */
export const backRows = (w: Windows): number => windowSize(w) * w.targets;
/** All that the window of a target element sees, by window row, then column. */
export function sightsOf(w: Windows, target: number): Sight[] {
  const [channel, pixel] = [target % w.targets, Math.floor(target / w.targets)];
  const first = Math.floor(channel / groupTargets(w)) * groupSources(w);
  const across = positionsFrom("target", w.columns, pixel % w.columns.target);
  return positionsFrom("target", w.rows, Math.floor(pixel / w.columns.target)).flatMap((down) =>
    across.map(
      (right): Sight => ({
        source: (down.other * w.columns.source + right.other) * w.sources + first,
        row: (down.position * w.targets + channel) * w.columns.kernel + right.position,
      }),
    ),
  );
}
