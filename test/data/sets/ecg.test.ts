import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, describe, expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { randomStream, streamOf } from "../../../src/base/random.ts";
import { readMatlab } from "../../../src/data/format/matlab.ts";
import { places } from "../../../src/data/locate.ts";
import type { Sequences } from "../../../src/data/sequences.ts";
import { ecg, ecgDataset } from "../../../src/data/sets/ecg.ts";
import { CLASS, compressed, matFile, matrix, type Variable } from "../format/matlabBytes.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const FOLDER = `${dataFolder}/ecg-qtdb`;
const present = hasData("ecg-qtdb");
const real = (part: "train" | "test") => {
  const path = `${FOLDER}/QTDB_${part}.mat`;
  return { path, bytes: new Uint8Array(readFileSync(path)) };
};
const COUNTS = { train: 618, test: 141 } as const;
const STEPS = 1301;

/** Of the description that comes with the files. Shares are of all steps, and sum to less than 1: some have no class. */
const STATED = {
  density: [0.082, 0.068, 0.087, 0.073],
  train: [0.125, 0.062, 0.058, 0.045, 0.302, 0.327],
  test: [0.132, 0.055, 0.054, 0.049, 0.305, 0.301],
};
/** Half of the last decimal, and as much for figures that were cut or rounded twice. */
const WITHIN = 0.001;

/** Part of the steps in which each channel spikes. */
function densities({ list, count, steps, inputs }: Sequences): number[] {
  const spikes = new Array(inputs).fill(0);
  for (const channel of list) spikes[channel]++;
  return spikes.map((n) => n / (count * steps));
}
const shares = (sequences: Sequences, which?: "annotated"): number[] =>
  sequences.classCounts(which).map((n) => n / (sequences.count * sequences.steps));
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
function expectStated(found: readonly number[], stated: readonly number[]): void {
  expect(found.length).toBe(stated.length);
  found.forEach((value, k) => expect(Math.abs(value - stated[k]!), `entry ${k}: ${value}`).toBeLessThan(WITHIN));
}

