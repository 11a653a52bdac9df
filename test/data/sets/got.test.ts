/** Sets as `rheobase data get` leaves them: small archives of the published layout, fetched and unpacked by the store, then read. */
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as api from "../../../src/data/index.ts";
import { findSet } from "../../../src/data/store/find.ts";
import { getSet } from "../../../src/data/store/get.ts";
import { SOURCES, sourceOf } from "../../../src/data/store/registry.ts";
import type { Source } from "../../../src/data/store/source.ts";
import { type Served, sendFile, serve } from "../store/server.ts";
import { ARCHIVES, digitEvents, EMG_HEADER, emgRows, npyTable, trialEvents, vocXml } from "./layouts.ts";

let root: string;
let server: Served;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "rheobase-"));
  server = await serve((request, response) => {
    const [, set, file] = request.url!.split("/");
    sendFile(request, response, ARCHIVES[set!]![file!]!());
  });
  for (const name of Object.keys(ARCHIVES)) await get(name);
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const here = () => ({ env: { RHEOBASE_DATA: root } });
/** The row of the table, with archives of our own in place of the published ones. */
function rowOf(name: string): Source {
  const row = sourceOf(name);
  const files = row.files.map(({ name: file, unpack, strip }) => ({
    name: file,
    urls: [`${server.url}/${name}/${file}`],
    ...(unpack && { unpack }),
    ...(strip && { strip }),
  }));
  return { ...row, files };
}
async function get(name: string): Promise<void> {
  const row = rowOf(name);
  if (row.byHand)
    for (const { name: file } of row.files) {
      mkdirSync(join(root, name), { recursive: true });
      writeFileSync(join(root, name, file), ARCHIVES[name]![file]!());
    }
  await getSet(row, { ...here(), retry: { times: 1, first: 1, longest: 1 } });
}
/** A copy of a set, to be damaged: options that find it there. */
function copyOf(name: string): { directory: string } {
  const directory = mkdtempSync(join(root, "copy-"));
  cpSync(join(root, name), directory, { recursive: true });
  return { directory };
}
function put({ directory }: { directory: string }, name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), content);
}
const drop = ({ directory }: { directory: string }, name: string): void =>
  rmSync(join(directory, name), { recursive: true });
const columns = (events: readonly { t: number; x: number; y: number; p: number }[]) => [
  events.map(({ t }) => t),
  events.map(({ x }) => x),
  events.map(({ y }) => y),
  events.map(({ p }) => p),
];
const asColumns = ({ t, x, y, polarity }: api.EventRecording) => [[...t], [...x], [...y], [...polarity]];

test("every set of the table that is unpacked has its layout here", () => {
  const unpacked = SOURCES.filter(({ files }) => files.some(({ unpack }) => unpack));
  expect(unpacked.map(({ name }) => name).sort()).toEqual(Object.keys(ARCHIVES).sort());
});

describe("the function that the table names reads what `get` left", () => {
  test.each(Object.keys(ARCHIVES))("%s", async (name) => {
    const read = new Map(Object.entries(api)).get(/^\w+/.exec(sourceOf(name).call)![0]) as typeof api.nMnist;
    const set = await read(here());
    const { licence, citation } = sourceOf(name);
    expect(set).toMatchObject(name === "fsdd" ? { name, licence } : { name, licence, source: citation });
    (set as { close?: () => void }).close?.();
  });
});

describe("what others unpacked is known by the paths of the table", () => {
  test.each(Object.keys(ARCHIVES))("%s", async (name) => {
    const { directory } = copyOf(name);
    drop({ directory }, "rheobase.json");
    const options = { directory: mkdtempSync(join(root, "others-")) };
    expect((await findSet(sourceOf(name), options)).presence).toBe("absent");
    const [first] = sourceOf(name).unpacked!;
    renameSync(directory, join(options.directory, name));
    expect(await findSet(sourceOf(name), options)).toMatchObject({ presence: "whole", manifest: undefined });
    rmSync(join(options.directory, name, first!), { recursive: true });
    expect((await findSet(sourceOf(name), options)).presence).toBe("absent");
  });
});

