/** Addresses of 64 bits: the bits of 32, for every kernel; buffers of more than 4 GiB; and what is refused. */
import { describe, expect, test } from "vitest";
import loadWabt from "wabt";
import type { Backend } from "../../src/backend/backend.ts";
import { layout } from "../../src/backend/layout.ts";
import { encode } from "../../src/backend/wasm/encode.ts";
import { MOST_BYTES } from "../../src/backend/wasm/memory.ts";
import { generate, threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { toWat } from "../../src/backend/wasm/wat.ts";
import { groupWords, headWords } from "../../src/ir/blocks.ts";
import { invocations, type KernelOf, type Program } from "../../src/ir/program.ts";
import { CASES } from "./all.cases.ts";
import type { Case } from "./cases.ts";
import { DELIVER } from "./deliver.cases.ts";
import { needMemory64, wide } from "./memory64.ts";
import { SYNAPSES } from "./synapses.cases.ts";

/** What elements of some buffers lie further behind than in the case. */
type Gaps = Readonly<Record<string, number>>;

/** The defined elements after a run, as bits; every NaN is the same NaN. */
async function run(
  backend: Backend,
  { program, inputs, defined = {} }: Case,
  gaps: Gaps = {},
): Promise<Record<string, string>> {
  using executable = await backend.load(program);
  for (const [name, values] of Object.entries(inputs)) executable.array(name).set(values, gaps[name] ?? 0);
  executable.run("main");
  const text = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));
  const after = (name: string, length: number): string => {
    const from = gaps[name] ?? 0;
    return Array.from(executable.array(name).slice(from, from + (defined[name] ?? length - from)), text).join();
  };
  return Object.fromEntries(program.buffers.map((b) => [b.name, after(b.name, b.length)]));
}

// Wasm of 32-bit addresses equals the interpreter (`conformance.test.ts`).
test.each(CASES.map((c) => [c.name, c] as const))("the same bits: %s", async (_name, c) => {
  expect(await run(wide(), c)).toEqual(await run(wasm, c));
});

test("the bytes equal those of an independent assembler for every conformance case", async () => {
  const wabt = await loadWabt();
  const canonical = (bytes: Uint8Array): string => {
    const module = wabt.readWasm(bytes, { memory64: true });
    const text = module.toText({ foldExprs: false, inlineExport: true });
    module.destroy();
    return text;
  };
  for (const { program } of CASES) {
    const code = generate(program, layout(program, 1), { pages: 1, shared: false, addressBits: 64 });
    const parsed = wabt.parseWat("case.wat", toWat(code), { memory64: true });
    parsed.validate();
    expect(canonical(encode(code))).toEqual(canonical(parsed.toBinary({ canonicalize_lebs: true }).buffer));
    parsed.destroy();
  }
});

test("addresses have 64 bits where a program needs more than 4 GiB, or where that is asked for, and else 32", async () => {
  needMemory64();
  const text = async (backend: Backend, length: number): Promise<string> => {
    const room = { name: "room", type: "f64", length, role: "work" } as const;
    using executable = await backend.load({ name: "p", buffers: [room], regions: [] });
    return executable.text().split("\n")[1]!.trim();
  };
  expect(await text(wasm, 1)).toBe('(import "env" "memory" (memory 1 1))');
  expect(await text(wasm, 2 ** 29 - 1100)).toBe('(import "env" "memory" (memory 65536 65536))');
  expect(await text(wasm, 2 ** 29)).toBe('(import "env" "memory" (memory i64 65537 65537))');
  expect(await text(wide(), 1)).toBe('(import "env" "memory" (memory i64 1 1))');
});

/** Elements of 4 bytes that reach over 4 GiB. */
const GAP = 2 ** 30 + 48;
const stretched = (program: Program, gaps: Gaps): Program => ({
  ...program,
  buffers: program.buffers.map((b) => ({ ...b, length: b.length + (gaps[b.name] ?? 0) })),
});

describe("one buffer of more than 4 GiB", () => {
  const delivered = DELIVER.filter(
    ({ program: p }) => p.name === "deliver" && p.buffers.some((b) => b.name === "heads"),
  );
  test.each(delivered.filter((_, k) => k % 7 === 0).map((c) => [c.name, c] as const))("%s", async (_name, c) => {
    needMemory64();
    const kernels = [...invocations(c.program.regions[0]!.body)].map(({ call }) => call.kernel);
    const k = kernels.find((x): x is KernelOf<"deliver"> => x.kind === "deliver")!;
    const heads = [...c.inputs.heads!];
    for (let head = 0; head < heads.length; head += headWords(k))
      for (let g = 0; g < k.groups; g++) heads[head + g * groupWords(k)]! += GAP;
    const gaps = { rows: GAP };
    const high = { ...c, program: stretched(c.program, gaps), inputs: { ...c.inputs, heads } };
    const { heads: _heads, ...found } = await run(wasm, high, gaps);
    const { heads: _same, ...expected } = await run(wasm, c);
    expect(found).toEqual(expected);
  });

  const tabled = SYNAPSES.filter(({ name }) => !name.includes("full"));
  test.each(tabled.map((c) => [c.name, c] as const))("%s", async (_name, c) => {
    needMemory64();
    const gap = c.name.includes("f64") ? 0.8 * 2 ** 30 : GAP;
    const far = ["target", "columnSource", "columnSynapse", ...(c.name.includes("uniform") ? [] : ["w"])];
    const used = far.filter((name) => name === "w" || c.name.includes("columns") !== (name === "target"));
    const gaps: Gaps = Object.fromEntries(used.map((name) => [name, gap]));
    const inputs = Object.fromEntries(
      Object.entries(c.inputs).map(([name, values]) => [
        name,
        /Start$|columnSynapse/.test(name) ? values.map((x) => x + gap) : values,
      ]),
    );
    const given = await run(wasm, { ...c, program: stretched(c.program, gaps), inputs }, gaps);
    const expected = await run(wasm, c);
    for (const name of ["sum", "out", "w"]) expect(given[name], name).toEqual(expected[name]);
  });
});

describe("refused", () => {
  const room = (bytes: number, name = "room") => ({ name, type: "f64", length: bytes / 8, role: "work" }) as const;
  const needing = (...bytes: number[]): Program => ({
    name: "p",
    buffers: bytes.map((n, k) => room(n, `room${k}`)),
    regions: [],
  });
  test("beyond 4 GiB, where 32 bits are asked for", async () => {
    await expect(threadedWasm(1, { memory: 32 }).load(needing(MOST_BYTES))).rejects.toThrow(
      /^p: needs 4\.00 GiB; WebAssembly memory ends at 4 GiB \(what memory: 32 asks for\)$/,
    );
  });
  test("beyond 16 GiB", async () => {
    needMemory64();
    await expect(wasm.load(needing(2 ** 33, 2 ** 33))).rejects.toThrow(
      /^p: needs 16\.00 GiB; WebAssembly memory ends at 16 GiB$/,
    );
  });
  test("more elements of one buffer than 32 bits count", async () => {
    const many = { name: "many", type: "f32", length: 2 ** 31, role: "work" } as const;
    await expect(wasm.load({ name: "p", buffers: [many], regions: [] })).rejects.toThrow(
      /^p: buffer 'many' would have 2\.15e\+9 elements, of 2\.15e\+9 at most$/,
    );
  });
  test("another width", () => {
    expect(() => threadedWasm(1, { memory: 48 as 64 })).toThrow(/options\.memory: must be '32' or '64', got '48'/);
  });
});
