/**
 * Counts the synapses of rows with all threads of a backend, where nothing but drawing them tells: rows of trials, and what
 * belongs to targets, of which the host counts how often each source was drawn.
 */
import type { Backend, Executable } from "../../backend/backend.ts";
import { loadProgram } from "../../backend/load.ts";
import { along, type Buffer, invoke, loop, type Place, type Program, place } from "../../ir/program.ts";
import type { Columns, RowCounter } from "../../model/connectivity/rows.ts";

/** Rows that a thread counts at a time, and of all threads. */
const [ROWS, PIECES] = [32, 64];
/** Ends that a thread draws at a time, as a rule. */
const ENDS = 2 ** 12;
const FIELDS = { first: 0, trials: 1, choices: 2, distinct: 3, targets: 4, notItself: 5, seed: 6, stream: 7 } as const;
const STRIDE = 8;

export interface CountShape {
  /** The most sources that belong to a target, and of how many distinct ones are drawn. */
  readonly degree: number;
  readonly distinctOf: number;
}

function countProgram(room: number, marks: number): Program {
  const buffer = (name: string, type: Buffer["type"], length: number): Buffer => ({ name, type, length, role: "work" });
  const field = (name: keyof typeof FIELDS): Place => place("records", FIELDS[name], along("piece", STRIDE));
  const own = (name: string, stride: number): Place => place(name, 0, along("piece", stride));
  const counts = { first: field("first"), targets: field("targets"), notItself: field("notItself") };
  const drawn = { key: field("seed"), out: own("ends", room), starts: own("starts", ROWS + 1) };
  const body = [
    invoke(
      { kind: "drawRows", law: "counts" },
      { key: field("seed"), out: own("counts", ROWS), factor: place("factor") },
      { ...counts, n: field("trials") },
    ),
    invoke({ kind: "drawRows", law: "choices" }, drawn, { ...counts, n: field("choices") }),
    invoke(
      { kind: "drawRows", law: "distinct" },
      { ...drawn, marks: own("marks", marks) },
      { ...counts, n: field("distinct") },
    ),
  ];
  return {
    name: "row counts",
    buffers: [
      buffer("pieces", "i32", 1),
      buffer("records", "u32", PIECES * STRIDE),
      buffer("factor", "f64", 1),
      buffer("counts", "u32", PIECES * ROWS),
      buffer("starts", "i32", PIECES * (ROWS + 1)),
      buffer("ends", "u32", PIECES * room),
      buffer("marks", "u32", PIECES * marks),
    ],
    regions: [{ name: "count", body: [loop("piece", place("pieces"), body, { parallel: true })] }],
  };
}

/** Dispose of it when all has been counted. */
export async function rowCounter(backend: Backend, shape: CountShape): Promise<RowCounter & Disposable> {
  const room = shape.degree === 0 ? 0 : Math.max(ENDS, shape.degree);
  const marks = Math.ceil(shape.distinctOf / 32);
  return new CompiledCounter(await loadProgram(backend, countProgram(room, marks)), room);
}

class CompiledCounter implements RowCounter {
  readonly #x: Executable;
  readonly #room: number;

  constructor(x: Executable, room: number) {
    this.#x = x;
    this.#room = room;
  }
  [Symbol.dispose](): void {
    this.#x.dispose();
  }

  ofTrials(...[drawn, sources]: Parameters<RowCounter["ofTrials"]>): Int32Array {
    if (drawn.law.kind !== "trials") throw new Error(`rows by ${drawn.law.kind} need no counting`);
    const out = new Int32Array(sources + 1);
    const counts = this.#x.array("counts");
    this.#x.array("factor")[0] = drawn.law.factor;
    this.#inPieces(drawn, sources, ROWS, (first, last) => {
      out.set(counts.subarray(0, last - first), first + 1);
    });
    return out;
  }

  ofColumns({ drawn, count, degree }: Columns, sources: number): Int32Array {
    const out = new Int32Array(sources + 1);
    const [ends, starts] = [this.#x.array("ends"), this.#x.array("starts")];
    const some = Math.max(1, Math.min(ROWS, Math.floor(this.#room / Math.max(1, degree))));
    for (let k = 0; k < starts.length; k++) starts[k] = (k % (ROWS + 1)) * degree;
    this.#inPieces(drawn, count, some, (first, last) => {
      for (let line = first; line < last; line += some) {
        const from = ((line - first) / some) * this.#room;
        const to = from + Math.min(some, last - line) * degree;
        for (let n = from; n < to; n++) out[ends[n]! + 1]!++;
      }
    });
    return out;
  }

  /** Lines in pieces of so many, as many pieces at a time as there is room for. */
  #inPieces(drawn: Columns["drawn"], count: number, some: number, take: (first: number, last: number) => void): void {
    const [pieces, records] = [this.#x.array("pieces"), this.#x.array("records")];
    const { law, targets, notItself, seed, stream } = drawn;
    records.fill(0);
    for (let first = 0; first < count; first += PIECES * some) {
      const last = Math.min(count, first + PIECES * some);
      pieces[0] = Math.ceil((last - first) / some);
      for (let piece = 0; piece < pieces[0]!; piece++) {
        const from = first + piece * some;
        const set = (name: keyof typeof FIELDS, x: number): void => void (records[piece * STRIDE + FIELDS[name]] = x);
        set("first", from);
        set(law.kind, Math.min(some, last - from));
        set("targets", targets);
        set("notItself", Number(notItself));
        set("seed", seed);
        set("stream", stream);
      }
      this.#x.run("count");
      take(first, last);
    }
  }
}
