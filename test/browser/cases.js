/**
 * What Node and a page must compute alike: small networks, and digests of what they did. Plain JavaScript without
 * imports, so that a page loads this very file; the package comes as an argument (`cases.d.ts`).
 */

/** Currents below and above rheobase; spikes go round with a delay. */
async function simulated({ rheobase, backend, hash64 }) {
  const { connect, createEngine, inputNode, lif, network, oneToOne, population, probability } = rheobase;
  const net = network({
    dt: "0.5 ms",
    inputs: { drive: inputNode(60, { signal: "values", constant: true }) },
    populations: { cell: population(60, lif({ refractory: "2 ms" })) },
    connections: [
      connect("drive", "cell", { connectivity: oneToOne, port: "i", weight: 1 }),
      connect("cell", "cell", { connectivity: probability(0.2), weight: -0.05, delay: "1.5 ms" }),
    ],
  });
  const engine = await createEngine(net, backend, { record: ["cell.v"] });
  const values = Float32Array.from({ length: 60 }, (_, k) => 0.8 + 0.02 * k);
  const run = engine.run(1000, { drive: { values } });
  engine.dispose();
  return { spikes: run.spikes.cell.indices.length, digest: run.digest, membranes: hash64(run.values["cell.v"]) };
}

/** Every function that a kernel has to compute by itself, noise in every step, draws at the start and at every spike. */
async function random({ rheobase, backend, hash64 }) {
  const { connect, createEngine, network, neuron, normal, population, probability, uniform } = rheobase;
  const noisy = neuron({
    name: "noisy",
    equations: `dv/dt = (1.2 + sin(2*pi*20*Hz*t) - v)/tau + 0.3*xi/sqrt(tau) + tanh(a)*exp(-v)/tau : 1
                da/dt = -a/(50*ms) : 1`,
    parameters: { tau: "10 ms" },
    spike: "v > 0.8",
    reset: "v = 0.1*randn(); a -= 0.2*rand()",
    refractory: "2 ms",
    port: "v",
  });
  const net = network({
    dt: "0.1 ms",
    populations: { cell: population(200, noisy, { initial: { v: uniform(0, 0.8) } }) },
    connections: [connect("cell", "cell", { connectivity: probability(0.1), weight: normal(0, 0.1), delay: 5 })],
  });
  const results = {};
  for (const type of ["f32", "f64"]) {
    const engine = await createEngine(net, backend, { type, seed: 5, record: ["cell.a"] });
    const run = engine.run(1000);
    engine.dispose();
    const digests = { digest: run.digest, adaptation: hash64(run.values["cell.a"]) };
    results[type] = { spikes: run.spikes.cell.indices.length, ...digests };
  }
  return results;
}

const [INPUTS, STEPS, CLASSES, COUNT] = [24, 16, 3, 12];

function trainable({ denseLayer, input, lif, neurons, readout, sequential }) {
  const hidden = neurons(lif({ tau: "8 ms", reset: "subtract" }), { recurrent: true, dropout: 0.2 });
  const weight = { kind: "fanIn", gain: 2 };
  return sequential([input(INPUTS), denseLayer(32, { weight }), hidden, denseLayer(CLASSES), readout()], {
    steps: STEPS,
  });
}

/** Spikes by a linear congruence; those of class c come from the c-th third of the inputs more often. */
function batchOf(seed) {
  let state = 7919 * (seed + 1);
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const labels = Int32Array.from({ length: COUNT }, () => Math.floor(next() * CLASSES));
  const list = [];
  const ends = [0];
  for (const label of labels)
    for (let t = 0; t < STEPS; t++) {
      for (let k = 0; k < INPUTS; k++)
        if (next() < (Math.floor((k * CLASSES) / INPUTS) === label ? 0.3 : 0.1)) list.push(k);
      ends.push(list.length);
    }
  return {
    count: COUNT,
    labels,
    input: { kind: "events", list: Uint32Array.from(list), ends: Uint32Array.from(ends) },
  };
}

const digestOf = (parameters, hash64) =>
  hash64(
    ...Object.keys(parameters)
      .sort()
      .flatMap((name) => [name, parameters[name]]),
  );

const UPDATES = 20;

async function trainedWith({ rheobase, backend }, type) {
  const { adam, bptt, cosine, createTrainer, crossEntropy, triangle } = rheobase;
  const net = trainable(rheobase);
  const optimiser = adam(cosine(0.02, UPDATES, { warmup: 2 }), { clip: 1, decay: 0.01 });
  const options = { algorithm: bptt(triangle(1)), loss: crossEntropy("mean"), optimiser, batch: COUNT, seed: 2, type };
  const trainer = await createTrainer(net, backend, options);
  const losses = Float64Array.from({ length: UPDATES }, (_, k) => trainer.step(batchOf(k)).loss);
  const trained = { net, losses, weights: trainer.parameters(), deployed: trainer.deployed() };
  trainer.dispose();
  return trained;
}

/** A recurrent layer with dropout, clipping, Adam and a rate by step, in single and in double precision. */
async function trained(tools) {
  const results = {};
  for (const type of ["f32", "f64"]) {
    const { losses, weights } = await trainedWith(tools, type);
    const fallen = losses[UPDATES - 1] < 0.7 * losses[0];
    results[type] = { fallen, losses: tools.hash64(losses), weights: digestOf(weights, tools.hash64) };
  }
  return results;
}

async function evaluated(tools) {
  const { createEvaluator, crossEntropy } = tools.rheobase;
  const { net, deployed } = await trainedWith(tools, "f32");
  const options = { loss: crossEntropy("mean"), batch: COUNT, parameters: deployed };
  const evaluator = await createEvaluator(net, tools.backend, options);
  const { loss, correct, predictions, activity, inputEvents } = evaluator.evaluate(batchOf(99));
  evaluator.dispose();
  return { loss, correct, predictions: [...predictions], activity, inputEvents };
}

export const cases = { simulated, random, trained, evaluated };

/** Every case, by name. */
export async function runCases(tools) {
  const results = {};
  for (const [name, run] of Object.entries(cases)) results[name] = await run(tools);
  return results;
}

/** A trained network as an HDF5 file and back: equal networks are equal files. Needs `h5wasm`. */
export async function saved({ io, ...tools }) {
  const { net, deployed } = await trainedWith(tools, "f32");
  const provenance = { version: "0", seed: 2, dataDigest: "", metrics: {}, trainingOptions: {} };
  const bytes = await io.encodeArtefact({ network: net, parameters: deployed, classes: ["a", "b", "c"], provenance });
  const { parameters } = await io.decodeArtefact(bytes, "file");
  return { file: tools.hash64(bytes), same: digestOf(parameters, tools.hash64) === digestOf(deployed, tools.hash64) };
}
