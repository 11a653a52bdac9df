import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { ModelError } from "../../../src/base/errors.ts";
import type { SynapseModel } from "../../../src/model/synapse.ts";
import { tsodyksMarkram } from "../../../src/model/synapses/tsodyksMarkram.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { driven, dt, firing } from "../../sim/driven.ts";
import { numbers, run, runOn } from "../../sim/run.ts";

const w = 0.5; // of `driven`
/** What each spike of the source adds to the target, which only adds up. */
async function answers(s: SynapseModel, spikes: readonly number[], step = dt): Promise<number[]> {
  const net = driven({ synapse: s }, { step });
  const options = { type: "f64", inputs: firing(spikes, []), record: ["b.ge"] } as const;
  const ge = [...(await runOn(wasm, net, spikes.at(-1)! + 2, options)).values["b.ge"]!];
  return spikes.map((k) => ge[k]! - ge[k - 1]!);
}
interface Kind {
  readonly U: number;
  readonly tauRec: number;
  readonly tauFacil?: number;
}
const model = ({ U, tauRec, tauFacil }: Kind) =>
  tsodyksMarkram({ port: "ge", U, tauRec, ...(tauFacil !== undefined && { tauFacil }) });

// Tsodyks, Pawelzik and Markram 1998, fig. 1, and two more.
const KINDS: readonly [string, Kind][] = [
  ["depressing", { U: 0.5, tauRec: 0.8 }],
  ["depressing more", { U: 0.67, tauRec: 0.8 }],
  ["facilitating", { U: 0.03, tauRec: 0.13, tauFacil: 0.53 }],
  ["both", { U: 0.3, tauRec: 0.2, tauFacil: 0.1 }],
];

describe.each(KINDS)("%s", (_name, kind) => {
  const { U, tauRec, tauFacil } = kind;
  test("the paper's recursion, spike by spike, for an irregular train", async () => {
    const random = numbers(3);
    const spikes = [...new Set(Array.from({ length: 60 }, () => 1 + Math.floor((random() + 0.5) * 15_000)))].sort(
      (a, b) => a - b,
    );
    // R_(n+1) = 1 - (1 - R_n (1 - u_n)) e^(-T/tauRec), u_(n+1) = u_n e^(-T/tauFacil) (1 - U) + U.
    let [R, u] = [1, U];
    const expected = spikes.map((k, n) => {
      if (n > 0) {
        const T = (k - spikes[n - 1]!) * dt;
        R = 1 - (1 - R * (1 - u)) * Math.exp(-T / tauRec);
        u = tauFacil === undefined ? U : u * Math.exp(-T / tauFacil) * (1 - U) + U;
      }
      return w * u * R;
    });
    const found = await answers(model(kind), spikes);
    // Sums up to 30 are rounded to 2^-49 where answers are read as differences; x and u err less.
    for (const [n, x] of expected.entries()) expect(Math.abs(found[n]! - x)).toBeLessThan(30 * 2 ** -52);
    expect(new Set(expected.map((x) => x.toFixed(6))).size).toBeGreaterThan(50);
  });
  test.each([2, 10, 40, 100])("the answer at a steady %d Hz, in closed form", async (rate) => {
    const ms = 1000 / rate;
    const e = tauFacil === undefined ? 0 : Math.exp(-1 / (rate * tauFacil));
    const E = Math.exp(-1 / (rate * tauRec));
    const u = U / (1 - (1 - U) * e);
    // An interval leaves (1 - U)e of what u was off, and (1 - u)E of what x was: 1e-12 after so many of them.
    const n = Math.ceil(Math.log(1e-12) / Math.log(Math.max((1 - U) * e, (1 - u) * E)));
    const spikes = Array.from({ length: n + 20 }, (_, k) => 1 + k * ms);
    const last = (await answers(model(kind), spikes, 1e-3)).at(-1)!;
    expect(Math.abs(last - (w * u * (1 - E)) / (1 - (1 - u) * E))).toBeLessThan(1e-11);
  });
});

test("at high rates a depressing synapse answers as 1/rate: 1/tauRec a second in all, whatever U", async () => {
  const charge = async (U: number): Promise<number> => {
    const spikes = Array.from({ length: 200 }, (_, k) => 1 + 20 * k); // 500 Hz
    return (await answers(model({ U, tauRec: 0.8 }), spikes)).at(-1)! * 500 * 0.8;
  };
  // (1 - E)/(1 - (1 - U)E) U r tauRec = 1 - (1 - U)/(U r tauRec) + …: within 0.25 % per (1 - U)/U.
  for (const U of [0.3, 0.67]) expect(Math.abs((await charge(U)) / w - 1)).toBeLessThan(0.003 / U);
});
test("the first spike finds all resources and uses U of them", async () => {
  expect(await answers(tsodyksMarkram({ port: "ge" }), [7])).toEqual([w * 0.5]);
  expect(await answers(tsodyksMarkram({ port: "ge", U: 0.03, tauFacil: "530 ms" }), [7])).toEqual([w * 0.03]);
});
test("both backends agree, in single and double precision", async () => {
  const spikes = [3, 10, 11, 40];
  for (const type of ["f32", "f64"] as const)
    await run(driven({ synapse: model(KINDS[3]![1]) }), 50, { type, inputs: firing(spikes, []), record: ["b.ge"] });
});
test("JSON holds it", () => {
  const s = tsodyksMarkram({ port: "ge", tauFacil: "100 ms" });
  expect(JSON.parse(JSON.stringify(s))).toEqual(s);
});
test.each<[string, () => unknown, string, string]>([
  ["no part of the resources", () => tsodyksMarkram({ port: "ge", U: 0 }), "out-of-range", "tsodyks-markram.U"],
  ["more than all", () => tsodyksMarkram({ port: "ge", U: 1.2 }), "out-of-range", "tsodyks-markram.U"],
  ["recovery in no time", () => tsodyksMarkram({ port: "ge", tauRec: 0 }), "out-of-range", "tsodyks-markram.tauRec"],
  ["growth", () => tsodyksMarkram({ port: "ge", tauFacil: -1 }), "out-of-range", "tsodyks-markram.tauFacil"],
])("refuses %s", (_what, make, code, path) => {
  expect(make).toThrow(ModelError);
  expect(make).toThrow(expect.objectContaining({ code, path }));
});
test("an engine names a port that the target has not", async () => {
  const net = driven({ synapse: tsodyksMarkram({ port: "gx" }) });
  await expect(createEngine(net, wasm)).rejects.toThrow("gx");
});
