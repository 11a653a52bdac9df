/** Definitions of the structural kernels: plain loops in the stated order, one rounding an operation. */
import { type KernelOf, ofPart } from "../../ir/program.ts";
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Frame } from "./run.ts";

const rounding = (type: FloatType): ((x: number) => number) => (type === "f32" ? Math.fround : (x) => x);

export function gatherRows(k: KernelOf<"gatherRows">, frame: Frame): void {
  const round = rounding(k.type);
  const [out, weights, list] = [frame.arg("out"), frame.arg("weights"), frame.arg("list")];
  const init = k.init ? frame.arg("init") : undefined;
  const values = k.valued ? frame.arg("values") : undefined;
  const [from, to] = [frame.count("from"), frame.count("to")];
  for (let c = 0; c < k.width; c++) {
    let sum = init ? init.data[init.at + c]! : 0;
    for (let e = from; e < to; e++) {
      const w = weights.data[weights.at + list.data[list.at + e]! * k.stride + c]!;
      sum = round(sum + (values ? round(values.data[values.at + e]! * w) : w));
    }
    out.data[out.at + c] = sum;
  }
}

export function product(k: KernelOf<"product">, frame: Frame): void {
  const round = rounding(k.type);
  const [out, a, b] = [frame.arg("out"), frame.arg("a"), frame.arg("b")];
  const init = k.start === "init" ? frame.arg("init") : undefined;
  const [rows, depth] = [frame.count("rows"), frame.count("depth")];
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < k.width; c++) {
      const at = out.at + r * k.outStride + c;
      let sum = init ? init.data[init.at + c]! : k.start === "out" ? out.data[at]! : 0;
      for (let d = 0; d < depth; d++)
        sum = round(sum + round(a.data[a.at + r * k.aRow + d * k.aColumn]! * b.data[b.at + d * k.bStride + c]!));
      out.data[at] = sum;
    }
}

export function rowDots(k: KernelOf<"rowDots">, frame: Frame): void {
  const list = k.listed ? frame.arg("list") : undefined;
  const [from, to] = k.listed ? [frame.count("from"), frame.count("to")] : [0, frame.count("rows")];
  const out = frame.arg("out");
  const parts = k.parts.map((shape, p) => ({
    ...shape,
    a: frame.arg(ofPart("a", p)),
    b: frame.arg(ofPart("weights", p)),
  }));
  const { abreast = { a: [], out: 0 } } = k;
  for (let s = 0; s < (k.abreast ? frame.count("samples") : 1); s++)
    for (let e = from; e < to; e++) {
      const j = list ? list.data[list.at + e]! : e;
      const pairs = parts.flatMap(({ width, stride, a, b }, p) => {
        const [first, row] = [a.at + s * (abreast.a[p] ?? 0), b.at + j * stride];
        return Array.from({ length: width }, (_, c) => [a.data[first + c]!, b.data[row + c]!] as const);
      });
      const sum = laneDot(k.type, pairs);
      const at = out.at + s * abreast.out + j;
      out.data[at] = k.accumulate ? out.data[at]! + sum : sum;
    }
}
function laneDot(type: FloatType, pairs: readonly (readonly [number, number])[]): number {
  const round = rounding(type);
  const lanes = new Array<number>(16 / BYTES[type]).fill(0);
  pairs.forEach(([x, y], c) => {
    const lane = c % lanes.length;
    lanes[lane] = round(lanes[lane]! + round(x * y));
  });
  const [l0, l1, l2, l3] = lanes as [number, number, number?, number?];
  const low = round(l0 + l1);
  return l2 === undefined ? low : round(low + round(l2 + l3!));
}

export function outerRows(k: KernelOf<"outerRows">, frame: Frame): void {
  const round = rounding(k.type);
  const [out, list, ends, delta] = [frame.arg("out"), frame.arg("list"), frame.arg("ends"), frame.arg("delta")];
  const values = k.valued ? frame.arg("values") : undefined;
  for (let s = 0; s < frame.count("steps"); s++)
    for (let e = ends.data[ends.at + s]!; e < ends.data[ends.at + s + 1]!; e++) {
      const row = out.at + list.data[list.at + e]! * k.stride;
      for (let c = 0; c < k.width; c++) {
        const d = delta.data[delta.at + s * k.deltaStride + c]!;
        out.data[row + c]! += values ? round(values.data[values.at + e]! * d) : d;
      }
    }
}

export function transposeLists(k: KernelOf<"transposeLists">, frame: Frame): void {
  const [list, ends] = [frame.arg("list"), frame.arg("ends")];
  const [starts, order] = [frame.arg("starts"), frame.arg("order")];
  const [values, sorted] = k.valued ? [frame.arg("values"), frame.arg("sorted")] : [];
  const found = Array.from({ length: k.rows }, (): { number: number; entry: number }[] => []);
  for (let g = 0; g < frame.count("groups"); g++)
    for (let s = 0; s < frame.count("steps"); s++) {
      const at = ends.at + g * k.endsStride + s;
      for (let e = ends.data[at]!; e < ends.data[at + 1]!; e++) {
        const entry = g * k.listStride + e;
        found[list.data[list.at + entry]!]!.push({ number: g * k.numberStride + s, entry });
      }
    }
  let position = 0;
  found.forEach((lists, row) => {
    starts.data[starts.at + row] = position;
    for (const { number, entry } of lists) {
      order.data[order.at + position] = number;
      if (values && sorted) sorted.data[sorted.at + position] = values.data[values.at + entry]!;
      position++;
    }
  });
  starts.data[starts.at + k.rows] = position;
}

export function unpackBits(_k: KernelOf<"unpackBits">, frame: Frame): void {
  const [bits, list, from, to] = [frame.arg("bits"), frame.arg("list"), frame.arg("from"), frame.arg("to")];
  let position = from.data[from.at]!;
  for (let i = 0; i < frame.count("n"); i++)
    if ((bits.data[bits.at + (i >>> 5)]! >>> (i & 31)) & 1) list.data[list.at + position++] = i;
  to.data[to.at] = position;
}

export function winners(k: KernelOf<"winners">, frame: Frame): void {
  const [list, from, to, key] = [frame.arg("list"), frame.arg("from"), frame.arg("to"), frame.arg("key")];
  const flag = k.flagged ? frame.arg("flag") : undefined;
  const all: { part: number; element: number; key: number }[] = [];
  for (let part = 0; part < k.parts; part++)
    for (let e = from.data[from.at + part]!; e < to.data[to.at + part * k.stride]!; e++) {
      const element = list.data[list.at + e]!;
      all.push({ part, element, key: key.data[key.at + element]! });
    }
  const best = new Set([...all].sort((a, b) => b.key - a.key).slice(0, k.most)); // a stable sort: equal keys keep their order
  if (flag) for (const x of all) if (!best.has(x)) flag.data[flag.at + x.element] = 0;
  for (let part = 0; part < k.parts; part++) {
    let end = from.data[from.at + part]!;
    for (const x of all) if (x.part === part && best.has(x)) list.data[list.at + end++] = x.element;
    to.data[to.at + part * k.stride] = end;
  }
}

export function zero(_k: KernelOf<"zero">, frame: Frame): void {
  const out = frame.arg("out");
  out.data.fill(0, out.at, out.at + frame.count("n"));
}
