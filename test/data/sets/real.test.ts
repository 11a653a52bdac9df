/** The real sets, against the figures of their descriptions. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bccd } from "../../../src/data/sets/bccd.ts";
import { eegEyeState } from "../../../src/data/sets/eegEyeState.ts";
import { emgMyo } from "../../../src/data/sets/emgMyo.ts";
import { fsdd } from "../../../src/data/sets/fsdd.ts";
import { nab } from "../../../src/data/sets/nab.ts";
import { nMnist } from "../../../src/data/sets/nMnist.ts";
import { occupancy } from "../../../src/data/sets/occupancy.ts";
import { smsSpam } from "../../../src/data/sets/smsSpam.ts";
import { photographs } from "../../../src/data/sets/voc.ts";
import { wallFollowing } from "../../../src/data/sets/wallFollowing.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const env = { RHEOBASE_DATA: dataFolder };
const share = (labels: Uint8Array, label = 1): number => labels.filter((l) => l === label).length / labels.length;
const counts = (labels: Uint8Array): number[] => {
  const found: number[] = [];
  for (const label of labels) found[label] = (found[label] ?? 0) + 1;
  return found;
};
const real = (folder: string, what: string, check: () => Promise<void>): void =>
  test(`${folder}: ${what}`, async ({ skip }) => {
    skip(!hasData(folder), NEEDS);
    await check();
  });

describe("published figures", () => {
  real("fsdd", "2,700 to train and 300 to test, six speakers, each digit equally often", async () => {
    const { train, test: held, speakers, rate } = await fsdd({ env });
    expect([train.length, held.length, rate]).toEqual([2700, 300, 8000]);
    expect(speakers).toEqual(["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]);
    expect(counts(Uint8Array.from(held, ({ label }) => label))).toEqual(new Array(10).fill(30));
    expect([...new Set(held.map(({ index }) => index))].sort()).toEqual([0, 1, 2, 3, 4]);
    const samples = [...train, ...held].reduce((sum, digit) => sum + digit.samples.length, 0);
    expect(samples).toBe(10_498_424); // Python's wave module
  });
  real("nab", "58 series, 365,558 records, 120 anomalies, 116 windows, 6 series without", async () => {
    const { series } = await nab({ env });
    const sum = (of: (s: (typeof series)[number]) => number): number => series.reduce((total, s) => total + of(s), 0);
    expect([
      series.length,
      sum(({ values }) => values.length),
      sum(({ anomalies }) => anomalies.length),
      sum(({ windows }) => windows.length),
      sum(({ windows }) => Number(windows.length === 0)),
    ]).toEqual([58, 365_558, 120, 116, 6]);
    expect(Math.max(...series.map(({ probation }) => probation))).toBe(750);
    const outside: string[] = [];
    for (const { name, times, labels, windows, anomalies } of series) {
      for (const moment of anomalies) {
        expect(times.includes(moment), `${name}: a record at each anomaly`).toBe(true);
        if (!windows.some(([from, to]) => moment >= from && moment <= to)) outside.push(name);
      }
      expect(labels.includes(1)).toBe(windows.length > 0);
    }
    // One anomaly of the files lies in no window, as a loop in another language finds too.
    expect(outside).toEqual(["realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn.csv"]);
  });
  real("emg-myo", "96 recordings, 1,153,993 samples, about 5,950 of the gesture in each but rest", async () => {
    const { recordings } = await emgMyo({ env });
    expect([recordings.length, recordings.reduce((sum, { steps }) => sum + steps, 0)]).toEqual([96, 1_153_993]);
    expect([...new Set(recordings.map(({ participant, session }) => `${participant}-${session}`))].length).toBe(12);
    expect([Math.min(...recordings.map((r) => r.steps)), Math.max(...recordings.map((r) => r.steps))]).toEqual([
      11_480, 12_474,
    ]);
    for (const { labels, gesture } of recordings) {
      const found = counts(labels)[gesture]!;
      if (gesture) expect(Math.abs(found - 5950)).toBeLessThan(600);
      else expect(found).toBe(labels.length);
    }
  });
  real("occupancy", "records and shares occupied; one threshold of light", async () => {
    const {
      train,
      test: [test1, test2],
    } = await occupancy({ env });
    const rounded = (x: number): number => Number(x.toFixed(3));
    expect([train, test1, test2].map(({ steps, labels }) => [steps, rounded(share(labels))])).toEqual([
      [8143, 0.212],
      [2665, 0.365],
      [9752, 0.21],
    ]);
    const right = [test1, test2].map(({ values, labels, channels }) => {
      const light = channels.indexOf("Light");
      return labels.filter((label, k) => Number(values[5 * k + light]! > 365) === label).length / labels.length;
    });
    expect(right.map((x) => (100 * x).toFixed(1))).toEqual(["97.9", "99.3"]);
    expect(new Date(train.times![0]!).toISOString()).toBe("2015-02-04T17:51:00.000Z");
    expect(new Date(train.times!.at(-1)!).toISOString()).toBe("2015-02-10T09:33:00.000Z");
  });
  real("eeg-eye-state", "14,980 samples, 8,257 open; four far off, up to 715,897", async () => {
    const { recording } = await eegEyeState({ env });
    expect([recording.steps, counts(recording.labels), recording.classes]).toEqual([
      14_980,
      [8257, 6723],
      ["open", "closed"],
    ]);
    const rows = new Set<number>();
    recording.values.forEach((x, k) => (x < 3000 || x > 6000) && rows.add(Math.floor(k / 14)));
    expect([rows.size, Math.max(...recording.values)]).toEqual([4, 715_897]);
  });
  real("robot-wall-following", "5,456 records, and how many of each class; ranges from 0.34 to 5.087 m", async () => {
    const { recording } = await wallFollowing({ env });
    expect([recording.steps, counts(recording.labels)]).toEqual([5456, [2205, 826, 2097, 328]]);
    expect([Math.fround(0.34), Math.fround(5.087)]).toEqual([
      recording.values.filter((x) => x > 0).reduce((a, b) => Math.min(a, b)),
      recording.values.reduce((a, b) => Math.max(a, b)),
    ]);
  });
  real("sms-spam", "4,827 ham and 747 spam, 5,171 of them distinct", async () => {
    const { messages, labels, distinct } = await smsSpam({ env });
    expect([messages.length, counts(labels), distinct.length]).toEqual([5574, [4827, 747], 5171]);
  });
  real("bccd", "205, 87 and 72 images; 4,888 boxes, two of them of no area", async () => {
    const { train, validation, test: held, leftOut } = await bccd({ env });
    expect([train.length, validation.length, held.length]).toEqual([205, 87, 72]);
    const boxes = [...train, ...validation, ...held].flatMap((image) => image.boxes);
    expect(boxes.length + leftOut.length).toBe(4888);
    expect(leftOut.map((name) => name.slice(0, 16)).sort()).toEqual(["BloodImage_00338", "BloodImage_00343"]);
    const { width, height, channels } = await held[0]!.image();
    expect([width, height, channels]).toEqual([640, 480, 3]);
  });
});

/** Real recordings and annotations in the layout of sets that are not here as a whole. */
describe("real files", () => {
  real(
    "nmnist-small",
    "in the folders of n-mnist: 1,100 recordings, 4,518,827 events, each with its label",
    async () => {
      const root = mkdtempSync(join(tmpdir(), "rheobase-"));
      try {
        const labels = {
          Train: placed(root, "Train", "train1K.txt", 0),
          Test: placed(root, "Test", "test100.txt", 60_000),
        };
        const { train, test: held } = await nMnist({ directory: root });
        expect([[...train.labels], [...held.labels]]).toEqual([labels.Train, labels.Test]);
        let [events, latest, earliest] = [0, 0, Infinity];
        for (const store of [train, held])
          for (const { count, t } of await store.read(upTo(store.count))) {
            events += count;
            [latest, earliest] = [Math.max(latest, t[count - 1]!), Math.min(earliest, t[count - 1]!)];
          }
        expect([events, earliest, latest]).toEqual([4_518_827, 296_841, 336_040]);
      } finally {
        rmSync(root, { recursive: true });
      }
    },
  );
  real("bccd", "read as VOC is: 4,888 boxes, and the images of a few", async () => {
    const folder = `${dataFolder}/bccd/BCCD/`;
    const stores = await photographs(folder, ["train", "val", "test"], ["RBC", "WBC", "Platelets"]);
    expect(stores.map(({ count }) => count)).toEqual([205, 87, 72]);
    const all = await Promise.all(stores.map(({ read, count }) => read(upTo(count))));
    const objects = all.flat().flatMap((photograph) => photograph.objects);
    expect([0, 1, 2].map((label) => objects.filter((object) => object.label === label).length)).toEqual([
      4155, 372, 361,
    ]);
    expect(await all[2]![71]!.image()).toMatchObject({ width: 640, height: 480 });
  });
});

const upTo = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, k) => k);

/** Links to recordings of the small set, named as N-MNIST names them. @returns their labels */
function placed(root: string, part: string, list: string, before: number): number[] {
  const from = `${dataFolder}/nmnist-small`;
  const rows = readFileSync(`${from}/${list}`, "utf8").trim().split("\n").slice(1);
  return rows.map((row) => {
    const [number, label] = row.trim().split(/\s+/).map(Number) as [number, number];
    const folder = join(root, part, String(label));
    mkdirSync(folder, { recursive: true });
    symlinkSync(`${from}/${number}.bs2`, join(folder, `${String(number - before).padStart(5, "0")}.bin`));
    return label;
  });
}
