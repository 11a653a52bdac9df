/** What neurons do with numbers, refractory periods and events, step by step: figures of Brian 2.5.1 (numpy), at the ends of steps. */
import { expect, test } from "vitest";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronSpec } from "../../src/model/neuronModel.ts";
import { run } from "./run.ts";

type Case = readonly [
  what: string,
  spec: Partial<NeuronSpec> & { equations: string },
  variable: string,
  brian: number[][],
];
const clamped = "dv/dt = 1/ms : 1 (unless refractory)";
const refractory = { spike: "v>1.5", reset: "v=0", refractory: "(1+i)*ms" };
const cases: readonly Case[] = [
  [
    "remainders and quotients of what is below 0",
    { equations: "v : 1\na : 1", spike: "True", reset: "v -= 0.75; a = v % 2 + 10*(v // 2) + 100*int(v)" },
    "a",
    [
      [-8.75, -8.75, -8.75],
      [-109.5, -109.5, -109.5],
      [-218.25, -218.25, -218.25],
      [-319.0, -319.0, -319.0],
      [-319.75, -319.75, -319.75],
      [-428.5, -428.5, -428.5],
      [-529.25, -529.25, -529.25],
      [-630.0, -630.0, -630.0],
    ],
  ],
  [
    "the time of the last spike, in a reset",
    {
      ...{ equations: "dv/dt = 1/ms : 1\na : 1", spike: "v>2", reset: "a = (t - lastspike)/ms; v=0" },
      ...{ refractory: "1*ms", initial: { v: 1 } },
    },
    "a",
    [[0.0], [0.0], [0.0], [0.0], [0.0], [0.0], [0.0], [0.0]],
  ],
  [
    "a refractory period by the neuron's number",
    { equations: clamped, ...refractory },
    "v",
    [
      [1.0, 1.0, 1.0],
      [0.0, 0.0, 0.0],
      [1.0, 0.0, 0.0],
      [0.0, 1.0, 0.0],
      [1.0, 0.0, 1.0],
      [0.0, 0.0, 0.0],
      [1.0, 1.0, 0.0],
      [0.0, 0.0, 0.0],
    ],
  ],
  [
    "what moves meanwhile, and what does not",
    { equations: `${clamped}\ndw/dt = int(not_refractory)/ms : 1`, ...refractory },
    "w",
    [
      [1.0, 1.0, 1.0],
      [2.0, 2.0, 2.0],
      [3.0, 2.0, 2.0],
      [4.0, 3.0, 2.0],
      [5.0, 4.0, 3.0],
      [6.0, 4.0, 4.0],
      [7.0, 5.0, 4.0],
      [8.0, 6.0, 4.0],
    ],
  ],
  [
    "refractory while a condition holds: one spike a crossing",
    {
      ...{ equations: "dv/dt = (1 - 3*int(v > 2))/ms : 1\nc : 1", spike: "v>1.5" },
      ...{ reset: "c+=1", refractory: "v>1.5" },
    },
    "c",
    [
      [0.0, 0.0, 0.0],
      [1.0, 1.0, 1.0],
      [1.0, 1.0, 1.0],
      [1.0, 1.0, 1.0],
      [2.0, 2.0, 2.0],
      [2.0, 2.0, 2.0],
      [2.0, 2.0, 2.0],
      [3.0, 3.0, 3.0],
    ],
  ],
  [
    "thresholds before resets, the spike's reset before those of events",
    {
      ...{ equations: "dv/dt = 1/ms : 1\nc : 1", spike: "v>2.5", reset: "v=0; c+= 1" },
      ...{ events: { big: "v>2.5", f: "v < 1" }, onEvent: { big: "c = c*2", f: "c += 10" } },
    },
    "c",
    [
      [0.0, 0.0, 0.0],
      [0.0, 0.0, 0.0],
      [2.0, 2.0, 2.0],
      [2.0, 2.0, 2.0],
      [2.0, 2.0, 2.0],
      [6.0, 6.0, 6.0],
      [6.0, 6.0, 6.0],
      [6.0, 6.0, 6.0],
    ],
  ],
];

test.each(cases)("%s", async (_what, spec, variable, brian) => {
  const [steps, size] = [brian.length, brian[0]!.length];
  const cell = neuron({ name: "cell", method: "euler", port: "v", ...spec });
  const net = network({ dt: "1 ms", schedule: "brian", populations: { p: population(size, cell) } });
  const found = (await run(net, steps, { type: "f64", record: [`p.${variable}`] })).values[`p.${variable}`]!;
  expect(Array.from(found)).toEqual(brian.flat());
});
