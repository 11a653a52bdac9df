/** Synapses of one group of delays, spike by spike: each weight is added where it arrives. */
import { cellWords, groupWords, headWords, QUAD, quadWords } from "../../ir/blocks.ts";
import type { KernelOf, WeightForm } from "../../ir/program.ts";
import type { Cursor, Frame } from "./run.ts";

type Deliver = KernelOf<"deliver">;

export function deliver(k: Deliver, frame: Frame): void {
  const [out, rows, heads, list] = [frame.arg("out"), frame.arg("rows"), frame.arg("heads"), frame.arg("list")];
  const round = k.type === "f32" ? Math.fround : (x: number) => x;
  const unit = frame.optional("w");
  const weightOf = WEIGHTS[k.weight];
  const phase = frame.count("phase");
  const words = quadWords(k.narrow, k.weight);
  for (let e = frame.count("from"); e < frame.count("to"); e++) {
    const head = heads.at + list.data[list.at + e]! * k.parts * headWords(k) + frame.count("at") * groupWords(k);
    const first = rows.at + heads.data[head]!;
    for (const { from, to, slot } of segments(k, heads, head + 1))
      for (let quad = from; quad < to; quad++)
        for (let lane = 0; lane < QUAD; lane++) {
          const at = first + quad * words;
          const w = weightOf(rows, at + cellWords(k.narrow), lane, unit?.data[unit.at] ?? 0, round);
          const cell = out.at + ringCell(k, cellOf(k.narrow, rows, at, lane), slot, phase);
          out.data[cell] = round(out.data[cell]! + w);
        }
  }
}

export function enlist(_k: KernelOf<"enlist">, frame: Frame): void {
  const [out, begin, end, list] = [frame.arg("out"), frame.arg("begin"), frame.arg("end"), frame.arg("list")];
  let at = begin.data[begin.at]!;
  for (let e = frame.count("from"); e < frame.count("to"); e++)
    out.data[out.at + at++] = frame.count("first") + list.data[list.at + e]!;
  end.data[end.at] = at;
}

/** The quads `[from, to)` of each slot of the group; where blocks are not narrow, of all its slots together. */
function* segments(k: Deliver, heads: Cursor, ends: number): Generator<Record<"from" | "to" | "slot", number>> {
  if (!k.narrow) return yield { from: 0, to: heads.data[ends]!, slot: 0 };
  let from = 0;
  for (let slot = 0; slot < k.group; slot++) {
    const to = half(heads.data[ends + (slot >> 1)]!, slot & 1);
    yield { from, to, slot };
    from = to;
  }
}
const half = (word: number, upper: number): number => (upper ? word >>> 16 : word & 0xffff);
const cellOf = (narrow: boolean, rows: Cursor, at: number, lane: number): number =>
  narrow ? half(rows.data[at + (lane >> 1)]!, lane & 1) : rows.data[at + lane]!;
/** Rows follow one another round the ring. */
const ringCell = ({ cells, group }: Deliver, cell: number, slot: number, phase: number): number =>
  ((phase + slot) * cells + cell) % (group * cells);

type WeightOf = (rows: Cursor, at: number, lane: number, unit: number, round: (x: number) => number) => number;
const signed = (word: number, lane: number, bits: 8 | 16): number => {
  const shift = (lane * bits) % 32;
  return (word << (32 - bits - shift)) >> (32 - bits);
};
const view = new DataView(new ArrayBuffer(8));
const WEIGHTS: { readonly [F in WeightForm]: WeightOf } = {
  one: (_rows, _at, _lane, unit) => unit,
  i8: (rows, at, lane, unit, round) => round(signed(rows.data[at]!, lane, 8) * unit),
  i16: (rows, at, lane, unit, round) => round(signed(rows.data[at + (lane >> 1)]!, lane, 16) * unit),
  f32: (rows, at, lane) => {
    view.setUint32(0, rows.data[at + lane]!);
    return view.getFloat32(0);
  },
  f64: (rows, at, lane) => {
    view.setUint32(4, rows.data[at + 2 * lane]!);
    view.setUint32(0, rows.data[at + 2 * lane + 1]!);
    return view.getFloat64(0);
  },
};
