/** Oracle: counts worked out by hand from the definition of each network, and by brute force over single samples. */
import { describe, expect, test } from "vitest";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { probability } from "../../src/model/connectivity.ts";
import type { Network } from "../../src/model/network.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { compareEnergies, energies } from "../../src/tasks/account.ts";
import { countDeployed, isCounted } from "../../src/tasks/count.ts";
import { spikingDesign, twinDesign } from "../../src/tasks/networks.ts";
import { type Deployed, evaluateDeployed } from "../../src/tasks/session.ts";
import { QUIET, ROWS, rows } from "./synthetic.ts";
import { gatedWaves, spikingWaves, wavesData } from "./syntheticWaves.ts";

const data = rows(30, 40).test;
/** Pixels of at least a grey level. */
const pixels = (level: number): number => Array.from(data.features).filter((x) => x >= level).length;
const [INPUTS, HIDDEN, CLASSES] = [36, 20, 3];

const deployed = ({ net, encoder }: Pick<Deployed, "net" | "encoder">): Deployed => ({
  net,
  encoder,
  parameters: initialParameters(net, 3),
  loss: crossEntropy("mean"),
});

describe("spikes in", () => {
  const network = deployed(spikingDesign(ROWS, "latency"));

  test("synaptic events are spikes times fan-out; updates are those of the kernels", async () => {
    const did = await evaluateDeployed(network, data, QUIET);
    const { layers, steps } = countDeployed("snn", network, did, "event");
    const [hidden, output] = layers;
    const [arrived, fired] = [did.inputEvents / 40, did.activity.hidden!.active! / 40];
    expect(fired).toBeGreaterThan(1);
    expect(hidden).toMatchObject({ binaryInputs: true, spiking: true, macs: 0, stateCount: HIDDEN, zeroWeights: 0 });
    expect(hidden!.acs).toBeCloseTo(arrived * HIDDEN, 9);
    expect(output!.acs).toBeCloseTo(fired * CLASSES, 9);
    expect(hidden!.denseOperations).toBe(INPUTS * HIDDEN * steps);
    // leak: a product; current, threshold and reset: an addition, a comparison, a subtraction
    expect([hidden!.multiplications, hidden!.additions]).toEqual([HIDDEN * steps, 3 * HIDDEN * steps]);
    expect([output!.multiplications, output!.additions]).toEqual([CLASSES * steps, CLASSES * steps]);
    // a step: the sum starts as the bias, then voltage and sum are read and the voltage is written
    expect(hidden!.weightReads).toBeCloseTo(hidden!.acs + HIDDEN * steps, 9);
    expect(hidden!.stateReads).toBeCloseTo(hidden!.acs + 2 * HIDDEN * steps, 9);
    expect(hidden!.stateWrites).toBeCloseTo(hidden!.acs + 2 * HIDDEN * steps, 9);
    expect(hidden!.parameterCount).toBe(INPUTS * HIDDEN + HIDDEN + 2); // and tau, vTh
  });

  test("zero weights are left out of effective operations, input by input", async () => {
    const weights = network.parameters["input>hidden.weight"]!.slice();
    for (let k = 0; k < 5 * HIDDEN; k++) if (k % 3) weights[k] = 0; // in the first five rows alone
    const sparse = { ...network, parameters: { ...network.parameters, "input>hidden.weight": weights } };
    const did = await evaluateDeployed(sparse, data, QUIET);
    const [hidden] = countDeployed("snn", sparse, did, "event").layers;
    let effective = 0;
    for (let input = 0; input < INPUTS; input++)
      for (let neuron = 0; neuron < HIDDEN; neuron++)
        if (weights[input * HIDDEN + neuron] !== 0) effective += did.inputActivity[input]! / 40;
    expect(hidden!.zeroWeights).toBe(weights.filter((w) => w === 0).length);
    expect(hidden!.effectiveAcs).toBeCloseTo(effective, 9);
    expect(hidden!.acs).toBeGreaterThan(hidden!.effectiveAcs);
  });

  test("activity of each input adds up to all that entered", async () => {
    const did = await evaluateDeployed(network, data, QUIET);
    expect(did.inputActivity.reduce((a, b) => a + b, 0)).toBe(did.inputEvents);
    // latency: one spike a pixel that is bright enough (0.01 of 255 is level 3)
    const bright = pixels(3);
    expect(did.inputEvents).toBe(bright);
  });
});

test("constant current is multiplied once, by the pixels that are not zero", async () => {
  const network = deployed(spikingDesign(ROWS, "current"));
  const did = await evaluateDeployed(network, data, QUIET);
  const counts = countDeployed("snn", network, did, "event");
  const lit = pixels(1) / 40;
  expect(counts.layers[0]).toMatchObject({ binaryInputs: false, acs: 0, denseOperations: INPUTS * HIDDEN });
  expect(counts.layers[0]!.macs).toBeCloseTo(lit * HIDDEN, 9);
  expect(counts.layers[0]!.stateWrites).toBeCloseTo(lit * HIDDEN + HIDDEN + HIDDEN * counts.steps, 9);
  expect(energies(counts).f32.notes.join()).toContain("hidden is fed analog values");
});

