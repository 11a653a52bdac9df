/** Oracles: an independent assembler for the bytes, closed forms for what the measured functions compute. */
import { expect, test } from "vitest";
import loadWabt from "wabt";
import { encode } from "../../src/backend/wasm/encode.ts";
import { FEATURES, PROBES, wasmFeatures } from "../../src/backend/wasm/features.ts";
import { type LimitName, limitRate, limitRuns, limitsModule } from "../../src/backend/wasm/limits.ts";
import { toWat } from "../../src/backend/wasm/wat.ts";

const ALL = { threads: true, simd: true, bulk_memory: true, relaxed_simd: true, memory64: true, tail_call: true };
/** Validation takes features too, which its types leave out. */
const validate = (module: object, features: object): void =>
  (module as { validate(features: object): void }).validate(features);

/** Text from bytes, which forgets alignment hints. */
async function disassembled(bytes: Uint8Array): Promise<string> {
  const wabt = await loadWabt();
  const module = wabt.readWasm(bytes, ALL);
  try {
    return module.toText({ foldExprs: false, inlineExport: true });
  } finally {
    module.destroy();
  }
}
async function assembled(text: string): Promise<Uint8Array> {
  const module = (await loadWabt()).parseWat("module.wat", text, ALL);
  try {
    validate(module, ALL);
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

test.each([1, 2])(
  "the functions that are measured, for %i threads, are the bytes of an independent assembler",
  async (threads) => {
    const code = limitsModule(threads);
    expect(await disassembled(encode(code))).toBe(await disassembled(await assembled(toWat(code))));
  },
);

/** The function alone, of one thread. */
async function limits() {
  const code = limitsModule(1);
  const memory = new WebAssembly.Memory({ initial: code.pages, maximum: code.pages });
  const { instance } = await WebAssembly.instantiate(encode(code), { env: { memory } });
  const call = instance.exports as Record<LimitName, (round: number, slot: number) => void>;
  return { call, memory };
}

test("what is measured is done: twelve chains that end at 2, every load of every pass, every byte copied", async () => {
  const { call, memory } = await limits();
  const kept = new Float32Array(memory.buffer, 0, 4);
  call.mulAdd(0, 0);
  expect([...kept]).toEqual([24, 24, 24, 24]); // x = x/2 + 1 comes to its fixed point, 2, exactly in f32
  const half = (memory.buffer.byteLength - 65536) / 2;
  const summed = 16 * 7 * 146; // half a first-level cache of 32 KiB
  new Float32Array(memory.buffer, 65536, summed / 4).fill(1);
  new Float32Array(memory.buffer, 65536 + summed, 4).fill(1e6); // behind the end: read by nobody
  call.loadAdd(0, 0);
  expect(kept.reduce((a, b) => a + b)).toBe((200 * summed) / 4);
  new Uint8Array(memory.buffer, 65536 + half - 4, 4).set([1, 2, 3, 4]);
  call.copy(0, 0);
  expect([...new Uint8Array(memory.buffer, memory.buffer.byteLength - 4)]).toEqual([1, 2, 3, 4]);
  expect(new Uint8Array(memory.buffer, 65536 + half, summed)).toEqual(new Uint8Array(memory.buffer, 65536, summed));
});

test("what steps come up against is done: every division, every vector updated, every listed sum added to", async () => {
  const { call, memory } = await limits();
  call.divide(0, 0);
  expect([...new Float32Array(memory.buffer, 0, 4)]).toEqual([24, 24, 24, 24]); // 2 becomes 1/2 and 2 again, exactly
  const summed = (16 * 7 * 146) / 4;
  const numbers = new Float32Array(memory.buffer, 65536, summed + 4);
  call.update(0, 0);
  expect(numbers.every((x, k) => x === (k < summed ? 200 : 0))).toBe(true); // as many passes, and nothing behind the end
  numbers.fill(0);
  call.scatter(0, 0);
  const list = new Uint32Array(memory.buffer, 65536 + 4 * 2048, 2048);
  expect(new Set(list).size).toBe(2048);
  expect([...list.subarray(0, 3)]).toEqual([65536, 65536 + 4 * 49, 65536 + 4 * 98]);
  expect(new Float32Array(memory.buffer, 65536, 2048).every((x) => x === 200)).toBe(true);
});

test("two threads do rounds of the work of one, and a copy shares the bytes", async () => {
  using two = await limitRuns(2);
  two.runs.mulAdd();
  two.runs.loadAdd();
  two.runs.copy();
  two.runs.scatter();
  expect(limitRate("mulAdd", 1, 2)).toBeCloseTo(64 * limitRate("mulAdd", 1), 12);
  expect(limitRate("copy", 1, 2)).toBe(limitRate("copy", 1));
  // 2 (read, written) · 96 MiB, a billionth of them
  expect(limitRate("copy", 1)).toBeCloseTo(0.201, 3);
});

const FUNCTION = (body: string): string => `(module (func ${body}))`;
const ZERO = "v128.const i32x4 0 0 0 0";
test.each<[keyof typeof PROBES, string]>([
  ["relaxedSimd", FUNCTION(`${ZERO} ${ZERO} ${ZERO} f32x4.relaxed_madd drop`)],
  ["memory64", "(module (memory i64 1))"],
  ["tailCalls", FUNCTION("return_call 0")],
])("the probe of %s is what the assembler writes", async (name, text) => {
  expect([...PROBES[name]]).toEqual([...(await assembled(text))]);
});

test("each probe fails without its feature, in a reader that can leave features out", async () => {
  const wabt = await loadWabt();
  const option = {
    ...{ simd: "simd", bulkMemory: "bulk_memory", threads: "threads" },
    ...{ relaxedSimd: "relaxed_simd", memory64: "memory64", tailCalls: "tail_call" },
  };
  for (const name of FEATURES) {
    const check = (features: object): void => {
      const module = wabt.readWasm(PROBES[name], features);
      try {
        validate(module, features);
      } finally {
        module.destroy();
      }
    };
    check(ALL);
    expect(() => check({ ...ALL, [option[name]]: false }), name).toThrow();
  }
});

test("this Node has what kernels need", () => {
  expect(wasmFeatures()).toMatchObject({ simd: true, bulkMemory: true, threads: true });
});
