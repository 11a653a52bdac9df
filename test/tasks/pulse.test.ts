/** A network that does not spike is told of while it trains, not after it. */
import { expect, test } from "vitest";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { type Design, spikingDesign, twinDesign } from "../../src/tasks/networks.ts";
import type { Progress } from "../../src/tasks/options.ts";
import { trainDesign } from "../../src/tasks/session.ts";
import { QUIET, ROWS, rows } from "./synthetic.ts";

const { train } = rows();
/** All weights are one number, and stay near it. */
function withWeight(weight: number): Design {
  const design = spikingDesign(ROWS, "rate");
  const layers = [input([6, 6]), denseLayer(20, { weight, bias: false }), lif(), denseLayer(3), readout()];
  const net = sequential(layers, { steps: design.net.steps! });
  return { ...design, net, training: { ...design.training, rate: 1e-9 } };
}

/** What is told, and after how many samples. */
async function told(design: Design): Promise<(readonly [string, number])[]> {
  const lines: (readonly [string, number])[] = [];
  let done = 0;
  const onProgress = (p: Progress): void => {
    for (const line of p.lines ?? []) lines.push([line, done]);
    if (!p.lines) done = p.done;
  };
  await trainDesign(design, train, { ...QUIET, onProgress });
  return lines;
}

test.each([
  [1e-5, "fires 0.0 times a neuron and step: it is as good as dead; try larger initial weights"],
  [100, "it is saturated; try smaller initial weights"],
])("with weights of %s, after the updates of the first epoch", async (weight, words) => {
  const lines = await told(withWeight(weight));
  expect(lines.length).toBe(1);
  const [line, done] = lines[0]!;
  expect(line).toMatch(/^test, after 19 updates: layer 'hidden' /); // 300 samples by 16
  expect(line).toContain(words);
  expect(done).toBe(train.count);
});

test("a long epoch is not waited for, and its end says whether it is still so", async () => {
  const design = withWeight(1e-5);
  const lines = await told({ ...design, training: { ...design.training, batch: 2, epochs: 2 } });
  expect(lines.map(([line, done]) => [line.split(": ")[0], done])).toEqual([
    ["test, after 100 updates", 200],
    ["test, after the first epoch", 300],
  ]);
});

test("nothing is told of layers that fire, nor of units that do not spike", async () => {
  expect(await told(spikingDesign(ROWS, "rate"))).toEqual([]);
  expect(await told(twinDesign(ROWS))).toEqual([]);
});