describe("the twin", () => {
  const network = deployed(twinDesign(ROWS));

  test("dense: every product; skipping zeros: those of lit pixels and active units", async () => {
    const did = await evaluateDeployed(network, data, QUIET);
    const [dense, skipping] = (["dense", "event"] as const).map((e) => countDeployed(e, network, did, e));
    const products = INPUTS * HIDDEN + HIDDEN * CLASSES;
    expect(dense!.total).toMatchObject({ macs: products, acs: 0, stateReads: 0, stateWrites: 0, multiplications: 0 });
    expect(dense!.total.additions).toBe(HIDDEN); // the comparison of each rectified unit
    const lit = pixels(1) / 40;
    const effective = lit * HIDDEN + (did.activity.hidden!.active! / 40) * CLASSES;
    expect(skipping!.total.macs).toBeCloseTo(effective, 9);
    expect(dense!.total.effectiveMacs).toBeCloseTo(effective, 9);
    expect(energies(skipping!).f32.total.typical).toBeLessThan(energies(dense!).f32.total.typical);
  });

  test("compared with itself: even, and the ranges overlap", async () => {
    const same = energies(countDeployed("twin", network, await evaluateDeployed(network, data, QUIET), "dense"));
    expect(compareEnergies(same, same)).toMatchObject({
      f32: { winner: "undecided", overlap: true, ratio: { low: 1, high: 1 } },
    });
  });
});
describe("recurrent networks with an answer a step: an inference is a step", () => {
  const { test: sequences } = wavesData(8, 12);
  const steps = sequences.lengths.reduce((a, b) => a + b);
  const deployedWaves = (net: Network): Deployed => ({
    net,
    encoder: { kind: "events" },
    parameters: initialParameters(net, 3),
    loss: crossEntropyEachStep(),
  });

  test("spikes in, spikes round, spikes out: each times its fan-out", async () => {
    const network = deployedWaves(spikingWaves());
    const did = await evaluateDeployed(network, sequences, QUIET);
    const { layers, steps: counted, total } = countDeployed("snn", network, did, "event");
    const [arrived, fired] = [sequences.list.length / steps, did.activity.hidden!.active! / steps];
    expect([counted, did.steps]).toEqual([1, steps]);
    expect(layers.map((l) => l.name)).toEqual(["hidden", "hidden>hidden.i", "output"]);
    for (const [k, acs] of [8 * arrived, 8 * fired, 3 * fired].entries()) expect(layers[k]!.acs).toBeCloseTo(acs, 9);
    expect([total.macs, total.neurons, total.neuronUpdates, total.weights]).toEqual([0, 11, 11, 3 * 8 + 8 * 8 + 8 * 3]);
    expect(total.spikes).toBeCloseTo(fired, 9); // each once, wherever it goes
    // u and w kept; read with the sum of what arrives, which starts as the bias and is written
    expect([layers[0]!.stateCount, layers[1]!.stateCount]).toEqual([16, 0]);
    expect(layers[0]!.stateReads).toBeCloseTo(8 * arrived + 3 * 8, 9);
    expect(layers[0]!.stateWrites).toBeCloseTo(8 * arrived + 3 * 8, 9);
    expect(total.otherOperations).toBe(0); // exponentials of time constants were taken before
  });

  test("gated units: every product of three gates, twice; zeros of the input can be skipped, those of a state cannot", async () => {
    const network = deployedWaves(gatedWaves());
    const did = await evaluateDeployed(network, sequences, QUIET);
    const [dense, skipping] = (["dense", "event"] as const).map((e) => countDeployed(e, network, did, e).total);
    const [below, own, out] = [3 * 3 * 5, 3 * 5 * 5, 5 * 3];
    expect([dense!.macs, dense!.acs]).toEqual([below + own + out, 0]);
    expect(skipping!.macs).toBe(own + out);
    expect(skipping!.acs).toBeCloseTo((3 * 5 * sequences.list.length) / steps, 9);
    expect(dense!.parameterCount).toBe(below + own + out + 4 * 5 + 3);
    expect(dense!.otherOperations).toBeGreaterThanOrEqual(3 * 5); // a sigmoid divides, and so does tanh
    const sums = skipping!.macs + skipping!.acs;
    expect(skipping!.stateReads).toBeCloseTo(sums + 5 * (4 + 1), 9); // four sums and a state; the readout answers with its sum
    expect(skipping!.stateWrites).toBeCloseTo(sums + 5 * (4 + 1) + 3, 9);
    expect([dense!.stateReads, dense!.stateWrites]).toEqual([5, 5]);
  });

  test("sparse connections are refused by name", () => {
    const net = spikingWaves();
    const [first, ...rest] = net.connections;
    const sparse = { ...net, connections: [{ ...first!, connectivity: probability(0.5) }, ...rest] };
    expect(isCounted(net)).toBe(true);
    expect(isCounted(sparse)).toBe(false);
    const did = { samples: 1, steps: 1, activity: {}, inputActivity: new Uint32Array(4) };
    expect(() => countDeployed("x", { ...deployedWaves(net), net: sparse }, did, "event")).toThrow("counts need dense");
  });
});
