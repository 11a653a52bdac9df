import { describe, expect, test } from "vitest";
import { nMnistSmall, nMnistSmallDataset } from "../../../src/data/sets/nMnistSmall.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const text = (path: string, lines: string) => ({ path, bytes: new TextEncoder().encode(lines) });
/** One event: x 3, y 7, ON, at 65,538 µs. */
const EVENT = { path: "set/7.bs2", bytes: Uint8Array.of(3, 7, 0x81, 0, 2) };

describe("n-mnist, the small split", () => {
  test("is as large as its description says", async ({ skip }) => {
    skip(!hasData("nmnist-small"), NEEDS);
    const { train, test: unknown, sensor } = await nMnistSmall({ directory: dataFolder });
    expect([train.recordings.length, unknown.recordings.length, sensor]).toEqual([
      1000,
      100,
      { width: 34, height: 34 },
    ]);
    const counts = [...train.recordings, ...unknown.recordings].map((r) => r.count);
    expect(counts.reduce((a, b) => a + b)).toBe(4_518_827);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([1069, 7152]);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]); // as MNIST begins
    expect([...unknown.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });
  test("reads recordings as the lists name them", async () => {
    const list = "#sample\t#class\n7\t5\n";
    const { train, test: unknown } = await nMnistSmallDataset([
      text("set/train1K.txt", list),
      text("test100.txt", list),
      EVENT,
    ]);
    expect([...train.labels, ...unknown.labels]).toEqual([5, 5]);
    const [{ t, x, y, polarity }] = train.recordings as [(typeof train.recordings)[number]];
    expect([t[0], x[0], y[0], polarity[0]]).toEqual([65_538, 3, 7, 1]);
  });
  test("says what lacks, or where a list is wrong", async () => {
    const list = text("train1K.txt", "#sample\t#class\n8\t5\n");
    await expect(nMnistSmallDataset([list])).rejects.toThrow(/nmnist-small.*8\.bs2/);
    await expect(nMnistSmallDataset([EVENT])).rejects.toThrow(/train1K\.txt/);
    const broken = text("train1K.txt", "#sample\t#class\n7\tfive\n");
    await expect(nMnistSmallDataset([broken])).rejects.toThrow(/train1K\.txt.*line 2.*7\tfive/);
    await expect(nMnistSmallDataset([text("train1K.txt", "#sample\n")])).rejects.toThrow(/no recording/);
  });
});
