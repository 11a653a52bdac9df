/** `body(i)` for each i of a domain: the definition of the element-wise skeleton and of its six kinds of store. */
import { drawBlock, drawWord } from "../../base/draws.ts";
import type { IndexOf } from "../../ir/expr.ts";
import { LISTED } from "../../ir/kernelArguments.ts";
import type { KernelOf } from "../../ir/program.ts";
import { lanesOf, type Step, type Store, type StoreMode, slotOf } from "../../ir/step.ts";
import { isFloat } from "../../ir/types.ts";
import { evaluateBody } from "./body.ts";
import type { Cursor, Frame } from "./run.ts";

export function perElement({ step, domain }: KernelOf<"perElement">, frame: Frame): void {
  const load = loader(step, frame);
  const sinks = step.stores.map((s) => SINKS[s.mode](s, step, frame));
  for (const i of elements(domain, frame)) {
    const values = evaluateBody(step, (e, ahead) => (e.tag === "index" ? INDEX[e.of]!(i) : load(e.slot, i, ahead)));
    sinks.forEach((sink, k) => sink.put(i, values[k]!));
  }
  for (const sink of sinks) sink.end();
}

/** What a body may ask of its element's number. */
const INDEX: Readonly<Partial<Record<IndexOf, (i: number) => number>>> = { element: (i) => i, drawBlock, drawWord };

function* elements(domain: KernelOf<"perElement">["domain"], frame: Frame): Generator<number> {
  if (domain === "list") {
    const list = frame.arg(LISTED);
    for (let k = frame.count("from"); k < frame.count("to"); k++) yield list.data[list.at + k]!;
  } else for (let i = domain ? frame.count("first") : 0; i < frame.count("n"); i++) yield i;
}

function loader(step: Step, frame: Frame): (slot: string, i: number, ahead?: number) => number {
  const cursors = new Map<string, { cursor: Cursor; stride: number }>();
  return (slot, i, ahead = 0) => {
    let at = cursors.get(slot);
    if (!at) {
      at = { cursor: frame.arg(slot), stride: slotOf(step, slot).space === "element" ? 1 : 0 };
      cursors.set(slot, at);
    }
    return at.cursor.data[at.cursor.at + i * at.stride + ahead]!;
  };
}

interface Sink {
  put(i: number, value: number): void;
  end(): void;
}
type MakeSink = (store: Store, step: Step, frame: Frame) => Sink;

const nothing = (): void => undefined;

const SINKS: Readonly<Record<StoreMode, MakeSink>> = {
  set: (s, step, frame) => {
    const out = frame.arg(s.slot);
    const stride = slotOf(step, s.slot).space === "element" ? 1 : 0;
    return { put: (i, x) => (out.data[out.at + i * stride] = x), end: nothing };
  },
  add: (s, _step, frame) => {
    const out = frame.arg(s.slot);
    const put = (i: number, x: number): void => {
      out.data[out.at + i]! += x; // typed arrays round the (exact enough) double sum once
    };
    return { put, end: nothing };
  },
  append: (s, _step, frame) => {
    const list = frame.arg(s.slot);
    const [from, to] = [frame.arg(`${s.slot}.from`), frame.arg(`${s.slot}.to`)];
    let position = from.data[from.at]!;
    return {
      put: (i, x) => {
        if (x) list.data[list.at + position++] = i;
      },
      end: () => {
        to.data[to.at] = position;
      },
    };
  },
  bits: (s, _step, frame) => {
    const out = frame.arg(s.slot);
    return { put: (i, x) => putBit(out, i, x), end: nothing };
  },
  sum: (s, step, frame) => fold(s, step, frame, 0, (a, b) => a + b),
  max: (s, step, frame) => fold(s, step, frame, Number.NEGATIVE_INFINITY, (a, b) => (a < b ? b : a)),
};

/** Sets bit i, and clears the later bits of the same byte (what packing byte by byte does). */
function putBit({ data, at }: Cursor, i: number, x: number): void {
  const word = at + (i >>> 5);
  const keep = ((1 << (i & 7)) - 1) << (i & 24);
  const others = ~(0xff << (i & 24));
  data[word] = (data[word]! & (others | keep)) | (x << (i & 31));
}

function fold(s: Store, step: Step, frame: Frame, start: number, combine: (a: number, b: number) => number): Sink {
  const { type } = s.value;
  const round =
    type === "f32"
      ? Math.fround
      : isFloat(type)
        ? (x: number) => x
        : type === "u32"
          ? (x: number) => x >>> 0
          : (x: number) => x | 0;
  const lanes = new Array<number>(lanesOf(step)).fill(start);
  const two = (a: number, b: number): number => round(combine(a, b));
  return {
    put: (i, x) => {
      const lane = i % lanes.length;
      lanes[lane] = two(lanes[lane]!, x);
    },
    end: () => {
      const out = frame.arg(s.slot);
      const total =
        lanes.length === 4 ? two(two(lanes[0]!, lanes[1]!), two(lanes[2]!, lanes[3]!)) : two(lanes[0]!, lanes[1]!);
      out.data[out.at] = two(out.data[out.at]!, total);
    },
  };
}
