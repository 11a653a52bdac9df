/** Where each buffer lies in linear memory. The same on every backend. */
import type { Buffer, Program } from "../ir/program.ts";
import { BYTES, type Type } from "../ir/types.ts";
import type { Elements } from "./backend.ts";

/** Rows start on cache lines. */
const ALIGN = 64;
/** Kernels may read or write this far past the last element (whole vectors, list slack). */
const SLACK = 32;
/** The first bytes are a backend's own (tables); address 0 is never a buffer. */
const FIRST = 8192;

export interface Layout {
  readonly offsets: ReadonlyMap<string, number>;
  readonly buffers: ReadonlyMap<string, Buffer>;
  /** Total bytes. */
  readonly bytes: number;
}

/** @param running rounds of a parallel loop that may run at the same time: as many copies of its scratch buffers there are */
export function layout(program: Program, running: number): Layout {
  const offsets = new Map<string, number>();
  const buffers = program.buffers.map((b) => held(b, running));
  let end = FIRST;
  for (const b of buffers) {
    offsets.set(b.name, end);
    end += Math.ceil((b.length * BYTES[b.type] + SLACK) / ALIGN) * ALIGN;
  }
  return { offsets, buffers: new Map(buffers.map((b) => [b.name, b])), bytes: end };
}

function held(b: Buffer, running: number): Buffer {
  if (!b.scratch || b.copies === undefined || b.copies <= running) return b;
  return { ...b, copies: running, length: (b.length / b.copies) * running };
}

const VIEW: Readonly<Record<Type, (memory: ArrayBufferLike, offset: number, length: number) => Elements>> = {
  f32: (m, o, n) => new Float32Array(m, o, n),
  f64: (m, o, n) => new Float64Array(m, o, n),
  i32: (m, o, n) => new Int32Array(m, o, n),
  u32: (m, o, n) => new Uint32Array(m, o, n),
  bool: (m, o, n) => new Uint32Array(m, o, n),
};

/** A view of one buffer, with `extra` elements of its slack. */
export function viewOf(at: Layout, memory: ArrayBufferLike, name: string, extra = 0): Elements {
  const b = at.buffers.get(name);
  if (!b) throw new Error(`no buffer '${name}' in this program; there are: ${[...at.buffers.keys()].join(", ")}`);
  return VIEW[b.type](memory, at.offsets.get(name)!, b.length + extra);
}
