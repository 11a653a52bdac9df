/** Definitions of the kernels that build tables of synapses: plain loops in the stated order. */
import { LineStream } from "../../base/lineStream.ts";
import {
  BLOCK_ALIGN,
  cellWords,
  headerWords,
  JOIN,
  JOIN_FIELDS,
  QUAD,
  quadWords,
  segmentsOf,
} from "../../ir/blocks.ts";
import { LOOK_AGAIN, LOOK_ASK, LOOK_BITS, LOOK_TRIES } from "../../ir/lookUp.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { Cursor, Frame } from "./run.ts";

const item = ({ data, at }: Cursor, k: number): number => data[at + k]!;
const linesOf = (key: Cursor): LineStream => new LineStream(item(key, 0), item(key, 1));

export function drawRows({ law }: KernelOf<"drawRows">, frame: Frame): void {
  const [out, draws] = [frame.arg("out"), linesOf(frame.arg("key"))];
  const [starts, factor] = [frame.optional("starts"), frame.optional("factor")];
  const [first, targets, notItself] = [frame.count("first"), frame.count("targets"), frame.count("notItself")];
  for (let k = 0; k < frame.count("n"); k++) {
    const line = first + k;
    const ends: number[] = [];
    draws.begin(line);
    if (law === "choices" || law === "distinct") {
      const [degree, among] = [item(starts!, k + 1) - item(starts!, k), targets - notItself];
      const chosen: number[] = [];
      for (let n = 0; n < degree; n++) {
        const last = law === "distinct" ? among - degree + n : among - 1;
        const end = draws.below(last + 1);
        chosen.push(law === "distinct" && chosen.includes(end) ? last : end);
      }
      ends.push(...chosen.map((end) => (notItself && end >= line ? end + 1 : end)));
    } else
      for (let end = draws.failures(item(factor!, 0)); end < targets; end += 1 + draws.failures(item(factor!, 0)))
        if (!notItself || end !== line) ends.push(end);
    if (law === "counts") out.data[out.at + k] = ends.length;
    else out.data.set(ends, out.at + item(starts!, k));
  }
}

export function sortRows(_k: KernelOf<"sortRows">, frame: Frame): void {
  const [out, starts] = [frame.arg("out"), frame.arg("starts")];
  for (let k = 0; k < frame.count("n"); k++)
    out.data.subarray(out.at + item(starts, k), out.at + item(starts, k + 1)).sort();
}

export function weave({ stride }: KernelOf<"weave">, frame: Frame): void {
  const [out, planes] = [frame.arg("out"), frame.arg("planes")];
  for (let k = 0; k < frame.count("n"); k++)
    for (let p = 0; p < 4; p++) out.data[out.at + 4 * k + p] = item(planes, p * stride + k);
}

export function lookUp(_k: KernelOf<"lookUp">, frame: Frame): void {
  const [out, words, asked, draws] = [
    frame.arg("out"),
    frame.arg("words"),
    frame.arg("asked"),
    linesOf(frame.arg("key")),
  ];
  const [skip, n] = [frame.count("skip"), frame.count("n")];
  const found = finder(frame, frame.count("cell"), frame.count("entry"));
  for (let k = 0; k < n; k++) {
    let x = found(item(words, skip + k));
    draws.begin(frame.count("first") + k);
    for (let tries = 0; x === LOOK_AGAIN && tries < LOOK_TRIES; tries++) x = found(draws.word());
    out.data[out.at + skip + k] = x;
    if (x === LOOK_AGAIN || x === LOOK_ASK) asked.data[asked.at]!++;
  }
}
/** Looks numbers up in tables that begin at `cell` and at `entry`. */
export function finder(frame: Frame, cell: number, entry: number): (word: number) => number {
  const [cells, bounds, values] = [frame.arg("cells"), frame.arg("bounds"), frame.arg("values")];
  return (word) => {
    const c = cell + (word >>> (32 - LOOK_BITS));
    let i = item(cells, c);
    while (i < item(cells, c + 1) && item(bounds, entry + i + 1) <= word) i++;
    return item(values, entry + i);
  };
}