describe("n-mnist", () => {
  test("in the order of MNIST, with labels before anything is read", async () => {
    const { train, test: held, classes, sensor } = await api.nMnist(here());
    expect([train.count, [...train.labels], train.names]).toEqual([
      3,
      [5, 0, 9],
      ["Train/5/00001.bin", "Train/0/00002.bin", "Train/9/00010.bin"],
    ]);
    expect([held.count, [...held.labels], classes.length, sensor]).toEqual([1, [7], 10, { width: 34, height: 34 }]);
    const [nine, five] = await train.read([2, 0]);
    expect(asColumns(nine!)).toEqual(columns(digitEvents(9, 2)));
    expect(asColumns(five!)).toEqual(columns(digitEvents(5, 4)));
  });
  test("an index that is not there, a file that was cut short, a part that lacks", async () => {
    const copy = copyOf("n-mnist");
    const { train } = await api.nMnist(copy);
    await expect(train.read([0, 3])).rejects.toThrow("indices[1]: must be an integer from 0 to 2, got 3");
    truncateSync(join(copy.directory, "Train/0/00002.bin"), 7);
    await expect(train.read([1])).rejects.toThrow(/Train\/0\/00002.bin: .*event 1/);
    drop(copy, "Train/0/00002.bin");
    await expect(train.read([1])).rejects.toMatchObject({ code: "missing-file" });
    drop(copy, "Test");
    await expect(api.nMnist(copy)).rejects.toThrow(/^n-mnist: needs the recordings Test\/.*rheobase data get n-mnist/);
  });
});

describe("dvs128-gesture", () => {
  const between = (y: number, from: number, to: number) =>
    columns(trialEvents(300, y).filter(({ t }) => t >= from && t < to));
  test("an example is a gesture, in the order of the lists and tables; any are read in one pass", async () => {
    const { train, test: held } = await api.dvsGesture(here());
    expect([[...train.labels], [...held.labels]]).toEqual([[0, 10, 7, 7], [9]]);
    expect(train.names).toEqual([
      ...["user02_lab, gesture 1", "user02_lab, gesture 2"],
      ...["user01_led, gesture 1", "user01_led, gesture 2"],
    ]);
    const read = await train.read([3, 0, 1, 3]); // two of one recording overlap
    expect(read.map(asColumns)).toEqual([
      between(1, 250_000, 300_000),
      between(2, 0, 100_000),
      between(2, 90_000, 95_500),
      between(1, 250_000, 300_000),
    ]);
    expect(read[2]!.count).toBe(6);
  });
  test("a recording, a table or a list that lacks; a table that is none", async () => {
    for (const lost of ["user01_led.aedat", "user01_led_labels.csv", "trials_to_test.txt"]) {
      const copy = copyOf("dvs128-gesture");
      drop(copy, `DvsGesture/${lost}`);
      await expect(api.dvsGesture(copy)).rejects.toThrow(`dvs128-gesture: needs ${lost}; searched ${copy.directory}`);
    }
    const copy = copyOf("dvs128-gesture");
    put(copy, "DvsGesture/user01_led_labels.csv", "class,startTime_usec,endTime_usec\n12,0,1\n");
    await expect(api.dvsGesture(copy)).rejects.toThrow(/user01_led_labels.csv: line 2: expected a class from 1 to 11/);
  });
});

describe("dvs128-gesture-cut", () => {
  test("times in µs, by person, light and class", async () => {
    const { train, test: held } = await api.dvsGestureCut(here());
    expect([train.names.map((name) => name.slice(16)), [...train.labels], [...held.labels]]).toEqual([
      ["user01_fluorescent/0.npy", "user01_fluorescent_led/2.npy", "user01_fluorescent_led/10.npy"],
      [0, 2, 10],
      [7],
    ]);
    const [two, ten] = await train.read([1, 2]);
    expect(asColumns(two!)).toEqual([
      [5000, 6000],
      [127, 4],
      [0, 5],
      [0, 1],
    ]);
    expect(asColumns(ten!)).toEqual([[3000], [1], [2], [1]]);
    expect(two).toMatchObject({ width: 128, height: 128, count: 2 });
  });
  test.each<[string, Buffer, string]>([
    [
      "x beyond the sensor",
      npyTable("<i4", [
        [1, 1, 1, 1],
        [128, 1, 1, 1],
      ]),
      "row 1: x must be an integer from 0 to 127, found 128",
    ],
    ["half a pixel", npyTable("<f8", [[1, 1.5, 1, 1]]), "row 0: y must be an integer from 0 to 127, found 1.5"],
    [
      "another polarity",
      npyTable("<i4", [[1, 1, -1, 1]]),
      "row 0: the polarity must be an integer from 0 to 1, found -1",
    ],
    ["no time", npyTable("<f8", [[1, 1, 1, NaN]]), "row 0: the time must be from 0 to"],
    ["three columns", npyTable("<i4", [[1, 1, 1]]), "expected a table of 4 columns, found an array of shape 1 x 3"],
  ])("refuses %s", async (_, bytes, message) => {
    const copy = copyOf("dvs128-gesture-cut");
    put(copy, "ibmGestureTest/user24_led/7.npy", bytes);
    await expect((await api.dvsGestureCut(copy)).test.read([0])).rejects.toThrow(`7.npy: ${message}`);
  });
  test("a file of no class", async () => {
    const copy = copyOf("dvs128-gesture-cut");
    put(copy, "ibmGestureTest/user24_led/11.npy", npyTable("<i4", [[1, 1, 1, 1]]));
    await expect(api.dvsGestureCut(copy)).rejects.toThrow("11.npy: is called after no class; there are 0 to 10");
  });
});

