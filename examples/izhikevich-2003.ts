/**
 * The thousand neurons of Izhikevich 2003 (IEEE Transactions on Neural Networks 14:1569), all joined to all, with the
 * published program's own steps: half a millisecond twice for v, one for u. Beside it the same as a plain loop.
 */
import { connect, inputNode, network, neuron, oneToOne, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "./support/check.ts";

const [Ne, Ni] = [800, 200];
const N = Ne + Ni;
const steps = Math.round(1000 * option("duration", 1)); // of a millisecond

let state = 1;
const rand = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
const randn = (): number => Math.sqrt(-2 * Math.log(rand())) * Math.cos(2 * Math.PI * rand());
const each = (f: (k: number) => number): Float64Array => Float64Array.from({ length: N }, (_, k) => f(k));
const r = each(rand);
const a = each((k) => (k < Ne ? 0.02 : 0.02 + 0.08 * r[k]!));
const b = each((k) => (k < Ne ? 0.2 : 0.25 - 0.05 * r[k]!));
const c = each((k) => (k < Ne ? -65 + 15 * r[k]! ** 2 : -65));
const d = each((k) => (k < Ne ? 8 - 6 * r[k]! ** 2 : 2));
/** `[source][target]`. */
const S = Float64Array.from({ length: N * N }, (_, k) => (k < Ne * N ? 0.5 * rand() : -rand()));
const thalamus = Float64Array.from({ length: steps * N }, (_, k) => (k % N < Ne ? 5 : 2) * randn());

const izhikevich = neuron({
  name: "izhikevich",
  equations: `
    half = v + 0.5*(0.04*v**2 + 5*v + 140 - u + I) : 1
    whole = half + 0.5*(0.04*half**2 + 5*half + 140 - u + I) : 1
    v[t+1] = whole : 1
    u[t+1] = u + a*(b*whole - u) : 1
    I : 1 (input)`,
  parameters: { a: 0.02, b: 0.2, c: -65, d: 8 },
  spike: "v >= 30",
  reset: "v = c; u += d",
});
const net = network({
  dt: "1 ms",
  schedule: "brian",
  inputs: { thalamus: inputNode(N, { signal: "values" }) },
  populations: {
    cells: population(N, izhikevich, { parameters: { a, b, c, d }, initial: { v: -65, u: b.map((x) => -65 * x) } }),
  },
  connections: [
    connect("thalamus", "cells", { connectivity: oneToOne, port: "I", weight: 1 }),
    connect("cells", "cells", { port: "I", weight: S }),
  ],
});
const { spikes } = await simulate(net, { steps, type: "f64", inputs: { thalamus: { values: thalamus } } });

/** Numbers of those that fire in each step. */
function loop(): number[][] {
  const [v, u] = [new Float64Array(N).fill(-65), b.map((x) => -65 * x)];
  const all: number[][] = [];
  for (let t = 0; t < steps; t++) {
    const I = thalamus.slice(t * N, (t + 1) * N);
    for (const k of all.at(-1) ?? []) for (let n = 0; n < N; n++) I[n]! += S[k * N + n]!;
    const fired: number[] = [];
    for (let n = 0; n < N; n++) {
      v[n]! += 0.5 * (0.04 * v[n]! ** 2 + 5 * v[n]! + 140 - u[n]! + I[n]!);
      v[n]! += 0.5 * (0.04 * v[n]! ** 2 + 5 * v[n]! + 140 - u[n]! + I[n]!);
      u[n]! += a[n]! * (b[n]! * v[n]! - u[n]!);
      if (v[n]! < 30) continue;
      fired.push(n);
      v[n] = c[n]!;
      u[n]! += d[n]!;
    }
    all.push(fired);
  }
  return all;
}
const { steps: at, indices } = spikes.cells!;
const plain = loop().flatMap((fired, t) => fired.map((n) => [t, n] as const));
const apart = plain.findIndex(([t, n], k) => at[k] !== t || indices[k] !== n);
must("first spike that is not the plain loop's (-1: none)", apart, -1, 0);
must("spikes in all", at.length, plain.length, 0);
const rate = (from: number, to: number): string =>
  (indices.filter((n) => n >= from && n < to).length / (to - from) / (steps * 1e-3)).toFixed(1);
console.log(`       excitatory ${rate(0, Ne)} Hz, inhibitory ${rate(Ne, N)} Hz`);