describe("the real files", () => {
  test("counts, spike densities and class shares are those that the set's description states", async ({ skip }) => {
    skip(!present, NEEDS);
    const { train, test, classes, inputs, steps, dt } = await ecg({ env: { RHEOBASE_DATA: dataFolder } });
    expect([classes, inputs, steps, dt]).toEqual([["P", "PQ", "QR", "RS", "ST", "TP"], 4, STEPS, 0.004]);
    expect([train.count, test.count]).toEqual([COUNTS.train, COUNTS.test]);
    for (const { lengths } of [train, test]) expect(lengths.every((length) => length === STEPS)).toBe(true);
    expectStated(densities(train), STATED.density);
    expectStated(shares(train, "annotated"), STATED.train);
    expectStated(shares(test, "annotated"), STATED.test);
  });
  test("steps without a class are what the stated shares leave over, and are labelled P", async ({ skip }) => {
    skip(!present, NEEDS);
    const set = await ecg({ directory: FOLDER });
    for (const part of ["train", "test"] as const) {
      const { labels, annotated } = set[part];
      const without = labels.filter((_, row) => annotated[row] === 0);
      expect(Math.abs(without.length / labels.length - (1 - sum(STATED[part])))).toBeLessThan(6 * WITHIN);
      expect(without.every((label) => label === 0)).toBe(true);
      expect(shares(set[part])[0]).toBeCloseTo(shares(set[part], "annotated")[0]! + without.length / labels.length, 12);
    }
    // counted by another program (Python's zlib and a loop over the bytes)
    expect([sum(set.train.annotated), sum(set.test.annotated)]).toEqual([738_233, 164_385]);
  });
  test("waves follow one another in their order", async ({ skip }) => {
    skip(!present, NEEDS);
    const { train, test } = await ecg({ directory: FOLDER });
    for (const { labels, annotated, steps } of [train, test]) {
      const next = (row: number): boolean =>
        labels[row] === (labels[row - 1]! + 1) % 6 || labels[row] === labels[row - 1];
      const faults = labels.filter((_, row) => row % steps && annotated[row] && annotated[row - 1] && !next(row));
      expect(faults.length).toBe(0);
    }
  });
  test("always naming the largest training class is right in 30.1 % of the test steps", async ({ skip }) => {
    skip(!present, NEEDS);
    const { train, test, classes } = await ecg({ directory: FOLDER });
    const counts = train.classCounts();
    const largest = counts.indexOf(Math.max(...counts));
    expect(classes[largest]).toBe("TP");
    const right = sum(test.labels.map((label) => Number(label === largest)));
    expect((100 * right) / test.labels.length).toBeCloseTo(30.1, 1);
  });
  for (const part of ["train", "test"] as const)
    test(`${part}: the spikes are the ones of x, one step at a time; -1 is once a sequence, in channel 0`, async ({
      skip,
    }) => {
      skip(!present, NEEDS);
      const [count, sequences] = [COUNTS[part], (await ecg({ directory: FOLDER }))[part]];
      const arrays = await readMatlab(real(part));
      expect([...arrays].map(([name, { shape }]) => [name, shape])).toEqual([
        ["x", [count, STEPS, 4]],
        ["y", [count, STEPS, 6]],
        ["t", [count, STEPS]],
        ["max_i", [count, 1]],
      ]);
      const [x, t] = [arrays.get("x")!.data, arrays.get("t")!.data];
      let wrong = 0;
      const artefacts = new Array(count).fill(0);
      for (let s = 0; s < count; s++)
        for (let step = 0; step < STEPS; step++) {
          const row = s * STEPS + step;
          if (t[s + count * step] !== step) wrong++;
          const spikes = sequences.list.subarray(sequences.ends[row], sequences.ends[row + 1]);
          for (let c = 0; c < 4; c++) {
            const value = x[s + count * (step + STEPS * c)]!; // column-major
            if (spikes.includes(c) !== (value === 1)) wrong++;
            if (value === -1) c === 0 ? artefacts[s]++ : wrong++;
          }
        }
      expect(wrong).toBe(0);
      expect(artefacts).toEqual(new Array(count).fill(1));
    });
  test("a thousand damaged copies: refused, or read without a difference", async ({ skip }) => {
    skip(!present, NEEDS);
    const { path, bytes } = real("test");
    const names = ["y", "max_i"];
    const values = async (damaged: Uint8Array): Promise<Buffer> => {
      const arrays = await readMatlab({ path, bytes: damaged }, { names });
      return Buffer.concat([...arrays.values()].map(({ data }) => new Uint8Array(data.buffer)));
    };
    const right = await values(bytes);
    const random = randomStream(1, streamOf("test.damage"));
    const outcomes = { refused: 0, read: 0 };
    for (let k = 0; k < 1000; k++) {
      const damaged = k % 2 ? bytes.subarray(0, random.below(bytes.length)) : bytes.slice();
      // Every fourth of them in the first 200 bytes, where the header and the first tags are.
      if (k % 2 === 0) damaged[random.below(k % 4 ? 200 : bytes.length)]! ^= 1 << random.below(8);
      try {
        expect((await values(damaged)).equals(right)).toBe(true);
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        expect(error.path.startsWith(path)).toBe(true);
        outcomes.refused++;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(500); // every truncation, at the least
    expect(outcomes.read).toBeGreaterThan(0); // the text of the header may be anything
  });
});

describe("small files in that form", () => {
  // Two sequences of three steps; x and y are given as [sequence][step] and written column-major.
  const X = [
    [
      [1, 0, 0, 1],
      [0, 0, 0, 0],
      [-1, 1, 0, 0],
    ],
    [
      [0, 0, 1, 0],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ],
  ];
  const Y = [
    [0, 1, 2],
    [5, 5, 0],
  ];
  const hot = (label: number): number[] => [0, 1, 2, 3, 4, 5].map((c) => Number(c === label));
  const columns = (rows: number[][][]): number[] =>
    rows[0]![0]!.flatMap((_, c) => rows[0]!.flatMap((_, t) => rows.map((row) => row[t]![c]!)));
  const variables = (x = X, y = Y.map((row) => row.map(hot)), valid = [3, 3]): Variable[] => [
    { name: "x", kind: CLASS.double, stored: "int16", shape: [2, 3, 4], values: columns(x) },
    { name: "y", kind: CLASS.double, stored: "uint8", shape: [2, 3, 6], values: columns(y) },
    { name: "max_i", kind: CLASS.double, stored: "uint16", shape: [2, 1], values: valid },
  ];
  const file = (path: string, all: readonly Variable[]) => ({
    path,
    bytes: matFile(...all.map((v) => compressed(matrix(v)))),
  });
  const read = (all: readonly Variable[]) => ecgDataset(file("train", variables()), file("test", all));

  test("spikes by sequence and step; labels; -1 is no spike", async () => {
    const { test: set } = await read(variables());
    expect([[...set.list], [...set.ends], [...set.labels], [...set.lengths]]).toEqual([
      [0, 3, 1, 2, 0, 1, 2, 3],
      [0, 2, 2, 3, 4, 8, 8],
      [0, 1, 2, 5, 5, 0],
      [3, 3],
    ]);
  });
  test("shorter sequences keep their length", async () => {
    const { test: set } = await read(variables(X, undefined, [3, 2]));
    expect([[...set.lengths], [...set.labels]]).toEqual([
      [3, 2],
      [0, 1, 2, 5, 5, 0],
    ]);
  });
  test("a step without a class is P, and not annotated", async () => {
    const { test: set } = await read(relabelled([0, 0, 0, 0, 0, 0]));
    expect([[...set.labels], [...set.annotated]]).toEqual([
      [0, 1, 2, 5, 0, 0],
      [1, 1, 1, 1, 0, 1],
    ]);
  });
  const with_ = (at: number, change: Partial<Variable>): Variable[] =>
    variables().map((v, k) => (k === at ? { ...v, ...change } : v));
  const rows = Y.map((row) => row.map(hot));
  const relabelled = (label: number[]) => variables(X, [rows[0]!, [rows[1]![0]!, label, rows[1]![2]!]]);
  test.each<[string, Variable[], string]>([
    [
      "a value that is no spike",
      variables([X[0]!, [X[1]![0]!, [0, 2, 0, 0], X[1]![2]!]]),
      "test.x[1][1][1]: must be 1 (a spike), 0 or -1 (none), got 2",
    ],
    ["a step with two classes", relabelled([0, 1, 0, 1, 0, 0]), "test.y[1][1][3]: must be 0, or 1 once a step, got 1"],
    ["a label that is not 1", relabelled([0, 2, 0, 0, 0, 0]), "test.y[1][1][1]: must be 0, or 1 once a step, got 2"],
    ["another number of channels", with_(0, { shape: [2, 4, 3] }), "test.x: expected 2 x 4 x 4, found 2 x 4 x 3"],
    ["another number of labels", with_(1, { shape: [1, 6, 6] }), "test.y: expected 2 x 3 x 6, found 1 x 6 x 6"],
    ["another number of lengths", with_(2, { shape: [1, 2] }), "test.max_i: expected 2 x 1, found 1 x 2"],
    ["a length of no step", with_(2, { values: [3, 0] }), "test.max_i[1]: must be an integer from 1 to 3, got 0"],
    [
      "a length that is no integer",
      with_(2, { stored: "double", values: [1.5, 3] }),
      "test.max_i[0]: must be an integer from 1 to 3, got 1.5",
    ],
    [
      "a spike past the end",
      with_(2, { values: [2, 3] }),
      "test.ends[3]: must be 2, as this step is past the end of its sequence, got 3",
    ],
    ["no labels", variables().slice(0, 1), "test.y: no such variable; known: x"],
  ])("%s is refused where it is", async (_, all, message) => {
    await expect(read(all)).rejects.toBeInstanceOf(DataError);
    await expect(read(all)).rejects.toThrow(message);
  });
});

describe("where the files are looked for", () => {
  const empty = mkdtempSync(`${tmpdir()}/rheobase-`);
  afterAll(() => rmSync(empty, { recursive: true }));
  test("under either name of the folder, in the folder itself, and in the cache", () => {
    const env = { RHEOBASE_DATA: "/data", HOME: "/home/me" };
    const names = ["ecg-qtdb", "ecg"];
    expect(places(names, { directory: "/d", env })).toEqual(["/d/ecg-qtdb", "/d/ecg", "/d"]);
    expect(places(names, { env })).toEqual([
      ...["/data/ecg-qtdb", "/data/ecg", "/data"],
      ...["/home/me/.cache/rheobase/ecg-qtdb", "/home/me/.cache/rheobase/ecg"],
    ]);
  });
  test("absent files are an error that lists files and places", async () => {
    const refusal = ecg({ directory: empty });
    await expect(refusal).rejects.toMatchObject({ code: "missing-file", path: "ecg" });
    await expect(refusal).rejects.toThrow(/QTDB_train\.mat, QTDB_test\.mat .*searched .*\/ecg-qtdb, .*\/ecg, /);
  });
  test("a damaged file is named", async () => {
    mkdirSync(`${empty}/ecg`);
    for (const part of ["train", "test"]) writeFileSync(`${empty}/ecg/QTDB_${part}.mat`, "?");
    await expect(ecg({ directory: empty })).rejects.toThrow(`${empty}/ecg/QTDB_train.mat: at byte 0: truncated`);
  });
});
