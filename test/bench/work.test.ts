/** Counts of a run against what is known of it: the batch's own events, and the spikes that the evaluator reports. */
import { describe, expect, test } from "vitest";
import { type Phase, phasesOf } from "../../bench/limits.ts";
import { evaluatorOf, stillTrainer } from "../../bench/training.ts";
import { CountingBackend } from "../../bench/work.ts";
import { mlp } from "../../bench/workloads/mlp.ts";
import { rsnn } from "../../bench/workloads/rsnn.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";

// 5 samples are two chunks, of which the second is not full.
const BATCH = 5;
const limits = { mulAdd: 50, loadAdd: 20 };
const named = (phases: readonly Phase[], name: string): Phase => phases.find((p) => p.name === name)!;

describe("a recurrent network", async () => {
  const w = rsnn({ batch: BATCH });
  const inputs = w.batch.input.ends[BATCH * 100]!;
  using evaluator = await evaluatorOf(w, wasm);
  const spikes = evaluator.evaluate(w.batch).activity.hidden!.active!;

  test("a forward pass gathers a row of 256 for each event, and 20 for each spike", async () => {
    const counting = new CountingBackend(wasm);
    using counted = await evaluatorOf(w, counting);
    counting.clear();
    expect(counted.evaluate(w.batch).activity.hidden!.active).toBe(spikes); // counting changes nothing
    const phases = phasesOf(counting.work(), counted.lowered.parameters, limits);
    const input = named(phases, "gatherRows input>hidden.weight");
    expect([input.events, input.operations]).toEqual([inputs, 256 * inputs]);
    const output = named(phases, "gatherRows hidden>output.weight");
    expect([output.events, output.operations]).toEqual([spikes, 20 * spikes]);
    expect(output.calls).toBe(BATCH * 100);
  });

  test("a training step dots listed rows only, or all, and adds a row of errors for each event", async () => {
    const counting = new CountingBackend(wasm);
    for (const [surrogate, all] of [
      [w.surrogates.compact, false],
      [w.surrogates.full, true],
    ] as const) {
      using trainer = await stillTrainer(w, counting, surrogate);
      counting.clear();
      trainer.step(w.batch);
      const phases = phasesOf(counting.work(), trainer.lowered.parameters, limits);
      const rows = all ? BATCH * 100 * 256 : named(phases, "hidden.adjoint.support").events;
      expect(rows).toBeGreaterThan(spikes);
      expect(named(phases, "rowDots hidden>hidden.weight").operations).toBe(rows * 2 * (256 + 20)); // of both connections at once
      // Forwards, and once more for the gradient of each row.
      expect(named(phases, "gatherRows input>hidden.weight").events).toBe(2 * inputs);
      expect(named(phases, "outerRows hidden>output.weight").events).toBe(spikes);
      expect(named(phases, "transposeLists").events).toBe(inputs + spikes);
      expect(named(phases, "unpackBits").events).toBe(spikes); // once for both connections that leave
    }
  });
});

test("a constant image is gathered once: two operations for each pixel that is not zero and hidden neuron", async () => {
  const w = mlp("static", { batch: BATCH });
  const counting = new CountingBackend(wasm);
  using evaluator = await evaluatorOf(w, counting);
  counting.clear();
  evaluator.evaluate(w.batch);
  const phases = phasesOf(counting.work(), evaluator.lowered.parameters, limits);
  const pixels = w.batch.input.ends[BATCH]!;
  const input = named(phases, "gatherRows input>hidden.weight");
  expect([input.calls, input.events, input.operations]).toEqual([BATCH, pixels, 2 * 1000 * pixels]);
  expect(input.least).toBeCloseTo(Math.max(input.bytesRead / 4 / 20, input.operations / 50) / 1e9, 12);
});
