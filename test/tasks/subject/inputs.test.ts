import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeSonataSpikes } from "../../../src/io/sonata/spikes.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { inputCounts, stepInputs, timeInputs } from "../../../src/tasks/subject/given.ts";
import { givenTo, requireLength, silentInputs } from "../../../src/tasks/subject/inputs.ts";

const net = network({
  dt: "0.1 ms",
  inputs: {
    drive: inputNode(3),
    other: inputNode(2),
    level: inputNode(2, { signal: "values" }),
    fixed: inputNode(2, { signal: "values", constant: true }),
  },
  populations: { e: population(2, lif()) },
  connections: [connect("drive", "e"), connect("other", "e"), connect("level", "e"), connect("fixed", "e")],
});
const folder = mkdtempSync(join(tmpdir(), "rheobase-inputs-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string): string => {
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  writeFileSync(path, text);
  return path;
};
const given = (asked: string[], of = {}) => givenTo(net, asked, of);

test("rates, intervals and constant values", async () => {
  const { data, sources } = await given(["drive=15Hz", "other = every 10 ms", "level=0.5"]);
  expect(sources).toEqual({
    drive: { kind: "poisson", rate: 15 },
    other: { kind: "regular", interval: 0.01 },
  });
  expect([...data]).toEqual([["level", { kind: "values", values: Float64Array.of(0.5, 0.5) }]]);
  expect(silentInputs(net, { data, sources })).toEqual(["fixed"]);
});

test("spikes from a file, in any order, and in any order of columns", async () => {
  const path = file("time,population,neuron\n0.002,x,1\n\n0.0003,x,2\r\n0.0003,x,0\n");
  const { data } = await given([`drive=${path}`]);
  expect(data.get("drive")).toEqual({
    kind: "spikes",
    times: Float64Array.of(0.0003, 0.0003, 0.002),
    indices: Uint32Array.of(0, 2, 1),
  });
});

test("spikes from a SONATA file: of the population that is called as the input, or of the only one", async () => {
  const of = (...ids: number[]) => ({
    timestamps: Float64Array.from(ids, (_, k) => 2 - k),
    nodeIds: Uint32Array.from(ids),
  });
  const [both, one] = [join(folder, "both.h5"), join(folder, "one.h5")];
  await writeSonataSpikes(both, { drive: of(2, 1), e: of(0) });
  await writeSonataSpikes(one, { e: of(0) });
  const { data } = await given([`drive=${both}`, `other=${one}`]);
  expect(data.get("drive")).toEqual({
    kind: "spikes",
    times: Float64Array.of(0.001, 0.002),
    indices: Uint32Array.of(1, 2),
  });
  expect(data.get("other")).toMatchObject({ times: Float64Array.of(0.002) });
  await expect(given([`other=${both}`])).rejects.toThrow("must have spikes of 'other', or of one population; it has");
  await expect(given(["drive=nowhere.h5"])).rejects.toThrow("nowhere.h5: there is no such file");
  await expect(given([`level=${one}`])).rejects.toThrow("this input takes values: a number");
});

test("what is asked for replaces what a module gives", async () => {
  const of = {
    inputs: { drive: { steps: [3], indices: [1] }, fixed: { values: [1, 2] } },
    sources: { other: { kind: "poisson", rate: 1 } },
  };
  const plain = await given([], of);
  expect(plain.data.get("drive")).toMatchObject({ times: Float64Array.of(3 * net.dt) });
  const asked = await given(["drive=5Hz", `other=${file("neuron,time\n1,0.5")}`], of);
  expect([...asked.data.keys()]).toEqual(["fixed", "other"]);
  expect(Object.keys(asked.sources)).toEqual(["drive"]);
});

test("pieces of steps and of time hold each spike once, in its nearest step", async () => {
  const times = [0, 0.00014, 0.00016, 0.0003, 0.00099999999, 0.001];
  const all = await given([], { inputs: { drive: { times, indices: times.map((_, k) => k % 3) } } });
  const steps = (from: number, count: number) => {
    const { drive } = stepInputs(net, all, from, count) as unknown as { drive: { steps: Uint32Array } };
    return [...drive.steps].map((s) => from + s);
  };
  expect([...steps(0, 3), ...steps(3, 1), ...steps(4, 6), ...steps(10, 10)]).toEqual([0, 1, 2, 3, 10, 10]);
  const within = (from: number, to: number) =>
    (timeInputs(all, from, to) as unknown as { drive: { times: Float64Array } }).drive.times;
  expect([...within(0, 0.0003), ...within(0.0003, 0.001), ...within(0.001, 1)]).toEqual(times);
});

test("halfway between two steps is the later one, also where the quotient is a rounding below", async () => {
  const times = [0.00005, 0.00015, 0.00035];
  expect(times.map((t) => t / net.dt)).not.toEqual([0.5, 1.5, 3.5]);
  const all = await given([], { inputs: { drive: { times, indices: [0, 1, 2] } } });
  const { drive } = stepInputs(net, all, 0, 10) as unknown as { drive: { steps: Uint32Array } };
  expect([...drive.steps]).toEqual([1, 2, 4]);
  expect([...inputCounts(net, all, { seed: 0, steps: 2 }).get("drive")!]).toEqual([1, 0, 0]);
});

test("values of steps are cut, one row is for all steps, and too few are refused", async () => {
  const rows = await given([], { inputs: { level: { values: [1, 2, 3, 4, 5, 6] }, fixed: { values: [7, 8] } } });
  requireLength(net, rows, 3);
  expect(stepInputs(net, rows, 1, 2)).toEqual({
    level: { values: Float64Array.of(3, 4, 5, 6) },
    fixed: { values: [7, 8] },
  });
  expect(() => requireLength(net, rows, 4)).toThrow("inputs.level: has values of 3 steps, and the run has 4 steps");
  const one = await given(["level=0.5"]);
  requireLength(net, one, 1000);
  expect(stepInputs(net, one, 5, 2)).toEqual({ level: { values: Float64Array.of(0.5, 0.5, 0.5, 0.5) } });
});

test.each<[string, string]>([
  ["x=1Hz", "the network has no input 'x'; known: drive, fixed, level, other"],
  ["drive", "--input drive: expected NAME=15Hz"],
  ["drive=", "expected NAME=15Hz"],
  ["drive=0.5", "this input takes spikes: a rate such as 15Hz"],
  ["level=every 10ms", "this input takes values: a number"],
  ["drive=every 10mV", "expected a quantity in s"],
  ["drive=fast", "'fast' is not a unit"],
  ["drive=nowhere.csv", "nowhere.csv: there is no such file"],
])("%s is refused: %s", async (text, problem) => {
  await expect(given([text])).rejects.toThrow(problem);
});

test.each<[string, string]>([
  ["a,b\n1,2", "needs columns 'neuron' and 'time', got 'a,b'"],
  ["neuron,time\n1,x", ":2: must hold numbers, got '1,x'"],
  ["neuron,time\n1,", ":2: must hold numbers"],
  ["neuron,time\n3,0.1", "a neuron must be from 0 to 2, got 3"],
  ["population,neuron,time\ne,1,0.1\ni,1,0.1", "must have spikes of one population, has those of e, i"],
  ["neuron,time\n0,-1", "a time must be at least 0 s, got -1"],
])("a file %j is refused: %s", async (text, problem) => {
  await expect(given([`drive=${file(text)}`])).rejects.toThrow(problem);
});

test.each<[object, string]>([
  [{ inputs: [] }, "inputs: must be an object"],
  [{ inputs: { x: {} } }, "inputs.x: no such input"],
  [{ inputs: { drive: { values: [1] } } }, "inputs.drive: takes spikes"],
  [{ inputs: { level: { steps: [1], indices: [0] } } }, "inputs.level: takes values"],
  [{ inputs: { level: { values: [1, 2, 3] } } }, "inputs.level: needs rows of 2 values, got 3 values"],
  [{ inputs: { drive: { times: [1], indices: [] } } }, "inputs.drive: 0 indices with 1 times"],
])("a module's %j is refused: %s", async (of, problem) => {
  await expect(given([], of)).rejects.toThrow(problem);
});
