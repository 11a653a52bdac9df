/** What training keeps in memory: of the forward pass one number and one bit a neuron and step, for one chunk. */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { printProgram } from "../../src/ir/print.ts";
import type { Buffer } from "../../src/ir/program.ts";
import { BYTES } from "../../src/ir/types.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer, type Trainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import type { Network } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";

const [hidden, classes, steps] = [70, 5, 9];
const spiking = (reset: "zero" | "subtract", recurrent = false): Network =>
  sequential([input(30), denseLayer(hidden), neurons(lif({ reset }), { recurrent }), denseLayer(classes), readout()], {
    steps,
  });
const options: TrainerOptions = { algorithm: bptt(), loss: crossEntropy(), optimiser: adam(0.01), batch: 64, chunk: 4 };
/** Of one shard, without what fills its copies up to whole cache lines. */
const tape = (t: Trainer) =>
  t.program.buffers
    .filter((b) => b.role === "tape")
    .map(({ name, type }) => ({ name, type, length: t.lowered.context.buffers.get(name)!.length }));

test.each(["zero", "subtract"] as const)(
  "a LIF neuron with reset '%s' keeps its membrane and its spike of every step; the readout nothing",
  async (reset) => {
    for (const [type, stride] of [
      ["f32", 72],
      ["f64", 70],
    ] as const) {
      using trainer = await createTrainer(spiking(reset), wasm, { ...options, type });
      expect(tape(trainer)).toEqual([
        { name: "hidden.in.v", type, length: 4 * steps * stride }, // over what arrived
        { name: "hidden.bits", type: "u32", length: 4 * steps * Math.ceil(hidden / 32) },
      ]);
    }
  },
);

test("rectified linear units keep their input; a spiking answer keeps one number as well", async () => {
  using twin = await createTrainer(
    sequential(
      [input(30, { signal: "values", constant: true }), denseLayer(hidden), relu(), denseLayer(classes), linear()],
      { steps: 1 },
    ),
    wasm,
    options,
  );
  expect(tape(twin).map((b) => b.name)).toEqual(["hidden.tape.0"]);
  using counted = await createTrainer(
    sequential([input(30), denseLayer(classes), neurons(lif(), { name: "output" })], { steps }),
    wasm,
    { ...options, loss: crossEntropy("count") },
  );
  expect(tape(counted)).toEqual([{ name: "output.in.v", type: "f32", length: 4 * steps * 8 }]);
});

test("what is kept of the forward pass grows with the chunk and not with the batch", async () => {
  const bytes = async (o: Partial<TrainerOptions>): Promise<number> => {
    using trainer = await createTrainer(spiking("zero", true), wasm, { ...options, ...o });
    return trainer.program.buffers
      .filter((b) => b.role === "tape" || b.role === "work")
      .reduce((sum, b) => sum + b.length * BYTES[b.type], 0);
  };
  const [one, many, larger] = [
    await bytes({ batch: 64 }),
    await bytes({ batch: 512 }),
    await bytes({ batch: 64, chunk: 8 }),
  ];
  expect(many).toBe(one);
  expect(larger).toBeGreaterThan(1.3 * one); // gradients are work too, and do not grow
});

/** Numbers of a buffer that one thread holds: scratch only once, however many rounds there are. */
const held = ({ length, copies = 1, scratch = false }: Buffer): number => (scratch ? length / copies : length);

test("`bytes` is all the memory there is, and the buffers account for it", async () => {
  for (const backend of [wasm, interpret]) {
    using trainer = await createTrainer(spiking("zero"), backend, options);
    const own = trainer.program.buffers.reduce((sum, b) => sum + held(b) * BYTES[b.type], 0);
    const page = backend === wasm ? 65536 : 1;
    expect(trainer.bytes).toBeGreaterThanOrEqual(own);
    expect(trainer.bytes).toBeLessThan(own + 8192 + 96 * trainer.program.buffers.length + page); // tables, alignment, slack, one page
  }
});

test("the program prints its buffers with their roles", async () => {
  using trainer = await createTrainer(spiking("zero"), wasm, options);
  const lines = printProgram(trainer.program)
    .split("\n")
    .map((line) => line.trim().replace(/ +/, " "));
  for (const { name, type, length, role } of trainer.program.buffers)
    expect(lines).toContain(`${name} : ${type}[${length}] ${role}, ${length * BYTES[type]} bytes`);
});

test("a disposed trainer refuses to work", async () => {
  const trainer = await createTrainer(spiking("zero"), wasm, options);
  trainer.dispose();
  expect(() => trainer.parameters()).toThrow(expect.objectContaining({ code: "disposed" }));
});
