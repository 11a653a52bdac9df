/** Definitions of the kernels that work through windows: plain loops over what each source reaches. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES, type FloatType } from "../../ir/types.ts";
import {
  groupSources,
  groupTargets,
  hitsOf,
  positionsFrom,
  sightsOf,
  sourceCount,
  targetCount,
  targetPositions,
  type Windows,
} from "../../ir/windows.ts";
import type { Frame } from "./run.ts";

const rounding = (type: FloatType): ((x: number) => number) => (type === "f32" ? Math.fround : (x) => x);

/** Sources that a call goes through, each with its place among the values. */
function* sourcesOf(k: { listed: boolean; windows: Windows }, frame: Frame): Generator<readonly [number, number]> {
  if (!k.listed) for (let i = 0; i < sourceCount(k.windows); i++) yield [i, i];
  else {
    const list = frame.arg("list");
    for (let e = frame.count("from"); e < frame.count("to"); e++) yield [list.data[list.at + e]!, e];
  }
}

export function scatterWindows(k: KernelOf<"scatterWindows">, frame: Frame): void {
  const round = rounding(k.type);
  const [out, weights] = [frame.arg("out"), frame.arg("weights")];
  const values = k.valued ? frame.arg("values") : undefined;
  for (const [i, e] of sourcesOf(k, frame))
    for (const { target, row, column } of hitsOf(k.windows, i))
      for (let c = 0; c < groupTargets(k.windows); c++) {
        const w = weights.data[weights.at + row * k.stride + column + c]!;
        const at = out.at + target + c;
        out.data[at] = round(out.data[at]! + (values ? round(values.data[values.at + e]! * w) : w));
      }
}

export function scatterBack(k: KernelOf<"scatterBack">, frame: Frame): void {
  const round = rounding(k.type);
  const [out, a, weights] = [frame.arg("out"), frame.arg("a"), frame.arg("weights")];
  for (let t = 0; t < targetCount(k.windows); t++) {
    const error = a.data[a.at + t]!;
    if (error === 0) continue;
    for (const { source, row } of sightsOf(k.windows, t))
      for (let c = 0; c < groupSources(k.windows); c++) {
        const at = out.at + source + c;
        out.data[at] = round(out.data[at]! + round(error * weights.data[weights.at + row * k.stride + c]!));
      }
  }
}

/** Vectors of lanes that the channels of a target go to in turn. */
const VECTORS = 4;

export function windowDots(k: KernelOf<"windowDots">, frame: Frame): void {
  const round = rounding(k.type);
  const [out, a, weights] = [frame.arg("out"), frame.arg("a"), frame.arg("weights")];
  const width = 16 / BYTES[k.type];
  const channels = groupTargets(k.windows);
  const filled = Math.ceil(channels / width) * width;
  for (const [i] of sourcesOf(k, frame)) {
    const lanes = new Array<number>(VECTORS * width).fill(0);
    for (const { target, row, column } of hitsOf(k.windows, i))
      for (let c = 0; c < filled; c++) {
        const [x, w] =
          c < channels ? [a.data[a.at + target + c]!, weights.data[weights.at + row * k.stride + column + c]!] : [0, 0];
        const lane = c % lanes.length;
        lanes[lane] = round(lanes[lane]! + round(x * w));
      }
    const sum = folded(lanes, width, round);
    out.data[out.at + i] = k.accumulate ? out.data[out.at + i]! + sum : sum;
  }
}
function folded(lanes: readonly number[], width: number, round: (x: number) => number): number {
  const [v0, v1, v2, v3] = Array.from({ length: VECTORS }, (_, v) => lanes.slice(v * width, (v + 1) * width));
  const l = v0!.map((x, q) => round(round(x + v1![q]!) + round(v2![q]! + v3![q]!)));
  const low = round(l[0]! + l[1]!);
  return width === 2 ? low : round(low + round(l[2]! + l[3]!));
}

export function outerWindows(k: KernelOf<"outerWindows">, frame: Frame): void {
  const round = rounding(k.type);
  const [out, a] = [frame.arg("out"), frame.arg("a")];
  const values = k.valued ? frame.arg("values") : undefined;
  for (const [i, e] of sourcesOf(k, frame))
    for (const { target, row, column } of hitsOf(k.windows, i))
      for (let c = 0; c < groupTargets(k.windows); c++) {
        const d = a.data[a.at + target + c]!;
        const at = out.at + row * k.stride + column + c;
        out.data[at] = round(out.data[at]! + (values ? round(values.data[values.at + e]! * d) : d));
      }
}

export function maxPool({ type, windows: w, indexed }: KernelOf<"maxPool">, frame: Frame): void {
  const [out, a] = [frame.arg("out"), frame.arg("a")];
  const index = indexed ? frame.arg("index") : undefined;
  const round = rounding(type);
  for (let t = 0; t < targetPositions(w) * w.targets; t++) {
    const [channel, pixel] = [t % w.targets, Math.floor(t / w.targets)];
    const across = positionsFrom("target", w.columns, pixel % w.columns.target);
    const seen = positionsFrom("target", w.rows, Math.floor(pixel / w.columns.target)).flatMap((down) =>
      across.map((right) => (down.other * w.columns.source + right.other) * w.sources + channel),
    );
    let best = seen[0]!;
    for (const s of seen) if (a.data[a.at + s]! > a.data[a.at + best]!) best = s;
    out.data[out.at + t] = round(out.data[out.at + t]! + a.data[a.at + best]!);
    if (index) index.data[index.at + t] = best;
  }
}

export function unpool(_k: KernelOf<"unpool">, frame: Frame): void {
  const [out, index, a] = [frame.arg("out"), frame.arg("index"), frame.arg("a")];
  for (let k = 0; k < frame.count("n"); k++) out.data[out.at + index.data[index.at + k]!]! += a.data[a.at + k]!;
}

export function pick(_k: KernelOf<"pick">, frame: Frame): void {
  const [out, index, a] = [frame.arg("out"), frame.arg("index"), frame.arg("a")];
  for (let k = 0; k < frame.count("n"); k++) out.data[out.at + k] = a.data[a.at + index.data[index.at + k]!]!;
}

export function foldRows({ width, stride }: KernelOf<"foldRows">, frame: Frame): void {
  const [out, a] = [frame.arg("out"), frame.arg("a")];
  for (let r = 0; r < frame.count("rows"); r++)
    for (let c = 0; c < width; c++) out.data[out.at + c]! += a.data[a.at + r * stride + c]!;
}
