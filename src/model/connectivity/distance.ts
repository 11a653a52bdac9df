/**
 * Pairs with a probability that falls with their distance. Targets are sorted into boxes; of each box no pair is likelier
 * than at the point nearest to the source, so candidates are drawn with that probability and then thinned. Work follows
 * synapses, and sources times boxes, of which there are as many as the square root of the targets.
 */
import { ModelError } from "../../base/errors.ts";
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import { abs, add, div, type Expr, f64, max, min, mul, read, sub } from "../../ir/expr.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import { countingSort } from "./countingSort.ts";
import type { Kind, Size } from "./kind.ts";
import { requireProbability, skipOf, successes } from "./skip.ts";
import { checkPositions, checkProfile, coordinatesOf, dimensionsOf, factorExpr, factorOf } from "./space.ts";
import { type Table, type Thinned, thinned } from "./thinned.ts";

type Distance = ConnectivityOf<"distance">;

export const distanceKind: Kind<Distance> = {
  check: (c, { sources, targets }, path) => {
    checkPositions(c.source, sources, `${path}.source`);
    checkPositions(c.target, targets, `${path}.target`);
    checkProfile(c.profile, `${path}.profile`);
    requireProbability(c.p, `${path}.p`);
    const d = dimensionsOf(c.source);
    if (dimensionsOf(c.target) !== d)
      throw new ModelError(
        "shape-mismatch",
        path,
        `sources and targets need positions of as many dimensions, got ${d} and ${dimensionsOf(c.target)}`,
      );
    if (c.period && !(c.period.length === d && c.period.every((x) => x > 0 && Number.isFinite(x))))
      throw new ModelError("out-of-range", `${path}.period`, `needs ${d} lengths > 0, got [${c.period.join(", ")}]`);
  },
  expected: (c, size) => {
    const { x, y, square } = new Space(c, size.sources, size.targets);
    const factor = factorOf(c.profile);
    return (
      size.sources * size.targets * meanOfSome(size.sources, size.targets, (i, j) => c.p * factor(square(x, i, y, j)))
    );
  },
  lines: (c, { sources, targets, recurrent = false }, { name, seed }) => {
    const space = new Space(c, sources, targets);
    const { x, y } = space;
    const boxes = boxesOf(y, targets, c.period);
    const factor = factorOf(c.profile);
    const draws = new LineStream(seed, streamOf(`${name}.pairs`));
    const each = (line: number, take: (other: number) => void): void => {
      draws.begin(line);
      const without = c.autapses || !recurrent ? -1 : line;
      for (const box of boxes) {
        const most = c.p * factor(space.nearest(line, box));
        if (most === 0) continue;
        successes(box.members.length, skipOf(most), draws, (k) => {
          const other = box.members[k]!;
          const share = (c.p * factor(space.square(x, line, y, other))) / most;
          if ((share >= 1 || draws.uniform() <= share) && other !== without) take(other);
        });
      }
    };
    return { by: "source", ascending: false, distinct: true, each };
  },
};

type Coordinates = readonly Float64Array[];
/** A range of each dimension, and the targets in it. */
interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly members: Uint32Array;
}

/** So much nearer than the nearest point is a box taken to be, that rounding cannot make a member likelier. */
const CAUTION = 1 - 1e-12;

class Space {
  readonly x: Coordinates;
  readonly y: Coordinates;
  readonly #period: readonly number[] | undefined;

  constructor({ source, target, period }: Distance, sources: number, targets: number) {
    this.#period = period;
    const within = (all: Float64Array[]): Coordinates =>
      period ? all.map((xs, d) => xs.map((v) => v - period[d]! * Math.floor(v / period[d]!))) : all;
    this.x = within(coordinatesOf(source, sources));
    this.y = within(coordinatesOf(target, targets));
  }

  /** Squared distance of two neurons, the short way round. */
  readonly square = (x: Coordinates, i: number, y: Coordinates, j: number): number => {
    let sum = 0;
    for (let d = 0; d < x.length; d++) {
      const straight = Math.abs(x[d]![i]! - y[d]![j]!);
      const way = this.#period ? Math.min(straight, Math.abs(this.#period[d]! - straight)) : straight;
      sum += way * way;
    }
    return sum;
  };
  /** Squared distance of a source from the nearest point of a box, or a little less. */
  nearest(i: number, { low, high }: Box): number {
    let sum = 0;
    for (let d = 0; d < low.length; d++) {
      const at = this.x[d]![i]!;
      const way = (v: number): number => Math.max(0, low[d]! - v, v - high[d]!);
      const round = this.#period?.[d];
      const least = round === undefined ? way(at) : Math.min(way(at), way(at - round), way(at + round));
      sum += least * least;
    }
    return sum * CAUTION;
  }
}

