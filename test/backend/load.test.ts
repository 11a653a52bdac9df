import { afterEach, expect, test, vi } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { loadProgram } from "../../src/backend/load.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { setDebug } from "../../src/base/debug.ts";
import { CASES } from "./conformance.cases.ts";

const { program } = CASES.find((c) => c.name === "loops, strides, ring")!;
afterEach(() => setDebug(undefined));

test.each([
  [0, []],
  [1, ["compiled by wasm"]],
  [2, ["x: f32[20]", "compiled by wasm"]],
  [3, ["x: f32[20]", "perElement acc", "compiled by wasm"]],
  [4, ["x: f32[20]", "perElement acc", "compiled by wasm", "(module"]],
] as const)("debug level %i shows as much", async (level, expected) => {
  const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
  setDebug(level);
  using executable = await loadProgram(wasm, program);
  const printed = print.mock.calls.map(([text]) => String(text));
  print.mockRestore();
  expect(executable.bytes).toBeGreaterThan(0);
  expect(printed.map((text, k) => text.includes(expected[k]!))).toEqual(expected.map(() => true));
});

test("an ill-formed program is refused before it runs", async () => {
  const bad = { ...program, buffers: program.buffers.slice(1) };
  await expect(loadProgram(interpret, bad)).rejects.toThrow("verify");
});
