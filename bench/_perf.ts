import { wasm } from "/work/main/src/backend/wasm/wasm.ts";
import { triangle } from "/work/main/src/ir/surrogate.ts";
import { bptt } from "/work/main/src/learn/algorithm.ts";
import { crossEntropy } from "/work/main/src/learn/loss.ts";
import { adam, cosine } from "/work/main/src/learn/optimiser.ts";
import { createTrainer } from "/work/main/src/learn/trainer.ts";
import { createEvaluator } from "/work/main/src/learn/evaluator.ts";
import { lif } from "/work/main/src/model/neuron/lif.ts";
import { relu } from "/work/main/src/model/neuron/relu.ts";
import { denseLayer, input, neurons, readout, sequential } from "/work/main/src/model/sequential.ts";
import { idxDataset } from "/work/main/src/data/mnist.ts";
import { batches } from "/work/main/src/data/batch.ts";
import { encodeEvents, eventBatch, encodeValues, valueBatch } from "/work/main/src/data/encode.ts";
import * as E from "/work/main/src/data/encoder.ts";
const arg = (n: string, d: string) => { const k = process.argv.indexOf("--" + n); return k < 0 ? d : process.argv[k + 1]!; };
const steps = +arg("steps", "10"), hidden = +arg("hidden", "800"), epochs = +arg("epochs", "1"), lr = +arg("lr", "1e-3"), drop = +arg("drop", "0"), B = +arg("batch", "128"), chunk = +arg("chunk", "4");
const kind = arg("enc", "latency"), twin = arg("twin", "") === "1", width = +arg("w", "1"), tau = arg("tau", "10 ms"), limit = +arg("n", "60000"), init = +arg("init", "1"), reset = arg("reset", "subtract") as any, pool = arg("pool", "mean") as any;
const data = await idxDataset("mnist", { directory: "/work/shared/data" } as any);
const enc: any = kind === "latency" ? E.latency({}) : kind === "bernoulli" ? E.bernoulli(+arg("gain", "0.5")) : kind === "rate" ? E.rate(+arg("gain", "0.5")) : E.current();
const values = twin || kind === "current";
const T = twin ? 1 : steps;
const net = sequential([input(784, { signal: values ? "values" : "spikes", constant: values }), denseLayer(hidden, { weight: { kind: "fanIn", gain: init } }),
  neurons(twin ? relu() : lif({ tau, reset }), { dropout: drop }), denseLayer(10), readout({ tau: arg("tauout", "20 ms") })], { steps: T });
const perEpoch = Math.ceil(limit / B);
const t00 = performance.now();
const trainer = await createTrainer(net, wasm, { algorithm: bptt(triangle(width)), loss: crossEntropy(twin ? "mean" : pool), optimiser: adam(cosine(lr, epochs * perEpoch, { warmup: 100 })), batch: B, chunk, seed: 1 });
console.log("compile", (performance.now() - t00).toFixed(0), "ms", (trainer.bytes / 1e6).toFixed(1), "MB");
const ev = eventBatch(), vb = valueBatch();
const make = (ex: any, idx: Uint32Array, epoch: number) => {
  const labels = Int32Array.from(idx, (i) => ex.labels[i]);
  if (values) { encodeValues(E.current(), ex, idx, vb); return { count: idx.length, input: { kind: "sparse", ...vb } as any, labels, numbers: idx }; }
  encodeEvents(enc, ex, idx, { steps: T, seed: 1, epoch }, ev); return { count: idx.length, input: { kind: "events", ...ev } as any, labels, numbers: idx };
};
for (let e = 0; e < epochs; e++) {
  const t0 = performance.now(); let enct = 0, loss = 0, correct = 0, n = 0;
  for (const idx of batches(limit, B, { seed: 1, epoch: e })) { const a = performance.now(); const b = make(data.train, idx, e); enct += performance.now() - a; const r = trainer.step(b); loss += r.loss; correct += r.correct; n++; }
  const dt = performance.now() - t0;
  using evl = await createEvaluator(net, wasm, { loss: crossEntropy(twin ? "mean" : pool), batch: 500, parameters: trainer.deployed() });
  const t1 = performance.now(); let ok = 0, act = 0, inE = 0, mu = 0;
  for (let s = 0; s < 10000; s += 500) { const r = evl.evaluate(make(data.test, Uint32Array.from({ length: 500 }, (_, k) => s + k), 0)); ok += r.correct; act += r.activity.hidden!.active!; inE += r.inputEvents; mu += r.activity.hidden!.membraneUpdates ?? 0; }
  console.log(`epoch ${e} loss ${(loss / n).toFixed(4)} train ${(correct / limit * 100).toFixed(2)} test ${(ok / 100).toFixed(2)} | ${(dt / 1e3).toFixed(2)} s (encode ${(enct / 1e3).toFixed(2)}) ${(dt / n).toFixed(2)} ms/batch | eval ${(performance.now() - t1).toFixed(0)} ms rate ${(act / 1e4 / hidden / T).toFixed(4)} in ${(inE / 1e4).toFixed(0)} mu ${(mu/1e4/hidden/T).toFixed(2)}`);
}