/** The same rows, as kernels draw them. */
export function distanceLaw(c: Distance, { sources, targets }: Size): Thinned {
  const { x, y } = new Space(c, sources, targets);
  const boxes = boxesOf(y, targets, c.period);
  const tables = new Map<string, Table>();
  x.forEach((values, d) => tables.set(`x${d}`, { space: "pre", values }));
  y.forEach((values, d) => tables.set(`y${d}`, { space: "post", values }));
  x.forEach((_, d) => {
    tables.set(`low${d}`, { space: "synapse", values: Float64Array.from(boxes, (b) => b.low[d]!) });
    tables.set(`high${d}`, { space: "synapse", values: Float64Array.from(boxes, (b) => b.high[d]!) });
  });
  const factor = factorExpr(c.profile);
  const chance = (square: Expr): Expr => mul(f64(c.p), factor(square));
  const most = chance(
    mul(
      squareOf(x.length, (d) => nearestWay(d, c.period?.[d])),
      f64(CAUTION),
    ),
  );
  const share = div(chance(squareOf(x.length, (d) => wayOf(d, c.period?.[d]))), most);
  const starts = [0];
  for (const { members } of boxes) starts.push(starts.at(-1)! + members.length);
  const members = new Uint32Array(targets);
  boxes.forEach((b, k) => members.set(b.members, starts[k]));
  return thinned({ most, share, tables, members, boxStart: Uint32Array.from(starts), drawsZero: true, ordered: false });
}
const squareOf = (dimensions: number, way: (d: number) => Expr): Expr =>
  Array.from({ length: dimensions }, (_, d) => way(d))
    .map((x) => mul(x, x))
    .reduce((sum, x) => add(sum, x));
const table = (name: string, d: number): Expr => read("f64", `${name}${d}`);
function wayOf(d: number, period: number | undefined): Expr {
  const straight = abs(sub(table("x", d), table("y", d)));
  return period === undefined ? straight : min(straight, abs(sub(f64(period), straight)));
}
function nearestWay(d: number, period: number | undefined): Expr {
  const at = table("x", d);
  const way = (v: Expr): Expr => max(f64(0), max(sub(table("low", d), v), sub(v, table("high", d))));
  return period === undefined ? way(at) : min(min(way(at), way(sub(at, f64(period)))), way(add(at, f64(period))));
}

/** Equal boxes that cover all targets; empty ones are left out. */
function boxesOf(y: Coordinates, targets: number, period: readonly number[] | undefined): Box[] {
  const each = Math.max(1, Math.round(targets ** (1 / (2 * y.length))));
  const [from, size] = [y.map((v) => least(v)), y.map((v, d) => period?.[d] ?? most(v) - least(v))];
  const boxes = new Uint32Array(targets);
  for (let d = 0; d < y.length; d++)
    for (let k = 0; k < targets; k++) {
      const cell = size[d]! > 0 ? Math.floor(((y[d]![k]! - from[d]!) / size[d]!) * each) : 0;
      boxes[k] = boxes[k]! * each + Math.min(cell, each - 1);
    }
  const { start, order } = countingSort(boxes, each ** y.length);
  const all = Array.from({ length: start.length - 1 }, (_, b) => order.subarray(start[b], start[b + 1]));
  return all
    .filter((members) => members.length > 0)
    .map((members) => {
      const ends = (end: (v: Float64Array) => number): number[] =>
        y.map((v) => end(Float64Array.from(members, (k) => v[k]!)));
      return { low: ends(least), high: ends(most), members };
    });
}
const least = (v: Float64Array): number => v.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const most = (v: Float64Array): number => v.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

const SOME = 61;
/** The mean over some 3,700 pairs from everywhere: near enough to tell whether a network is large. */
export function meanOfSome(sources: number, targets: number, f: (i: number, j: number) => number): number {
  const some = (n: number): number[] => [
    ...new Set(Array.from({ length: SOME }, (_, k) => Math.floor(((k + 0.5) * n) / SOME))),
  ];
  const [rows, columns] = [some(sources), some(targets)];
  let sum = 0;
  for (const i of rows) for (const j of columns) sum += f(i, j);
  return sum / Math.max(1, rows.length * columns.length);
}
