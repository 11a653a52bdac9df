/** The task `r-stdp`, shortened: networks learn XOR, and their rule is the one that it says. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { readArtefact } from "../../src/io/artefact.ts";
import { printProgram } from "../../src/ir/print.ts";
import type { SideDocument } from "../../src/report/document.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { compare } from "../../src/tasks/compare.ts";
import { explain } from "../../src/tasks/explain.ts";
import { deployedOf } from "../../src/tasks/rewarded/answer.ts";
import { experiment, hasLearned, meanRates } from "../../src/tasks/rewarded/learn.ts";
import { rewardedNetwork, STEPS } from "../../src/tasks/rewarded/network.ts";
import { train } from "../../src/tasks/train.ts";

test("explain shows the network that learns, as the engine runs it, and that rewards themselves are not learned", async () => {
  const { document } = await explain({ task: "r-stdp", seed: 1, threads: 1 }, () => {});
  const { network, programs } = document as {
    network: { parameters: { trainable: boolean }[] };
    programs: Record<string, { program: string }>;
  };
  expect(network.parameters.filter((p) => p.trainable)).toEqual([]);
  expect(Object.keys(programs)).toEqual(["simulation"]);
  using engine = await createEngine(rewardedNetwork(), wasm, { seed: 1 });
  expect(programs["simulation"]!.program).toBe(printProgram(engine.program));
  await expect(explain({ task: "r-stdp", seed: 1, threads: 1, steps: 9 }, () => {})).rejects.toThrow(
    "--steps: r-stdp takes --seed",
  );
});

test("a network learns XOR in 60 epochs", async () => {
  const { rates } = await experiment(rewardedNetwork(), wasm, 1, 60);
  const [before, after] = [meanRates(rates.slice(0, 5)), meanRates(rates.slice(-10))];
  expect(hasLearned(after)).toBe(true);
  expect(after[0]).toBe(0); // nothing enters
  // Between the weakest of those that are rewarded and the one that is punished lies more than chance: of 5 s of spikes at
  // f Hz the rate is known to √(f/5), so that five errors of both are apart.
  const rewarded = Math.min(after[1]!, after[2]!);
  expect(rewarded - after[3]!).toBeGreaterThan(5 * Math.sqrt((rewarded + after[3]!) / 5));
  expect(after[1]! - after[3]!).toBeGreaterThan(before[1]! - before[3]!);
});

test("a reward makes of a pair what its lag and age leave of it", async () => {
  // One spike of each of 30 excitatory inputs makes the hidden cells fire; what they leave decays by e^(-1/25) a step.
  using engine = await createEngine(rewardedNetwork(), wasm, { seed: 1 });
  const view = () => engine.synapses("hidden>out");
  const before = view().w!.slice();
  const inputs = Array.from({ length: 30 }, (_, k) => k);
  const run = (steps: number, target: number, more = {}) =>
    engine.run(steps, { ...more, target: { values: [target] } });
  const { spikes } = run(1, 0, { excitatory: { steps: inputs.map(() => 0), indices: inputs } });
  expect(spikes.out!.steps.length).toBe(1); // in the same step
  const fired = new Set(spikes.hidden!.indices);
  const z = view().z!.slice();
  z.forEach((x, k) => expect(x > 0).toBe(fired.has(k)));
  run(1, 1); // the spike is told a step later, and what it is worth
  view().w!.forEach((w, k) => {
    const eligible = z[k]! * Math.exp(-1 / 25);
    const expected = Math.min(5e-3, before[k]! + (0.625e-3 / 25) * eligible);
    expect(Math.abs(w - expected)).toBeLessThan(1e-8); // f32 near 5e-3 is a multiple of 2^-31 = 5e-10
  });
});

test("eligibility is what a loop over all spikes gives", async () => {
  using engine = await createEngine(rewardedNetwork(), wasm, { seed: 2, type: "f64" });
  const steps = 120;
  const events = { steps: [] as number[], indices: [] as number[] };
  for (let t = 0; t < steps; t++)
    for (let k = 0; k < 30; k++)
      if ((t * 31 + k * 17) % 41 < 3) {
        events.steps.push(t);
        events.indices.push(k);
      }
  const { hidden, out } = engine.run(steps, { excitatory: events, target: { values: [0] } }).spikes;
  expect(out!.steps.length).toBeGreaterThan(5);
  const fired = (s: typeof out, t: number, i: number): boolean =>
    s!.steps.some((step, k) => step === t && s!.indices[k] === i);
  // Of each synapse from a hidden cell: all of z moves first; the source's spike comes before the target's.
  const [z, x] = [new Float64Array(60), new Float64Array(60)];
  let y = 0;
  for (let t = 0; t < steps; t++) {
    for (let i = 0; i < 60; i++) {
      z[i]! *= Math.exp(-1 / 25);
      if (!fired(hidden, t, i)) continue;
      z[i]! -= y;
      x[i]! += 1;
    }
    if (fired(out, t, 0)) {
      for (let i = 0; i < 60; i++) z[i]! += x[i]!;
      y += 1;
    }
    for (let i = 0; i < 60; i++) x[i]! *= Math.exp(-1 / 20);
    y *= Math.exp(-1 / 20);
  }
  const found = engine.synapses("hidden>out").z!;
  expect(z.some((v) => v < 0)).toBe(true);
  z.forEach((v, i) => expect(found[i]).toBeCloseTo(v, 10));
});

test("has learned where both together are answered less than either", () => {
  expect(hasLearned([0, 10, 12, 9])).toBe(true);
  expect(hasLearned([0, 10, 12, 10])).toBe(false);
  expect(hasLearned([0, 8, 12, 9])).toBe(false);
});

test("the answering network spikes as the one that learned it, on the same inputs", async () => {
  const { rates, learned } = await experiment(rewardedNetwork(), wasm, 1, 40);
  const options = { seed: 3, type: "f64" } as const;
  using learning = await createEngine(rewardedNetwork(), wasm, options);
  for (const [name, w] of Object.entries(learned)) learning.synapses(name).w!.set(w);
  const { net, parameters } = deployedOf(learned, meanRates(rates.slice(-10)));
  using answering = await createEngine(net, wasm, { ...options, parameters });
  const [steps, indices]: [number[], number[]] = [[], []];
  for (let t = 0; t < STEPS; t++)
    for (let k = 0; k < 60; k++)
      if ((t * 31 + k * 17) % 53 < 2) {
        steps.push(t);
        indices.push(k);
      }
  const part = (low: number) => {
    const own = indices.map((k, n) => [k - low, n] as const).filter(([k]) => k >= 0 && k < 30);
    return { steps: own.map(([, n]) => steps[n]!), indices: own.map(([k]) => k) };
  };
  const given = { excitatory: part(0), inhibitory: part(30), target: { values: [0] } };
  const [a, b] = [learning.run(STEPS, given).spikes, answering.run(STEPS, { input: { steps, indices } }).spikes];
  expect(a.out!.steps.length).toBeGreaterThan(5);
  expect([b.hidden, b.out]).toEqual([a.hidden, a.out]);
});

describe("as a command, shortened", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rheobase-rewarded-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const options = { task: "r-stdp", seed: 1, threads: 1, samples: 2, epochs: 2 };

  test("how many learned, beside what was published, and the energy of one beside its twin", async () => {
    const out = ["x.h5", "x.html", "x.json"].map((name) => join(folder, name));
    const { document, text } = await train({ ...options, samples: 1, epochs: 40, out }, () => {});
    expect(document).toMatchObject({ experiments: 1, published: [{ share: 0.982 }, { share: 0.991 }] });
    expect(text).toContain("98.2 %: MSTDPET, as here, of 1,000 experiments");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    const { spiking, twin } = document as unknown as Record<"spiking" | "twin", SideDocument>;
    expect(spiking.accuracy).toBeGreaterThan(0.6); // 200 presentations, by chance 0.5 ± 0.035
    expect(twin.accuracy).toBe(1);
    // dense: 60 to 60, 60 to 2
    expect(twin.counts.total.macs).toBe(60 * 60 + 60 * 2);
    expect(spiking.energy.f32!.total.low).toBeGreaterThan(0);
    expect(readFileSync(out[1]!, "utf8")).toContain("One network as it answers");
    expect(JSON.parse(readFileSync(out[2]!, "utf8")).digest).toBe(document.digest);
    expect((await readArtefact(out[0]!)).network.populations.hidden!.size).toBe(60);
  });
  test("stopped and resumed it is the same", async () => {
    const whole = await train(options, () => {});
    expect((await compare({ ...options, threads: 2 }, () => {})).document.digest).toBe(whole.document.digest);
    const stop = { aborted: false };
    const file = join(folder, "c");
    const first = train({ ...options, checkpoint: { file, every: 500, resume: false, stop } }, () => {
      stop.aborted = true;
    });
    await expect(first).rejects.toThrow("saved at update 2 of 'experiments'");
    const { document } = await train({ ...options, checkpoint: { file, every: 500, resume: true } }, () => {});
    expect(document.digest).toBe(whole.document.digest);
  });
  test("what it has not is refused", async () => {
    await expect(train({ ...options, neurons: 50 }, () => {})).rejects.toThrow(
      "--neurons: r-stdp takes --epochs, --samples and --seed",
    );
    await expect(train({ ...options, watch: { log: "x" } }, () => {})).rejects.toThrow("--log: r-stdp learns without");
    await expect(train({ ...options, out: "x.txt" }, () => {})).rejects.toThrow("--out writes files that end in");
  });
});
