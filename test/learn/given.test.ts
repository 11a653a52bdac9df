/** What JavaScript lets through is refused in words, before anything is built. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, type Surrogate, triangle } from "../../src/ir/surrogate.ts";
import { bptt, eprop, fptt, ottt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { firstSpike, firstSpikeCrossEntropy, softmaxSum } from "../../src/learn/index.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";

const net = sequential([input(2), denseLayer(2), readout()], { steps: 3 });
const sound = { algorithm: bptt(triangle(1)), loss: crossEntropy(), optimiser: adam(1e-3), batch: 2 };
const made = (odd: object) => createTrainer(net, wasm, { ...sound, ...odd } as TrainerOptions);

test.each([
  [
    { algorithm: triangle(1) },
    /^trainer.algorithm: must be what bptt\(\), .* gives, got a surrogate; write bptt\(triangle/,
  ],
  [{ algorithm: bptt }, /got the function bptt; call it$/],
  [{ algorithm: "bptt" }, /got "bptt"$/],
  [{ loss: "crossEntropy" }, /^trainer.loss: must be what crossEntropy\(\) .* gives, got "crossEntropy"$/],
  [{ loss: crossEntropy }, /got the function crossEntropy; call it$/],
  [{ loss: firstSpike() }, /got a pooling; write crossEntropy\(firstSpike\(…\)\)$/],
  [{ loss: softmaxSum() }, /got a pooling; write crossEntropy\(softmaxSum\(…\)\)$/],
  [
    { loss: firstSpikeCrossEntropy() },
    /^trainer.loss: must be what crossEntropy\(\) .* gives, got 'firstSpikeCrossEntropy'$/,
  ],
  [{ optimiser: "adam" }, /^trainer.optimiser: must be what adam\(\), .* gives, got "adam"$/],
  [{ optimiser: { rate: 1 } }, /got an object with rate$/],
  [{ optimiser: [] }, /got a list$/],
])("an option that is something else: %o", async (odd, words) => {
  await expect(made(odd)).rejects.toThrow(expect.objectContaining({ code: "type-mismatch" }));
  await expect(made(odd)).rejects.toThrow(words);
});

test.each([
  [() => bptt(1 as unknown as Surrogate), "bptt.surrogate: must be a surrogate such as triangle(1), got 1"],
  [
    () => fptt(triangle as unknown as Surrogate),
    "fptt.surrogate: must be a surrogate such as triangle(1), got the function triangle; call it",
  ],
  [() => bptt(triangle(1), { checkpoints: 3 } as object), "bptt.checkpoints: unknown property; known: checkpoint"],
  [
    () => eprop(triangle(1), { feedbck: "random" } as object),
    "eprop.feedbck: unknown property; known: feedback, seed, segment",
  ],
  [() => fptt(triangle(1), { each: 2 } as object), "fptt.each: unknown property; known: alpha, beta, every, rho"],
  [() => ottt(arctan(2), { updates: "step" } as object), "ottt.updates: unknown property; known: update"],
  [() => truncatedBptt(triangle(1), undefined as never), 'truncatedBptt.segment: is missing: steps, or "auto"'],
])("an algorithm's options, %#", (make, words) => {
  expect(make).toThrow(words);
});

test("an evaluator without weights, a batch without input", async () => {
  const { loss, batch } = sound;
  await expect(createEvaluator(net, wasm, { loss, batch } as never)).rejects.toThrow(
    "evaluator.parameters: is missing",
  );
  using trainer = await made({});
  const labels = [0, 1];
  expect(() => trainer.step({ count: 2, labels } as unknown as Batch)).toThrow(
    'batch.input: must be { kind: "events", list, … }, got undefined',
  );
});
