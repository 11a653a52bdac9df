/** A dense double-precision reference of a network with one hidden layer of LIF neurons and a leaky readout, written by hand. */
import type { Surrogate } from "../../src/ir/surrogate.ts";
import type { EventInput } from "../../src/learn/feed.ts";
import type { Pooling } from "../../src/learn/loss.ts";
import type { Network } from "../../src/model/network.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";

export interface SpikeBatch {
  readonly count: number;
  readonly input: EventInput;
  readonly labels: Int32Array;
  readonly dense: number[][][];
}

export function spikeBatch(
  inputs: number,
  classes: number,
  steps: number,
  count: number,
  next: () => number,
  density = 0.25,
): SpikeBatch {
  const dense = Array.from({ length: count }, () =>
    Array.from({ length: steps }, () => Array.from({ length: inputs }, () => (next() < density ? 1 : 0))),
  );
  const list: number[] = [];
  const ends = [0];
  for (const sample of dense)
    for (const row of sample) {
      row.forEach((x, i) => x && list.push(i));
      ends.push(list.length);
    }
  return {
    count,
    dense,
    input: { kind: "events", list: Uint32Array.from(list), ends: Int32Array.from(ends) },
    labels: Int32Array.from({ length: count }, () => Math.floor(next() * classes)),
  };
}

export interface ReferenceOptions {
  readonly pooling: Pooling;
  readonly surrogate: Surrogate;
  readonly reset: "zero" | "subtract";
  readonly tau: number;
  readonly tauOut: number;
}
type Block = Record<string, number[]>;

const derivative = (s: Surrogate, u: number): number => {
  if (s.kind === "triangle") return ((s.scale ?? 1) * Math.max(0, 1 - Math.abs(u) / s.width)) / s.width;
  if (s.kind === "arctan") return s.alpha / 2 / (1 + ((Math.PI / 2) * s.alpha * u) ** 2);
  throw new Error("not in the reference");
};

export function denseReference(
  net: Network,
  p: Parameters,
  batch: SpikeBatch,
  o: ReferenceOptions,
): { loss: number; rate: number; gradients: Block } {
  const steps = net.steps!;
  const [n, classes] = [net.populations.hidden!.size, net.populations.output!.size];
  const inputs = net.inputs.input!.size;
  const W1 = p["input>hidden.weight"]!;
  const b1 = p["input>hidden.bias"]!;
  const V = p["hidden>hidden.weight"];
  const W2 = p["hidden>output.weight"]!;
  const b2 = p["hidden>output.bias"]!;
  const g: Block = Object.fromEntries(Object.entries(p).map(([k, v]) => [k, new Array<number>(v.length).fill(0)]));
  const [alpha, beta] = [Math.exp(-1 / o.tau), Math.exp(-1 / o.tauOut)];
  let [loss, spikes] = [0, 0];
  for (let b = 0; b < batch.count; b++) {
    const x = batch.dense[b]!;
    const u: number[][] = [];
    const s: number[][] = [];
    const y: number[][] = [];
    let v = new Array<number>(n).fill(0);
    let m = new Array<number>(classes).fill(0);
    for (let t = 0; t < steps; t++) {
      u.push(
        v.map((vj, j) => {
          let sum = alpha * vj + b1[j]!;
          for (let i = 0; i < inputs; i++) sum += x[t]![i]! * W1[i * n + j]!;
          if (V && t > 0) for (let k = 0; k < n; k++) sum += s[t - 1]![k]! * V[k * n + j]!;
          return sum - 1;
        }),
      );
      s.push(u[t]!.map((z) => (z > 0 ? 1 : 0)));
      v = u[t]!.map((z, j) => (o.reset === "zero" ? (s[t]![j] ? 0 : z + 1) : z + 1 - s[t]![j]!));
      m = m.map((mc, c) => {
        let sum = beta * mc + b2[c]!;
        for (let j = 0; j < n; j++) sum += s[t]![j]! * W2[j * classes + c]!;
        return sum;
      });
      y.push(m);
      spikes += s[t]!.reduce((a, z) => a + z, 0);
    }
    const pooled = y[0]!.map((_, c) => {
      const column = y.map((row) => row[c]!);
      if (o.pooling === "last") return column.at(-1)!;
      if (o.pooling === "max") return Math.max(...column);
      return column.reduce((a, z) => a + z, 0) / (o.pooling === "mean" ? steps : 1);
    });
    const top = Math.max(...pooled);
    const e = pooled.map((z) => Math.exp(z - top));
    const total = e.reduce((a, z) => a + z, 0);
    const label = batch.labels[b]!;
    loss += Math.log(total) + top - pooled[label]!;
    const dp = e.map((z, c) => (z / total - (c === label ? 1 : 0)) / batch.count);
    const first = pooled.map((z, c) => y.findIndex((row) => row[c] === z));
    let dm = new Array<number>(classes).fill(0);
    let dv = new Array<number>(n).fill(0);
    let next: number[] | undefined; // error at the hidden sum one step later
    for (let t = steps - 1; t >= 0; t--) {
      dm = dm.map(
        (d, c) =>
          beta * d +
          dp[c]! *
            (o.pooling === "mean"
              ? 1 / steps
              : o.pooling === "sum"
                ? 1
                : o.pooling === "last"
                  ? Number(t === steps - 1)
                  : Number(t === first[c])),
      );
      const du: number[] = u[t]!.map((z, j) => {
        let ds = 0;
        for (let c = 0; c < classes; c++) ds += dm[c]! * W2[j * classes + c]!;
        if (V && next) for (let k = 0; k < n; k++) ds += next[k]! * V[j * n + k]!;
        const through = o.reset === "zero" && s[t]![j] ? 0 : dv[j]!;
        return through + ds * derivative(o.surrogate, z);
      });
      dm.forEach((d, c) => {
        g["hidden>output.bias"]![c]! += d;
        for (let j = 0; j < n; j++) g["hidden>output.weight"]![j * classes + c]! += s[t]![j]! * d;
      });
      du.forEach((d, j) => {
        g["input>hidden.bias"]![j]! += d;
        for (let i = 0; i < inputs; i++) g["input>hidden.weight"]![i * n + j]! += x[t]![i]! * d;
        if (V && t > 0) for (let k = 0; k < n; k++) g["hidden>hidden.weight"]![k * n + j]! += s[t - 1]![k]! * d;
      });
      dv = du.map((d) => alpha * d);
      next = du;
    }
  }
  return { loss: loss / batch.count, rate: spikes / (batch.count * steps * n), gradients: g };
}
