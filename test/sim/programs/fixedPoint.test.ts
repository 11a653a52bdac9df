import { describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import { add, bitcast, compare, type Expr, i32, mulHi, mulShift, read, select } from "../../../src/ir/expr.ts";
import { printProgram } from "../../../src/ir/print.ts";
import { invoke, type Node, type Program, place } from "../../../src/ir/program.ts";
import type { Slot, Step } from "../../../src/ir/step.ts";
import { verifyProgram } from "../../../src/ir/verify.ts";
import { BACKENDS, numbers } from "../run.ts";

describe("SpiNNaker's fixed-point multiply", () => {
  /** s16.15 times s16.15: the 64-bit product, `(p >> 15) + ((p >> 14) & 1)`, saturated (spinn_common, round to nearest). */
  const accum = (a: Expr, b: Expr): Expr => mulShift(a, b, 15, { rounding: "halfUp", overflow: "saturate" });
  /** s16.15 times u0.32, floored: `(x·d) >> 32`; the signed product of the same bits, and x more where d's top bit is set. */
  const decay = (x: Expr, d: Expr): Expr => {
    const bits = bitcast("i32", d);
    return add(mulHi(x, bits), select(compare("lt", bits, i32(0)), x, i32(0)));
  };
  const slot = (name: string, type: "i32" | "u32"): Slot => ({ name, type, space: "element" });
  const step: Step = {
    name: "accum",
    slots: [slot("a", "i32"), slot("b", "i32"), slot("d", "u32"), slot("product", "i32"), slot("decayed", "i32")],
    stores: [
      { slot: "product", mode: "set", value: accum(read("i32", "a"), read("i32", "b")) },
      { slot: "decayed", mode: "set", value: decay(read("i32", "a"), read("u32", "d")) },
    ],
  };
  const program = (n: number): Program => {
    const body: Node[] = [
      invoke({ kind: "perElement", step }, Object.fromEntries(step.slots.map((s) => [s.name, place(s.name)])), { n }),
    ];
    const buffers = step.slots.map((s) => ({ name: s.name, type: s.type, length: n, role: "work" as const }));
    return { name: "accum", buffers, regions: [{ name: "run", body }] };
  };
  type Row = readonly [a: number, b: number, d: number];
  const results = async (rows: readonly Row[]): Promise<[number, number][]> => {
    const p = program(rows.length);
    verifyProgram(p);
    const on = async (backend: Backend): Promise<[number, number][]> => {
      using e = await backend.load(p);
      for (const [k, name] of ["a", "b", "d"].entries()) e.array(name).set(rows.map((r) => r[k]!));
      e.run("run");
      return rows.map((_, k) => [e.array("product")[k]!, e.array("decayed")[k]!]);
    };
    const [defined, fast] = await Promise.all(BACKENDS.map(on));
    expect(fast).toEqual(defined);
    return fast!;
  };
  const [ONE, MOST, LEAST] = [32768, 2147483647, -2147483648];

  test("by hand", async () => {
    // a, b, a·b; a, d, a·d with d in units of 2^-32
    const table: [...Row, number, number][] = [
      [ONE, ONE, 2 ** 31, ONE, ONE / 2],
      [ONE / 2, ONE / 2, 2 ** 30, ONE / 4, ONE / 8],
      [1, 1, 2 ** 31, 0, 0], // 2^-30 and 2^-16 vanish
      [1, ONE / 2, 4294967295, 1, 0], // half of the last place goes up; the floor does not
      [-1, ONE / 2, 4294967295, 0, -1], // and so for negative numbers: halves towards +infinity, the floor away
      [3, ONE / 2, 2 ** 31, 2, 1],
      [-3, ONE / 2, 2 ** 31, -1, -2],
      [-ONE, 3 * ONE, 0, -3 * ONE, 0],
      [LEAST, ONE, 2 ** 31, LEAST, LEAST / 2],
      [LEAST, -ONE, 1, MOST, -1], // 65536 is one too many
      [MOST, MOST, 4294967295, MOST, MOST - 1],
      [LEAST, MOST, 2 ** 30, LEAST, LEAST / 4],
      [LEAST, LEAST, 0, MOST, 0],
    ];
    expect(await results(table.map(([a, b, d]) => [a, b, d]))).toEqual(table.map(([, , , p, q]) => [p, q]));
  });
  test("against exact integers", async () => {
    const next = numbers(51);
    const rows = Array.from({ length: 5003 }, (): Row => {
      const size = 2 ** (32 * (next() + 0.5));
      return [Math.trunc(next() * size) | 0, Math.trunc(next() * 2 ** 32) | 0, Math.floor((next() + 0.5) * 2 ** 32)];
    });
    const saturated = (p: bigint): number =>
      Number(p > 2n ** 31n - 1n ? 2n ** 31n - 1n : p < -(2n ** 31n) ? -(2n ** 31n) : p);
    const expected = rows.map(([a, b, d]) => {
      const p = BigInt(a) * BigInt(b);
      return [saturated((p >> 15n) + ((p >> 14n) & 1n)), Number((BigInt(a) * BigInt(d)) >> 32n)];
    });
    expect(await results(rows)).toEqual(expected);
  });
  test("the program", () => expect(printProgram(program(8))).toMatchSnapshot());
});
