/** `--memory`: the trainings of tasks within a budget, and how it is written and read. */
import { describe, expect, test } from "vitest";
import { bytesIn } from "../../src/cli/options.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { recurrentDesign, spikingDesign, twinDesign } from "../../src/tasks/networks.ts";
import { commandOf } from "../../src/tasks/provenance.ts";
import type { ImageTask, SequenceTask } from "../../src/tasks/task.ts";
import { TASKS } from "../../src/tasks/tasks.ts";

const digits = TASKS.digits as ImageTask;
const ecg = TASKS.ecg as SequenceTask;

test("a task keeps its training where the budget is large", () => {
  const usual = spikingDesign(digits, "latency").training;
  const { algorithm, memory, chunk, ...rest } = spikingDesign(digits, "latency", { memory: 2e9 }).training;
  expect({ ...rest, ...(chunk && { chunk }) }).toEqual(usual);
  expect(algorithm).toEqual(bptt(usual.surrogate));
  expect(memory!.bytes).toBeLessThanOrEqual(memory!.budget);
  expect(memory!.reason).toMatch(/^Trained by BPTT: at most .* of 2\.00 GB; the exact gradient/);
  expect(twinDesign(digits, { memory: 2e9 }).training.algorithm).toEqual(bptt(digits.twin.surrogate));
});
test("long sequences are trained with checkpoints in less memory", () => {
  const most = recurrentDesign(ecg.spiking, { memory: 4e9 }).training.memory!.bytes;
  const { algorithm, memory } = recurrentDesign(ecg.spiking, { memory: Math.floor(0.8 * most) }).training;
  expect(algorithm!.kind).toBe("bptt");
  expect(memory!.bytes).toBeLessThanOrEqual(0.8 * most);
});
test("no algorithm fits: all are named, with what they need", () => {
  expect(() => spikingDesign(digits, "latency", { memory: 1e6 })).toThrow(
    /no algorithm trains digits-spiking within 1\.00 MB: BPTT needs .* MB; .*OTTT needs .* MB\. A smaller batch needs less/,
  );
});

describe("sizes", () => {
  test.each([
    ["2GB", 2e9],
    ["1.5 GiB", 1.5 * 2 ** 30],
    ["500mb", 5e8],
    ["64KiB", 65536],
    ["123B", 123],
  ])("%s", (text, bytes) => expect(bytesIn(text)).toBe(bytes));
  test.each(["2", "GB", "2XB", "-1GB", "0MB", "1e3MB", "99999999999GB"])("%s is none", (text) =>
    expect(() => bytesIn(text)).toThrow(/number and a unit \(B, kB, MB, GB, KiB, MiB, GiB\), such as 2GB/),
  );
});
test("the command that makes a result again has the budget to the byte", () => {
  const command = commandOf("train", { task: "digits", seed: 1, threads: 2, memory: 1.5e9 }, []);
  expect(command).toBe("rheobase train digits --memory 1500000000B --seed 1 --threads 2");
  expect(bytesIn("1500000000B")).toBe(1.5e9);
});
