import { expect, test } from "vitest";
import { UsageError } from "../../src/base/errors.ts";
import { sizeOf } from "../../src/model/nodes.ts";
import { spikingDesign, twinDesign } from "../../src/tasks/networks.ts";
import { ENCODERS } from "../../src/tasks/options.ts";
import { TASKS, taskOf } from "../../src/tasks/tasks.ts";

const { digits, mnist, "fashion-mnist": fashion } = TASKS;
const tasks = [digits, mnist, fashion];

test.each(tasks)("$name: the twin has the same layers and as many weights", (task) => {
  const [spiking, twin] = [spikingDesign(task, "latency").net, twinDesign(task).net];
  for (const node of ["input", "hidden", "output"]) expect(sizeOf(spiking, node)).toBe(sizeOf(twin, node));
  expect(spiking.connections.map((c) => c.name)).toEqual(twin.connections.map((c) => c.name));
  expect([twin.steps, twin.populations.hidden!.model.spike]).toEqual([1, undefined]);
  expect(spiking.steps).toBeLessThanOrEqual(20);
});

test.each(ENCODERS)("%s: spikes enter as events, current as values that stay", (code) => {
  const { net, encoder } = spikingDesign(TASKS.digits, code);
  const values = code === "current";
  expect(net.inputs.input).toMatchObject({ signal: values ? "values" : "spikes", constant: values });
  expect(encoder).toBe(TASKS.digits.spiking[code].encoder);
  expect(net.populations.hidden!.model.spec.reset).toBe("v -= vTh");
});

test("steps and epochs follow the command line", () => {
  const { net, training } = spikingDesign(TASKS.digits, "rate", { steps: 7, epochs: 3 });
  expect([net.steps, training.epochs, twinDesign(TASKS.digits, { steps: 7, epochs: 3 }).net.steps]).toEqual([7, 3, 1]);
});

test("an unknown task is bad usage, and the message lists those there are", () => {
  expect(() => taskOf("toString")).toThrow(UsageError);
  expect(() => taskOf("cifar")).toThrow("cifar: unknown task; known: digits, mnist, fashion-mnist");
});
