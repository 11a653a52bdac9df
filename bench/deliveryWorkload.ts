/**
 * Delivery by groups of delays in the shape of the cortical microcircuit: of 25 spikes a step, rows of 1,900 synapses to one
 * half of the neurons, over delays of 1 to 64 steps around 15. `near` rows stay in the cache; `far` ones come from memory, and
 * are noted and touched first, as the engine does it.
 */
import { headerWords, headWords, quadWords, VISITS_AT, visitWords, writeHead } from "../src/ir/blocks.ts";
import { along, type Buffer, invoke, loop, type Node, type Program, place } from "../src/ir/program.ts";
import type { Setting, Workload } from "./workloadParts.ts";

const [CELLS, GROUP, GROUPS, ROWS, SPIKES, STEPS] = [38_912, 4, 16, 128, 25, 256];
const SLOTS = GROUP * GROUPS;
const NOTED = 128;
/** Synapses of a slot in the mean. */
const MEANS = Array.from({ length: SLOTS }, (_, k) => 103 * Math.exp(-(((k - 14) / 7.5) ** 2) / 2));

/** xorshift32, for what nobody draws conclusions from. */
function words(): () => number {
  let x = 12345;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

export const deliver =
  (form: "i8" | "f32", where: "near" | "far") =>
  async ({ backend, limits }: Setting): Promise<Workload> => {
    const sources = where === "near" ? 100 : 20_000;
    const header = { narrow: true, groups: GROUPS, group: GROUP };
    const [head, size] = [headerWords(header), quadWords(true, form)];
    const buffer = (name: string, type: Buffer["type"], length: number): Buffer => ({
      name,
      type,
      length,
      role: "work",
    });
    const list = (g: number) => place("list", 0, along("t", SPIKES, { shift: ROWS - GROUP * g, modulo: ROWS }));
    const blocks = { ...header, parts: 1, weight: form };
    const far = where === "far";
    const ring = { type: "f32", cells: CELLS } as const;
    const phase = place("numbers", 0, along("t", 1, { modulo: GROUP }));
    const own = {
      out: place("out"),
      ...(form === "i8" && { w: place("w") }),
      ...(far && { visits: place("visits") }),
    };
    const calls = Array.from({ length: GROUPS }, (_, k) => {
      const g = GROUPS - 1 - k;
      const args = { rows: place("rows"), heads: place("heads"), list: list(g) };
      const counts = { from: 0, to: SPIKES, at: place("numbers", g) };
      const { weight: _weight, ...heads } = blocks;
      const touch = invoke({ kind: "touch", ...heads }, { heads: args.heads, list: args.list }, counts);
      const deliver = { kind: "deliver", ...ring, ...blocks, ...(far && { noted: NOTED }) } as const;
      return { touch, deliver: invoke(deliver, { ...args, ...own }, { ...counts, phase }) };
    });
    const touches = far ? calls.map((c) => c.touch) : [];
    const { narrow, group } = header;
    const settle = invoke({ kind: "settle", ...ring, narrow, group, weight: form, noted: NOTED }, own, { phase });
    const groups: Node[] = [...calls.map((c) => c.deliver), ...(far ? [settle] : [])];
    const program: Program = {
      name: "deliver",
      buffers: [
        buffer("out", "f32", GROUP * CELLS),
        buffer("rows", "u32", sources * (head + size * (SLOTS + 600))),
        buffer("heads", "u32", headWords(header) * sources),
        buffer("list", "u32", SPIKES * ROWS),
        buffer("w", "f32", 1),
        buffer("visits", "u32", VISITS_AT + NOTED * visitWords(header)),
        buffer("numbers", "i32", GROUPS),
      ],
      regions: [{ name: "run", body: [loop("t", STEPS, [...touches, ...groups])] }],
    };
    const executable = await backend.load(program);
    const array = (name: string) => executable.array(name);
    const next = words();
    array("numbers").forEach((_, k, all) => (all[k] = k));
    array("list").forEach((_, k, all) => (all[k] = Math.floor(next() * sources)));
    const rows = array("rows") as Uint32Array;
    const half = new Uint16Array(rows.buffer, rows.byteOffset, 2 * rows.length);
    const synapses = new Float64Array(sources);
    let end = 0;
    for (let r = 0; r < sources; r++) {
      let quads = 0;
      MEANS.forEach((mean, slot) => {
        const n = Math.floor(mean * (0.8 + 0.4 * next()) + next());
        synapses[r]! += n;
        const first = quads;
        quads += Math.ceil(n / 4);
        for (let k = 4 * first; k < 4 * quads; k++)
          half[2 * (end + head + (k >> 2) * size) + (k & 3)] =
            k < 4 * first + n ? next() * (CELLS - 64) : CELLS - 4 + (k & 3);
        half[2 * end + slot + 1] = quads;
      });
      writeHead(blocks, { words: rows, at: end, start: end }, { heads: array("heads"), head: r * headWords(header) });
      end += head + quads * size;
    }
    // Each spike goes through its whole row in the steps of half a run.
    const work = (STEPS / ROWS) * Array.from(array("list")).reduce((sum, r) => sum + synapses[r]!, 0);
    const metric = `delivery by delay, ${form} weights, ${where} rows@1`;
    return { metric, unit: "Gsynapse/s", work, limit: limits.loadAdd / 4, executable };
  };