describe("the Heidelberg sets", () => {
  test("shd: classes, labels and speakers at once, samples when asked for", async () => {
    using set = await api.shd(here());
    expect([set.classes, [...set.train.labels], [...set.train.speakers!], [...set.test.labels]]).toEqual([
      ["zero", "one", "two", "eins"],
      [3, 0, 1],
      [0, 4, 11],
      [2],
    ]);
    const [last, first] = await set.train.read([2, 0]);
    // Sample s has 2 + s spikes: k (s + 1) / 128 s, unit 53 k (s + 1), as it was written.
    expect(asColumns(last!).slice(0, 2)).toEqual([[0, 3, 6, 9].map((k) => (1e6 * k) / 128), [0, 159, 318, 477]]);
    expect([first!.count, first!.width, first!.height]).toEqual([2, 700, 1]);
    set.close();
    await expect(set.test.read([0])).rejects.toMatchObject({ code: "disposed" });
  });
  test("ssc has a part to validate with", async () => {
    using set = await api.ssc(here());
    expect([set.train.count, set.validation.count, set.test.count]).toEqual([3, 1, 3]);
    expect(set.validation.name).toBe("ssc.valid");
  });
  test("a part that lacks, or is of other classes", async () => {
    const copy = copyOf("shd");
    cpSync(join(copy.directory, "shd_test.h5"), join(copy.directory, "keep.h5"));
    drop(copy, "shd_test.h5");
    await expect(api.shd(copy)).rejects.toThrow(/^shd: needs shd_test.h5; .*rheobase data get shd\./);
    const { PARTS, unpack } = await import("../events/spikeFiles.ts");
    put(copy, "shd_test.h5", unpack(PARTS.other));
    await expect(api.shd(copy)).rejects.toThrow("shd_test.h5: its classes are not those of shd_train.h5");
  });
});

describe("speech-commands", () => {
  test("split by the lists; words in order; noise apart", async () => {
    const { train, validation, test: held, background, classes, rate } = await api.speechCommands(here());
    expect([classes.length, classes[0], classes[34], rate]).toEqual([35, "backward", "zero", 16_000]);
    expect([train.names, validation.names, held.names]).toEqual([
      ["backward/0165e0e8_nohash_0.wav", "zero/0a7c2a8d_nohash_0.wav"],
      ["zero/0a7c2a8d_nohash_1.wav"],
      ["bed/00176480_nohash_0.wav", "zero/ffbb695d_nohash_4.wav"],
    ]);
    expect([[...train.labels], [...held.labels], held.speakers]).toEqual([
      [0, 34],
      [1, 34],
      ["00176480", "ffbb695d"],
    ]);
    const [zero] = await held.read([1]);
    expect(zero).toEqual({
      ...{ name: "zero/ffbb695d_nohash_4.wav", label: 34, speaker: "ffbb695d" },
      samples: Float32Array.of(30 / 32768, 31 / 32768),
    });
    expect([background.names, await background.read([0])]).toEqual([
      ["_background_noise_/pink_noise.wav"],
      [Float32Array.of(500 / 32768, 501 / 32768)],
    ]);
  });
  test.each<[string, (copy: { directory: string }) => void, RegExp]>([
    [
      "a recording that a list names and that is not there",
      (copy) => drop(copy, "zero/ffbb695d_nohash_4.wav"),
      /needs zero\/ffbb695d_nohash_4.wav, which a list names; .*rheobase data get speech-commands/,
    ],
    ["a list that lacks", (copy) => drop(copy, "testing_list.txt"), /needs testing_list.txt; searched/],
    [
      "a recording in both lists",
      (copy) => put(copy, "validation_list.txt", "bed/00176480_nohash_0.wav"),
      /testing_list.txt: bed\/00176480_nohash_0.wav is in validation_list.txt already/,
    ],
    [
      "a word that is none",
      (copy) => put(copy, "beds/00176480_nohash_0.wav", ""),
      /beds\/00176480_nohash_0.wav: is called after none of the words backward, bed/,
    ],
    [
      "a name that says no speaker",
      (copy) => put(copy, "bed/x.wav", ""),
      /bed\/x.wav: expected a name <speaker>_nohash_/,
    ],
  ])("refuses %s", async (_, damage, message) => {
    const copy = copyOf("speech-commands");
    damage(copy);
    await expect(api.speechCommands(copy)).rejects.toThrow(message);
  });
  test("refuses sound of another rate, when it is read", async () => {
    const copy = copyOf("speech-commands");
    cpSync(join(root, "fsdd/recordings/0_ann_0.wav"), join(copy.directory, "bed/00176480_nohash_0.wav"));
    const { test: held } = await api.speechCommands(copy);
    await expect(held.read([0])).rejects.toThrow("expected one channel of 16000 samples a second, found 1 of 8000");
  });
});

