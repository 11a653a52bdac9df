/**
 * Trains in a Web Worker, so that the page stays free: a slice of updates each time the page asks, then a report of what
 * the network does now. With a bundler the import would be `from "rheobase"`.
 */
import {
  adam,
  bptt,
  cosine,
  createEngine,
  createEvaluator,
  createTrainer,
  crossEntropy,
  denseLayer,
  fastSigmoid,
  input,
  lif,
  neurons,
  readout,
  sequential,
  wasm,
} from "../../dist/index.js";
import { eventsOf, INPUTS, KINDS, pattern, randomBatch, randomFrom, STEPS } from "./patterns.js";

const HIDDEN = 48;
const BATCH = 32;
const HELD_OUT = 200;
const SLICE = 2; // updates
const UPDATES = 300;

const net = sequential(
  [
    input(INPUTS),
    denseLayer(HIDDEN, { weight: { kind: "fanIn", gain: 2 } }),
    neurons(lif({ tau: "10 ms" }), { recurrent: true }),
    denseLayer(KINDS.length),
    readout(),
  ],
  { steps: STEPS },
);
const loss = crossEntropy("mean");

/** Everything that one training needs; `slice` goes on with it. */
async function begin(seed) {
  const random = randomFrom(seed);
  const optimiser = adam(cosine(4e-3, UPDATES, { warmup: 10, floor: 4e-4 }), { clip: 0.5 });
  const options = { algorithm: bptt(fastSigmoid(10)), loss, optimiser, batch: BATCH, seed };
  const trainer = await createTrainer(net, wasm, options);
  const parameters = trainer.deployed();
  const evaluator = await createEvaluator(net, wasm, { loss, parameters, batch: HELD_OUT });
  const engine = await createEngine(net, wasm, { parameters, samples: KINDS.length, record: ["output.v"] });
  const heldOut = randomBatch(HELD_OUT, random);
  const shown = KINDS.map((kind) => pattern(kind, random));
  return { trainer, evaluator, engine, atRest: engine.snapshot(), heldOut, shown, events: eventsOf(shown), random };
}

function slice({ trainer, random }) {
  const losses = [];
  const start = performance.now();
  while (losses.length < SLICE && trainer.updates < UPDATES) losses.push(trainer.step(randomBatch(BATCH, random)).loss);
  return { losses, milliseconds: performance.now() - start };
}

/** What the network does now, with the patterns that the page shows. */
function report({ trainer, evaluator, engine, atRest, heldOut, shown, events }) {
  const parameters = trainer.deployed();
  evaluator.setParameters(parameters);
  engine.restore(atRest);
  engine.setParameters(parameters);
  const { spikes, values } = engine.run(STEPS, { input: events });
  return {
    updates: trainer.updates,
    done: trainer.updates === UPDATES,
    accuracy: evaluator.evaluate(heldOut).correct / HELD_OUT,
    shown,
    hidden: spikes.hidden,
    outputs: values["output.v"],
  };
}

let training;
const answers = {
  async start({ seed }) {
    for (const part of training ? [training.trainer, training.evaluator, training.engine] : []) part.dispose();
    training = await begin(seed);
    return { losses: [], milliseconds: 0, ...report(training), sizes: { HIDDEN, UPDATES } };
  },
  next: () => ({ ...slice(training), ...report(training) }),
};

/** Messages are answered in turn, each with the number of the training that it belongs to. */
let last = Promise.resolve();
self.onmessage = ({ data }) => {
  last = last.then(async () => self.postMessage({ ...(await answers[data.kind](data)), seed: data.seed }));
};
