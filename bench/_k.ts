import { place, invoke, loop, along, padded } from "../src/ir/program.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
const W = 800, R = 784, N = 100, REP = 2000;
const buf = (name: string, type: any, length: number) => ({ name, type, length, role: "work" as const });
const prog = { name: "k", buffers: [buf("w", "f32", R * W), buf("list", "u32", 4096), buf("ends", "i32", 8), buf("out", "f32", W), buf("g", "f32", R * W), buf("a", "f32", 128 * W), buf("o2", "f32", 128 * W)], regions: [
  { name: "gather", body: [loop("r", REP, [invoke({ kind: "gatherRows", type: "f32", width: W, stride: W, valued: false, init: false }, { out: place("out"), weights: place("w"), list: place("list") }, { from: place("ends"), to: place("ends", 1) })])] },
  { name: "valued", body: [loop("r", REP, [invoke({ kind: "gatherRows", type: "f32", width: W, stride: W, valued: true, init: false }, { out: place("out"), weights: place("w"), list: place("list"), values: place("a") }, { from: place("ends"), to: place("ends", 1) })])] },
  { name: "outer", body: [loop("r", REP, [invoke({ kind: "outerRows", type: "f32", width: W, stride: W, deltaStride: W, valued: false }, { out: place("g"), list: place("list"), ends: place("ends"), delta: place("out") }, { steps: 1 })])] },
  { name: "product", body: [loop("r", 4, [invoke({ kind: "product", type: "f32", width: W, bStride: W, outStride: W, aRow: 784, aColumn: 1, start: "zero" }, { out: place("o2"), a: place("w"), b: place("w") }, { rows: 128, depth: 784 })])] },
] };
const x = await wasm.load(prog as any);
x.array("list").set(Uint32Array.from({ length: N }, (_, k) => (k * 7919) % R).sort());
x.array("ends").set([0, N]);
for (const [n, work] of [["gather", N * W * REP], ["valued", N * W * REP], ["outer", N * W * REP], ["product", 4 * 128 * 784 * W]] as const) {
  let best = 1e9; for (let k = 0; k < 6; k++) { const t = performance.now(); x.run(n); best = Math.min(best, performance.now() - t); }
  console.log(n, (work / best / 1e6).toFixed(2), "G/s", best.toFixed(1), "ms");
}