describe("emg", () => {
  test("recordings by person, a step a row; a last row that lacks its class is left out", async () => {
    const set = await api.emgGestures(here());
    expect(set.recordings.map(({ person, recording }) => [person, recording])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    const [torn, whole] = await set.read([0, 2]);
    expect([torn!.steps, [...torn!.labels], [...whole!.labels], [...whole!.times!]]).toEqual([
      3,
      [0, 0, 3],
      [0, 7, 0],
      [1, 2, 3],
    ]);
    expect([...whole!.values.subarray(8, 16)]).toEqual(
      Array.from({ length: 8 }, (_, c) => Math.fround((c + 1) * 1e-5)),
    );
  });
  const path = "EMG_data_for_gestures-master/01/1_raw_data_13-12_22.03.16.txt";
  test.each<[string, string, RegExp]>([
    ["a class that is none", emgRows([0, 8]), /row 2: the class must be from 0 to 7, got 8/],
    [
      "a class that lacks further up",
      emgRows([0, 1, 2]).replace("\t1\r\n", "\r\n"),
      /line 3: expected 10 cells, found 9/,
    ],
    ["another header", emgRows([0]).replace("channel3", "channel9"), /there is no column 'channel3'/],
    ["a column more", `${EMG_HEADER}\tmore\r\n${"1\t".repeat(10)}1`, /line 1: expected time, .* found .*, more/],
  ])("refuses %s, with the line", async (_, text, message) => {
    const copy = copyOf("emg");
    put(copy, path, text);
    await expect((await api.emgGestures(copy)).read([0])).rejects.toThrow(message);
  });
});

describe("voc", () => {
  test("the lists are the parts; boxes when they are read, images when those are", async () => {
    const { train, validation, test: held, classes } = await api.voc2007(here());
    expect([train.names, validation.names, held.names, classes.length]).toEqual([
      ["000012", "000017"],
      ["000005"],
      ["000001"],
      20,
    ]);
    const [horse] = await train.read([1]);
    expect(horse!.objects).toEqual([
      {
        ...{ name: "horse", label: classes.indexOf("horse"), truncated: true, difficult: false },
        box: { xmin: 1, ymin: 2.5, xmax: 9, ymax: 8 },
      },
    ]);
    expect((await horse!.image()).data.length).toBe(27 * 20 * 3);
    const later = await api.voc2012(here());
    expect((await later.validation.read([0]))[0]).toMatchObject({ name: "2008_000002", width: 27, height: 20 });
  });
  test("a folder inside is found too", async () => {
    const inside = await api.voc2007({ directory: join(root, "voc2007/VOCdevkit/VOC2007") });
    expect(inside.test.names).toEqual(["000001"]);
  });
  test("refuses lists that overlap or lack, objects of no class, images of another size or that lack", async () => {
    const at = "VOCdevkit/VOC2007";
    const copy = copyOf("voc2007");
    put(copy, `${at}/Annotations/000001.xml`, vocXml("unicorn"));
    await expect((await api.voc2007(copy)).test.read([0])).rejects.toThrow(
      /000001.xml: object 1: expected one of aero/,
    );
    put(copy, `${at}/Annotations/000001.xml`, vocXml("dog").replace("27", "28"));
    const [dog] = await (await api.voc2007(copy)).test.read([0]);
    await expect(dog!.image()).rejects.toThrow("000001.jpg: is 27 x 20, its annotation says 28 x 20");
    drop(copy, `${at}/JPEGImages/000001.jpg`);
    await expect(dog!.image()).rejects.toMatchObject({ code: "missing-file" });
    put(copy, `${at}/ImageSets/Main/test.txt`, "000012");
    await expect(api.voc2007(copy)).rejects.toThrow("test.txt: 000012 is in train.txt already");
    drop(copy, `${at}/ImageSets/Main/test.txt`);
    await expect(api.voc2007(copy)).rejects.toThrow(/^voc2007: needs ImageSets\/Main\/test.txt; .*get voc2007/);
  });
});
