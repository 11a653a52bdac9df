/** Pictures of running networks: one cell, a neuron of one's own, and the CUBA network. */
import { connect, createEngine, inputNode, lif, network, neuron, population, wasm } from "rheobase";
import { cubaNetwork } from "./cuba.ts";
import { panel } from "./plot.ts";

/** The program of "First five minutes". */
async function firstCell(): Promise<string> {
  const net = network({
    dt: "0.1 ms",
    inputs: { drive: inputNode(1, { signal: "values", constant: true }) },
    populations: { cell: population(1, lif({ tau: "20 ms" })) },
    connections: [connect("drive", "cell", { port: "i", weight: 1 })],
  });
  const panels = [0.95, 1.5].map(async (drive) => {
    const engine = await createEngine(net, wasm, { record: ["cell.v"] });
    const run = engine.run(1000, { drive: { values: [drive] } });
    engine.dispose();
    const fired = run.spikes["cell"]!.steps;
    return panel({
      title: `drive ${drive}: ${fired.length} spikes in 100 ms`,
      x: [0, 100],
      y: [0, 1.4],
      xTicks: [0, 25, 50, 75, 100],
      xLabel: "ms",
      yTicks: [0, 0.5, 1],
      marks: [
        { kind: "level", tone: "quiet", y: 1 },
        { kind: "line", tone: "b", points: Array.from(run.values["cell.v"]!, (v, t) => [(t + 1) / 10, v] as const) },
        { kind: "spikes", tone: "a", points: Array.from(fired, (t) => [(t + 1) / 10, 1.1] as const), size: 0.18 },
      ],
    });
  });
  return (await Promise.all(panels)).join("\n");
}

/** Izhikevich 2003, IEEE Trans. Neural Networks 14:1569: parameters of its figure 2. */
const KINDS = {
  "regular spiking": { a: "0.02/ms", b: "0.2/ms", c: "-65 mV", d: "8 mV/ms" },
  "fast spiking": { a: "0.1/ms", b: "0.2/ms", c: "-65 mV", d: "2 mV/ms" },
  chattering: { a: "0.02/ms", b: "0.2/ms", c: "-50 mV", d: "2 mV/ms" },
  "low-threshold spiking": { a: "0.02/ms", b: "0.25/ms", c: "-65 mV", d: "2 mV/ms" },
} as const;

/** The neuron of "Writing a neuron". */
async function izhikevich(): Promise<string> {
  const panels = Object.entries(KINDS).map(async ([title, parameters]) => {
    const model = neuron({
      name: "izhikevich",
      equations: `
        dv/dt = (0.04/ms/mV)*v**2 + (5/ms)*v + 140*mV/ms - u + i : volt
        du/dt = a*(b*v - u) : volt/second
        i : volt/second (input)`,
      parameters,
      initial: { v: "-70 mV", u: "b*(-70*mV)" },
      spike: "v > 30*mV",
      reset: "v = c; u += d",
    });
    const net = network({
      dt: "0.1 ms",
      inputs: { current: inputNode(1, { signal: "values", constant: true }) },
      populations: { cell: population(1, model) },
      connections: [connect("current", "cell", { weight: 1 })],
    });
    const engine = await createEngine(net, wasm, { record: ["cell.v"] });
    const run = engine.run(2000, { current: { values: [10] } }); // 10 mV/ms
    engine.dispose();
    const fired = new Set(run.spikes["cell"]!.steps);
    return panel({
      title: `${title}: ${fired.size} spikes`,
      x: [0, 200],
      y: [-85, 35],
      xTicks: [0, 50, 100, 150, 200],
      xLabel: "ms",
      yTicks: [-80, -40, 0, { at: 30, text: "30 mV" }],
      height: 150,
      marks: [
        {
          kind: "line",
          tone: "b",
          // What is recorded is the value after the reset: the step of a spike is drawn at the threshold.
          points: Array.from(
            run.values["cell.v"]!,
            (v, t) => [(t + 1) / 10, fired.has(t) ? 30 : v * 1e3] as const,
          ).filter((_, t) => t % 3 === 0 || fired.has(t) || fired.has(t - 1) || fired.has(t + 1)),
        },
      ],
    });
  });
  return (await Promise.all(panels)).join("\n");
}

/** The network of "Coming from Brian": 200 of its neurons, and the rate of all. */
async function cuba(): Promise<string> {
  const engine = await createEngine(cubaNetwork, wasm, { seed: 1 });
  const { spikes } = engine.run(5000);
  engine.dispose();
  const shown = (node: string, count: number, above: number) =>
    Array.from(spikes[node]!.indices, (n, k) => [spikes[node]!.steps[k]! / 10, n + above, n] as const)
      .filter(([, , n]) => n < count)
      .map(([t, row]) => [t, row] as const);
  const bins = new Array<number>(100).fill(0);
  for (const { steps } of Object.values(spikes)) for (const t of steps) bins[Math.floor(t / 50)]!++;
  const rates = bins.map((count, k) => [5 * k + 2.5, count / 4000 / 5e-3] as const);
  const top = 5 * Math.ceil(Math.max(...rates.map(([, r]) => r)) / 5);
  const time = { x: [0, 500] as const, xTicks: [0, 100, 200, 300, 400, 500], xLabel: "ms" };
  return [
    panel({
      title: "120 excitatory and 30 inhibitory neurons",
      ...time,
      y: [0, 150],
      yTicks: [
        { at: 15, text: "inh." },
        { at: 90, text: "exc." },
      ],
      height: 240,
      marks: [
        { kind: "spikes", tone: "d", points: shown("i", 30, 0), size: 2 },
        { kind: "spikes", tone: "b", points: shown("e", 120, 30), size: 2 },
      ],
    }),
    panel({
      title: "Rate of all 4,000 in Hz, in bins of 5 ms",
      ...time,
      y: [0, top],
      yTicks: Array.from({ length: top / 5 + 1 }, (_, k) => 5 * k),
      height: 240,
      marks: [{ kind: "line", tone: "a", points: rates }],
    }),
  ].join("\n");
}

export const pictures = { firstCell, izhikevich, cuba };
