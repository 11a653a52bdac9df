/** Pictures of one step: four schedules, delays, and what follows a spike. */
import { connect, createEngine, inputNode, lif, network, population, wasm } from "rheobase";
import { type Panel, panel } from "./plot.ts";

const DECAY = { tau: "8 ms" };
const DOC = {
  layered: "layered: b hears a within the step",
  brian: "brian: b hears a as the step ends",
  nest: "nest: one step on the way, at least",
  loihi: "loihi: always one step more",
} as const;

/** An input spike makes a fire, and a's spike reaches b. */
async function chain(schedule: keyof typeof DOC, delay: number, steps: number) {
  const net = network({
    dt: "1 ms",
    schedule,
    inputs: { x: inputNode(1) },
    populations: { a: population(1, lif(DECAY)), b: population(1, lif(DECAY)) },
    connections: [
      connect("x", "a", { weight: 1.2, delay: schedule === "nest" ? 1 : 0 }),
      connect("a", "b", { weight: 0.7, delay }),
    ],
  });
  const engine = await createEngine(net, wasm, { record: ["b.v"] });
  const run = engine.run(steps, { x: { steps: [2], indices: [0] } });
  engine.dispose();
  return { a: run.spikes["a"]!.steps, v: run.values["b.v"]! };
}

const STEPS = 12;
const time = { x: [0, STEPS] as const, xTicks: [0, 2, 4, 6, 8, 10, 12], xLabel: "step" };
const chainPanel = (title: string, { a, v }: Awaited<ReturnType<typeof chain>>): string =>
  panel({
    title,
    ...time,
    y: [0, 1.65],
    yTicks: [0, 0.5, { at: 1.28, text: "spikes" }],
    height: 160,
    marks: [
      { kind: "spikes", tone: "quiet", points: [[2.5, 1.38]], size: 0.24 },
      { kind: "spikes", tone: "a", points: Array.from(a, (t) => [t + 0.5, 1.04] as const), size: 0.24 },
      { kind: "stairs", tone: "b", values: v },
    ],
    legend: [
      ["quiet", "input"],
      ["a", "a fires"],
      ["b", "v of b"],
    ],
  });

async function schedules(): Promise<string> {
  const names = Object.keys(DOC) as (keyof typeof DOC)[];
  const panels = names.map(async (name) => chainPanel(DOC[name], await chain(name, name === "nest" ? 1 : 0, STEPS)));
  return (await Promise.all(panels)).join("\n");
}

async function delays(): Promise<string> {
  const panels = [0, 1, 4].map(async (delay) => chainPanel(`delay ${delay}`, await chain("layered", delay, STEPS)));
  return (await Promise.all(panels)).join("\n");
}

type LifOptions = NonNullable<Parameters<typeof lif>[0]>;
/** One neuron under a constant current of 2.5 thresholds. */
async function driven(options: LifOptions, steps: number) {
  const net = network({
    dt: "1 ms",
    inputs: { current: inputNode(1, { signal: "values", constant: true }) },
    populations: { cell: population(1, lif({ tau: "20 ms", ...options })) },
    connections: [connect("current", "cell", { port: "i", weight: 1 })],
  });
  const engine = await createEngine(net, wasm, { record: ["cell.v"] });
  const run = engine.run(steps, { current: { values: [2.5] } });
  engine.dispose();
  return { spikes: run.spikes["cell"]!.steps, v: run.values["cell.v"]! };
}

const RESETS: readonly (readonly [string, LifOptions])[] = [
  ['reset: "zero"', { reset: "zero" }],
  ['reset: "subtract"', { reset: "subtract" }],
  ["reset: { to: -0.5 }", { reset: { to: -0.5 } }],
  ['refractory: "10 ms"', { refractory: "10 ms" }],
];
async function resets(): Promise<string> {
  const steps = 60;
  const panels = RESETS.map(async ([title, options]) => {
    const { spikes, v } = await driven(options, steps);
    const p: Panel = {
      title: `${title}: ${spikes.length} spikes`,
      x: [0, steps],
      y: [-0.6, 1.4],
      xTicks: [0, 20, 40, 60],
      xLabel: "ms",
      yTicks: [-0.5, 0, 0.5, 1],
      height: 160,
      marks: [
        { kind: "level", tone: "quiet", y: 1 },
        { kind: "stairs", tone: "b", values: v },
        { kind: "spikes", tone: "a", points: Array.from(spikes, (t) => [t + 0.5, 1.12] as const), size: 0.2 },
      ],
    };
    return panel(p);
  });
  return (await Promise.all(panels)).join("\n");
}

export const pictures = { schedules, delays, resets };
