import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt, eprop } from "../../src/learn/algorithm.ts";
import { crossEntropy, crossEntropyEachStep, type Loss } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { uniform } from "../../src/model/initializer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { distances } from "./near.ts";
import { drawSamples, labelSteps } from "./samples.ts";

const [inputs, steps, classes, count] = [7, 11, 3, 4];
test("feed-forward", async () => {
  const net = sequential(
    [input(inputs), denseLayer(9, { weight: uniform(-0.3, 0.8) }), neurons(lif({ tau: "5 ms", reset: "subtract" })), denseLayer(classes), readout()],
    { steps },
  );
  const drawn = drawSamples({ count, steps, inputs, classes, kind: "events", density: 0.4 });
  const batch = labelSteps(drawn, steps, classes).batch;
  const run = async (algorithm: any, loss: Loss, backend: any = wasm) => {
    using t = await createTrainer(net, backend, { algorithm, loss, optimiser: sgd(0.1), batch: count, type: "f64", seed: 3 });
    t.gradients("each" in loss ? batch : drawn.batch);
    return t.gradientBlocks();
  };
  for (const loss of [crossEntropyEachStep("sum"), crossEntropy("mean")]) {
    const a = await run(bptt(triangle(0.8)), loss);
    for (const segment of [11, 5, 3, 1]) console.log(segment, distances(await run(eprop(triangle(0.8), { segment }), loss), a));
  }
});
