/** The guide's page on algorithms shows the table of the code. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { ALGORITHMS } from "../../src/learn/algorithms.ts";
import { connect } from "../../src/model/connection.ts";
import { probability } from "../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { pairStdp } from "../../src/model/plasticity/pairStdp.ts";
import { rewardStdp } from "../../src/model/plasticity/rewardStdp.ts";
import { createEngine } from "../../src/sim/engine.ts";

const rowsIn = (page: string): string[] =>
  page
    .split("\n")
    .flatMap((line) => (line.startsWith("|") ? [line.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---")] : []));

test("both tables of docs/guide/algorithms.md are `ALGORITHMS`, row by row", () => {
  const page = readFileSync(new URL("../../docs/guide/algorithms.md", import.meta.url), "utf8");
  const all = Object.values(ALGORITHMS).flat();
  const row = (...cells: string[]): string => `| ${cells.join(" | ")} |`;
  expect(rowsIn(page)).toEqual([
    row("algorithm", "keeps, beside weights and what the host gives", "grows with", "passes"),
    row("---", "---", "---", "---"),
    ...all.map((a) => row(`${a.name}: \`${a.call}\``, a.keeps, a.growth, a.time)),
    row("algorithm", "the gradient of BPTT in", "refuses", "source"),
    row("---", "---", "---", "---"),
    ...all.map((a) => row(a.name, a.exact, a.refuses, a.source)),
  ]);
});

test.each([
  // Its eligibility, the reward, their product, what it owes its weight, and when it was last touched.
  ["reward-stdp", rewardStdp({ transmit: "v_post += w", wMax: 1 }), ["c", "cd", "d", "due", "last.update", "w"]],
  ["stdp", pairStdp({ transmit: "v_post += w", wMax: 1 }), ["w"]],
] as const)(
  "%s keeps of each synapse what the table says, and the rest of each neuron; nothing of the steps",
  async (kind, rule, kept) => {
    expect(ALGORITHMS[kind].map((x) => x.growth)).toEqual(["1"]);
    const cell = neuron({
      name: "cell",
      equations: "dv/dt = -v/(10*ms) : 1\nd : 1 (input)\nreward = d : 1 (constant over dt)",
      spike: "v > 1",
      reset: "v = 0",
      events: { rewarded: "reward != 0" },
      port: "v",
    });
    const net = network({
      dt: "1 ms",
      inputs: { x: inputNode(90) },
      populations: { a: population(70, cell) },
      connections: [connect("x", "a", { name: "s", connectivity: probability(0.3), weight: 0.5, synapse: rule })],
    });
    using engine = await createEngine(net, interpret);
    const synapses = engine.synapses("s").w!.length;
    const tables = ["source", "target", "list", "rowStart", "columnStart", "columnSynapse", "columnSource"];
    const each = [...engine.lowered.context.buffers.values()].filter(
      (b) => b.name.startsWith("s.") && b.length >= synapses,
    );
    const names = each.map((b) => b.name.slice("s.".length)).filter((x) => !tables.includes(x));
    expect(names.sort()).toEqual(kept);
    const { bytes } = engine;
    engine.run(300, { x: { steps: [1, 2, 3], indices: [4, 5, 6] } });
    expect(engine.bytes).toBe(bytes);
  },
);
