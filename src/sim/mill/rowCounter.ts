/** Counts the synapses of rows of trials, which nothing but drawing them tells, with all threads of a backend. */
import type { Backend } from "../../backend/backend.ts";
import { loadProgram } from "../../backend/load.ts";
import { along, type Buffer, invoke, loop, type Program, place } from "../../ir/program.ts";
import type { RowCounter } from "../../model/connectivity/rows.ts";

/** Rows that a thread counts at a time, and of all threads. */
const [ROWS, PIECES] = [32, 256];
const FIELDS = { first: 0, n: 1, targets: 2, notItself: 3, seed: 4, stream: 5 } as const;
const STRIDE = 8;

function countProgram(): Program {
  const buffer = (name: string, type: Buffer["type"], length: number): Buffer => ({ name, type, length, role: "work" });
  const field = (name: keyof typeof FIELDS) => place("records", FIELDS[name], along("piece", STRIDE));
  const args = { key: field("seed"), out: place("counts", 0, along("piece", ROWS)), factor: place("factor") };
  const counts = { first: field("first"), n: field("n"), targets: field("targets"), notItself: field("notItself") };
  const call = invoke({ kind: "drawRows", law: "counts" }, args, counts);
  return {
    name: "row counts",
    buffers: [
      buffer("pieces", "i32", 1),
      buffer("records", "u32", PIECES * STRIDE),
      buffer("factor", "f64", 1),
      buffer("counts", "u32", PIECES * ROWS),
    ],
    regions: [{ name: "count", body: [loop("piece", place("pieces"), [call], { parallel: true })] }],
  };
}

/** Dispose of it when all has been counted. */
export async function rowCounter(backend: Backend): Promise<{ readonly count: RowCounter } & Disposable> {
  const x = await loadProgram(backend, countProgram());
  const [pieces, records, factor, counts] = ["pieces", "records", "factor", "counts"].map((name) => x.array(name));
  const count: RowCounter = ({ law, targets, notItself, seed, stream }, sources) => {
    if (law.kind !== "trials") throw new Error(`rows by ${law.kind} need no counting`);
    const out = new Int32Array(sources + 1);
    factor![0] = law.factor;
    for (let first = 0; first < sources; first += PIECES * ROWS) {
      const last = Math.min(sources, first + PIECES * ROWS);
      pieces![0] = Math.ceil((last - first) / ROWS);
      for (let piece = 0; piece < pieces![0]!; piece++) {
        const from = first + piece * ROWS;
        const record = [from, Math.min(ROWS, last - from), targets, Number(notItself), seed, stream];
        records!.set(record, piece * STRIDE);
      }
      x.run("count");
      out.set(counts!.subarray(0, last - first), first + 1);
    }
    return out;
  };
  return { count, [Symbol.dispose]: () => x.dispose() };
}
