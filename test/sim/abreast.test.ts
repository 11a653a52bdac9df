/** Products that every sample forms for itself become one, unless a sample hands something over around them. */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { along, type Buffer, invoke, loop, type Node, type Program, place } from "../../src/ir/program.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { abreast } from "../../src/sim/lower/abreast.ts";
import { copyStep } from "../../src/sim/lower/bodies.ts";
import type { Context } from "../../src/sim/lower/context.ts";
import { numbers } from "./run.ts";

const [samples, depth, width] = [5, 3, 8];
const one = { stepsKept: 1 } as Context;
const rows = (buffer: string, stride: number) => place(buffer, 0, along("s", stride));
const product = (start: "zero" | "init" | "out", init?: ReturnType<typeof place>): Node =>
  invoke(
    { kind: "product", type: "f32", width, bStride: width, outStride: width, aRow: 0, aColumn: 1, start },
    { out: rows("out", width), a: rows("a", 4), b: place("b"), ...(init && { init }) },
    { rows: 1, depth },
  );
const copy = (x: ReturnType<typeof place>, out: ReturnType<typeof place>): Node =>
  invoke({ kind: "perElement", step: copyStep("f32") }, { x, out }, { n: width });
const steps = (...body: Node[]): Node[] => [loop("s", samples, [loop("t", 1, body, { from: 0 })])];

function outputs(body: readonly Node[]): Promise<number[][]> {
  const buffer = (name: string, length: number): Buffer => ({ name, type: "f32", length, role: "work" });
  const program: Program = {
    name: "test",
    buffers: [
      buffer("a", samples * 4),
      buffer("b", depth * width),
      buffer("bias", width),
      buffer("now", width),
      buffer("out", samples * width),
      buffer("last", samples * width),
    ],
    regions: [{ name: "main", body }],
  };
  verifyProgram(program);
  return Promise.all(
    [interpret, wasm].map(async (backend) => {
      const next = numbers(3);
      using x = await backend.load(program);
      for (const { name } of program.buffers) x.array(name).set(Array.from(x.array(name), next));
      x.run("main");
      return [...x.array("out"), ...x.array("last")].map(Number);
    }),
  );
}

test.each([
  ["from nothing", product("zero"), "zero"],
  ["from what all share", product("init", place("bias")), "init"],
  ["from themselves", product("init", rows("out", width)), "out"],
] as const)("products that start %s are one, of as many rows, and the same bits", async (_name, call, start) => {
  const body = steps(copy(place("bias"), rows("out", width)), call, copy(rows("out", width), rows("last", width)));
  const apart = abreast(body, one);
  expect(apart.map((n) => n.tag === "loop" && n.name)).toEqual(["s", "t", "s"]);
  const [, step] = apart;
  const [wide] = step?.tag === "loop" ? step.body : [];
  expect(wide).toMatchObject({
    kernel: { kind: "product", outStride: width, aRow: 4, start },
    counts: { rows: samples },
  });
  const [expected, ...others] = [...(await outputs(body)), ...(await outputs(apart))];
  for (const found of others) expect(found).toEqual(expected);
});

test("where a sample hands something over around it, in memory that all share, nothing changes", () => {
  const handing = steps(
    copy(rows("last", width), place("now")),
    product("zero"),
    copy(place("now"), rows("last", width)),
  );
  expect(abreast(handing, one)).toEqual(handing);
  const started = steps(product("init", rows("last", width)));
  expect(abreast(started, one)).toEqual(started); // every sample starts from a row of its own
});