type FillBlocks = KernelOf<"fillBlocks">;
export function fillBlocks(k: FillBlocks, frame: Frame): void {
  const [out, begin, used] = [frame.arg("out"), frame.arg("begin"), frame.arg("used")];
  let end = 0;
  for (let r = 0; r < frame.count("rows"); r++) {
    const synapses = [...synapsesOf(k, frame, r)];
    for (let part = 0; part < k.parts; part++) {
      const first = Math.ceil(end / BLOCK_ALIGN) * BLOCK_ALIGN;
      out.data.fill(0, out.at + end, out.at + first);
      begin.data[begin.at + r * k.parts + part] = first;
      end = first + block(k, out, first, segmentsIn(k, part, synapses));
    }
  }
  used.data[used.at] = end;
}

interface Synapse {
  readonly part: number;
  readonly slot: number;
  readonly cell: number;
  readonly weight: number;
}
function* synapsesOf(k: FillBlocks, frame: Frame, row: number): Generator<Synapse> {
  const [joins, starts, target, steps] = ["joins", "starts", "target", "steps"].map((name) => frame.arg(name)) as [
    Cursor,
    Cursor,
    Cursor,
    Cursor,
  ];
  const [slots, weights] = [frame.arg("slots"), frame.optional("weights")];
  const rowLength = k.narrow ? 0 : k.cells;
  for (let c = 0; c < k.joined; c++) {
    const field = (name: keyof typeof JOIN): number => item(joins, c * JOIN_FIELDS + JOIN[name]);
    const at = field("starts") + row;
    for (let n = item(starts, at); n < item(starts, at + 1); n++) {
      const end = item(target, field("target") + n);
      const part = Math.floor(end / field("width"));
      const late = field("steps") < 0 ? 0 : item(steps, field("steps") + n);
      const slot = item(slots, field("before") + late);
      const cell = field("first") + end - part * field("width") + (slot % k.group) * rowLength;
      yield { part, slot, cell, weight: weights ? item(weights, field("weights") + n) : 0 };
    }
  }
}

/** Synapses in order of slot, where they lie slot by slot or group by group. */
function segmentsIn(k: FillBlocks, part: number, synapses: readonly Synapse[]): Synapse[][] {
  const own = synapses.filter((s) => s.part === part);
  const slots = Array.from({ length: k.groups * k.group }, (_, slot) => own.filter((s) => s.slot === slot));
  const together = k.narrow ? 1 : k.group;
  return Array.from({ length: segmentsOf(k) }, (_, s) => slots.slice(s * together, (s + 1) * together).flat());
}

/** Writes a block; returns how many words it has. */
function block(k: FillBlocks, out: Cursor, first: number, segments: readonly (readonly Synapse[])[]): number {
  const [head, size, own] = [headerWords(k), quadWords(k.narrow, k.weight), cellWords(k.narrow)];
  const words = out.data.subarray(out.at + first) as Uint32Array;
  const half = new Uint16Array(words.buffer, words.byteOffset);
  const cells = k.narrow ? half : words;
  const perWord = k.narrow ? 2 : 1;
  words.fill(0, 0, head);
  let quads = 0;
  for (const [s, segment] of segments.entries()) {
    const more = Math.ceil(segment.length / QUAD);
    words.fill(0, head + quads * size, head + (quads + more) * size);
    for (let n = 0; n < QUAD * more; n++) {
      const [word, lane] = [head + (quads + (n >> 2)) * size, n & 3];
      cells[perWord * word + lane] = segment[n]?.cell ?? k.cells - QUAD + lane;
      if (n < segment.length) PUT[k.weight](words, word + own, lane, segment[n]!.weight);
    }
    quads += more;
    cells[s + 1] = quads;
  }
  return head + quads * size;
}

const view = new DataView(new ArrayBuffer(8));
const packed = (bits: 8 | 16) => (words: Uint32Array, at: number, lane: number, x: number) => {
  const word = at + Math.floor((lane * bits) / 32);
  words[word]! |= (x & (2 ** bits - 1)) << ((lane * bits) % 32);
};
/** Writes the weight of a lane, where zeros are. */
const PUT: {
  readonly [W in FillBlocks["weight"]]: (words: Uint32Array, at: number, lane: number, x: number) => void;
} = {
  one: () => undefined,
  i8: packed(8),
  i16: packed(16),
  f32: (words, at, lane, x) => {
    view.setFloat32(0, x);
    words[at + lane] = view.getUint32(0);
  },
  f64: (words, at, lane, x) => {
    view.setFloat64(0, x);
    words[at + 2 * lane] = view.getUint32(4);
    words[at + 2 * lane + 1] = view.getUint32(0);
  },
};
