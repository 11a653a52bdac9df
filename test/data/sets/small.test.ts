/** Small sets that the tests write: what is read, what is missing, what is refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { bccd } from "../../../src/data/sets/bccd.ts";
import { eegEyeState } from "../../../src/data/sets/eegEyeState.ts";
import { emgMyo } from "../../../src/data/sets/emgMyo.ts";
import { fsdd } from "../../../src/data/sets/fsdd.ts";
import { nab } from "../../../src/data/sets/nab.ts";
import { occupancy } from "../../../src/data/sets/occupancy.ts";
import { series, sliceSeries } from "../../../src/data/sets/series.ts";
import { smsSpam } from "../../../src/data/sets/smsSpam.ts";
import { wallFollowing } from "../../../src/data/sets/wallFollowing.ts";
import { base64, media } from "../format/golden.ts";
import { format, samples, u16, wav } from "../format/waveBytes.ts";

const root = mkdtempSync(`${tmpdir()}/rheobase-`);
afterAll(() => rmSync(root, { recursive: true }));
type Files = Readonly<Record<string, string | Uint8Array>>;
/** A folder with these files. */
function folder(files: Files): { directory: string } {
  const directory = mkdtempSync(`${root}/`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(`${directory}/${name}`), { recursive: true });
    writeFileSync(`${directory}/${name}`, content);
  }
  return { directory };
}
const without = (files: Files, name: string): Files =>
  Object.fromEntries(Object.entries(files).filter(([key]) => key !== name));

/** In the registry; of others it would be no help to name the command. */
const GETTABLE: ReadonlySet<string> = new Set(["fsdd", "nab"]);
describe("a folder without the set: what is needed, and every place searched", () => {
  const sets = { bccd, eegEyeState, emgMyo, fsdd, nab, occupancy, smsSpam, wallFollowing };
  for (const [name, read] of Object.entries(sets))
    test(name, async () => {
      const { directory } = folder({ "other.txt": "" });
      for (const place of [directory, `${directory}/nowhere`]) {
        const refusal = read({ directory: place });
        await expect(refusal).rejects.toMatchObject({ code: "missing-file" });
        await expect(refusal).rejects.toThrow(
          new RegExp(`needs .* in one folder; searched ${place}/[^ ]*, .*RHEOBASE_DATA`),
        );
        await expect(refusal).rejects.toBeInstanceOf(DataError);
        const message = await (refusal as Promise<unknown>).catch(String);
        expect(String(message).includes(`rheobase data get ${name}.`)).toBe(GETTABLE.has(name));
      }
    });
});

describe("spoken digits", () => {
  const all: Record<string, Uint8Array> = {};
  for (const speaker of ["ann", "bob"])
    for (let digit = 0; digit < 10; digit++)
      for (let index = 0; index < 7; index++)
        all[`recordings/${digit}_${speaker}_${index}.wav`] = wav([format(), samples(u16(digit, index))]);
  test("split by repetition; digits in order", async () => {
    const { train, test: held, speakers } = await fsdd(folder(all));
    expect([train.length, held.length, speakers]).toEqual([40, 100, ["ann", "bob"]]);
    expect(held[6]).toEqual({ label: 0, speaker: "bob", index: 1, samples: Float32Array.of(0, 1 / 32768) });
  });
  test("a recording that lacks is named", async () => {
    await expect(fsdd(folder(without(all, "recordings/3_bob_6.wav")))).rejects.toThrow("fsdd: has no 3_bob_6.wav");
  });
  test("a recording of another rate, or a damaged one", async () => {
    const name = "recordings/3_bob_6.wav";
    const other = folder({ ...all, [name]: wav([format({ rate: 16000 }), samples([])]) });
    await expect(fsdd(other)).rejects.toThrow(
      /3_bob_6.wav: expected one channel of 8000 samples a second, found 1 of 16000/,
    );
    await expect(fsdd(folder({ ...all, [name]: "RIFF" }))).rejects.toThrow(/recordings\/3_bob_6.wav: truncated/);
  });
  test("the digest changes with any sample", async () => {
    const name = "recordings/3_bob_6.wav";
    const [a, b, c] = [all, all, { ...all, [name]: wav([format(), samples(u16(3, 5))]) }].map((files) =>
      fsdd(folder(files)),
    );
    expect((await a!).digest).toBe((await b!).digest);
    expect((await a!).digest).not.toBe((await c!).digest);
  });
});

describe("anomalies", () => {
  const rows = Array.from({ length: 50 }, (_, k) => `2014-01-01 00:${String(k).padStart(2, "0")}:00,${k / 2}`);
  const labels = (windows: unknown, marks: unknown = { "real/a.csv": ["2014-01-01 00:11:00"] }): Files => ({
    "data/real/a.csv": `timestamp,value\n${rows.join("\n")}\n`,
    "labels/combined_windows.json": JSON.stringify(windows),
    "labels/combined_labels.json": JSON.stringify(marks),
  });
  const WINDOW = { "real/a.csv": [["2014-01-01 00:10:00.000000", "2014-01-01 00:12:00.000000"]] };
  test("labels are 1 in a window, its ends included; 15 % are probation", async () => {
    const [a] = (await nab(folder(labels(WINDOW)))).series;
    expect([...a!.labels.keys()].filter((k) => a!.labels[k] === 1)).toEqual([10, 11, 12]);
    expect([a!.name, a!.probation, a!.anomalies, a!.values[3]]).toEqual([
      "real/a.csv",
      7,
      [Date.UTC(2014, 0, 1, 0, 11)],
      1.5,
    ]);
  });
  test.each<[string, unknown, string]>([
    ["a series that lacks", { "real/b.csv": [] }, "nab: needs data/real/b.csv, which is not among its 3 files"],
    [
      "a window of one moment",
      { "real/a.csv": [["2014-01-01 00:10:00"]] },
      "combined_windows.json: real/a.csv: expected a pair of moments",
    ],
    [
      "a window inside out",
      { "real/a.csv": [["2014-01-02", "2014-01-01"]] },
      "real/a.csv: a window ends before it begins",
    ],
    [
      "a moment that is none",
      { "real/a.csv": [["2014-01-32", 5]] },
      'real/a.csv: expected a moment YYYY-MM-DD HH:MM:SS, found "2014-01-32"',
    ],
    ["a list of labels", [], "combined_windows.json: expected an object"],
  ])("refuses %s", async (_, windows, message) => {
    await expect(nab(folder(labels(windows)))).rejects.toThrow(message);
  });
  test("refuses a value that is none", async () => {
    const files = { ...labels(WINDOW), "data/real/a.csv": "timestamp,value\n2014-01-01 00:00:00,x\n" };
    await expect(nab(folder(files))).rejects.toThrow(
      "data/real/a.csv: line 2, column 'value': expected a number, found 'x'",
    );
  });
});

describe("muscles", () => {
  const files = { "1-2/3.txt": "1,2,3,4,5,6,7,8,0\n-128,127,0,0,0,0,0,-1,3\n", "1-2/0.txt": "0,0,0,0,0,0,0,0,0\n" };
  test("participant, session and gesture of the name; labels of the rows", async () => {
    const [rest, third] = (await emgMyo(folder(files))).recordings;
    expect([rest!.gesture, third!.participant, third!.session, third!.gesture]).toEqual([0, "1", 2, 3]);
    expect([[...third!.labels], [...third!.values.subarray(8)], third!.steps]).toEqual([
      [0, 3],
      [-128, 127, 0, 0, 0, 0, 0, -1],
      2,
    ]);
  });
  test.each([
    ["1,2,3,4,5,6,7,8,2\n", "1-2/3.txt: row 1: the label must be 0 or 3, got 2"],
    ["1,2,3,4,5,6,7,128,3\n", "1-2/3.txt: row 1: must be an integer from -128 to 127, got 128"],
    ["1,2,3,4,5,6,7,8,3\n1,2\n", "1-2/3.txt: line 2: expected 9 cells, found 2"],
    ["1,2,3,4,5,6,7,,3\n", "1-2/3.txt: row 1: column 'EMG 8' has no value"],
  ])("refuses %j", async (text, message) => {
    await expect(emgMyo(folder({ ...files, "1-2/3.txt": text }))).rejects.toThrow(message);
  });
});

describe("one table each", () => {
  const OFFICE = `"date","Temperature","Humidity","Light","CO2","HumidityRatio","Occupancy"
"1","2015-02-04 17:51:00",23.5,27,426,721,0.5,1
"2","2015-02-04 17:52:00",23,27,0,721,0.25,0
`;
  const office = (last = OFFICE): Files => ({
    "datatraining.txt": OFFICE,
    "datatest.txt": OFFICE,
    "datatest2.txt": last,
  });
  test("occupancy", async () => {
    const { train } = await occupancy(folder(office()));
    expect([[...train.labels], [...train.values]]).toEqual([
      [1, 0],
      [23.5, 27, 426, 721, 0.5, 23, 27, 0, 721, 0.25],
    ]);
    await expect(occupancy(folder(office(OFFICE.replace("0.25,0", "0.25,2"))))).rejects.toThrow(
      "datatest2.txt: line 3, column 'Occupancy': expected one of 0, 1, found '2'",
    );
    await expect(occupancy(folder(office(OFFICE.replace("17:52", "17:50"))))).rejects.toThrow(
      "datatest2.txt: row 2: the time is",
    );
    await expect(occupancy(folder(office(OFFICE.replace("CO2", "CO"))))).rejects.toThrow(
      "there is no column 'CO2'; known: , CO, ",
    );
  });
  const names = ["AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4"];
  const eeg = (classes: string, rows: string): Files => ({
    "EEG Eye State.arff": `@relation EEG\n${names.map((n) => `@attribute ${n} numeric\n`).join("")}@attribute eyeDetection ${classes}\n@data\n${rows}`,
  });
  test("eyes", async () => {
    const row = names.map((_, k) => k).join();
    const { recording } = await eegEyeState(folder(eeg("{0,1}", `${row},1\n${row},0\n`)));
    expect([recording.steps, [...recording.labels], recording.values[13]]).toEqual([2, [1, 0], 13]);
    await expect(eegEyeState(folder(eeg("{1,0}", `${row},1\n`)))).rejects.toThrow(
      "expected eyeDetection of 0 (open) and 1 (closed)",
    );
    await expect(eegEyeState(folder(eeg("{0,1}", `${row.replace("13", "?")},1\n`)))).rejects.toThrow(
      "row 1: column 'AF4' has no value",
    );
  });
  test("walls, with and without a header", async () => {
    const row = `${Array.from({ length: 24 }, (_, k) => k / 4).join()},Sharp-Right-Turn\n`;
    const header = `${Array.from({ length: 24 }, (_, k) => `S${k + 1}`).join()},OUTPUT\n`;
    for (const text of [row, header + row]) {
      const { recording } = await wallFollowing(folder({ "sensor_readings_24.data": text }));
      expect([recording.steps, [...recording.labels], recording.values[23]]).toEqual([1, [2], 5.75]);
    }
    await expect(wallFollowing(folder({ "sensor_readings_24.data": row.replace("Sharp", "No") }))).rejects.toThrow(
      "line 1, column 'OUTPUT': expected one of Move-Forward, Slight-Right-Turn, Sharp-Right-Turn, Slight-Left-Turn, found",
    );
  });
  test("messages, with and without a header; quotes mean nothing; repetitions", async () => {
    const text = 'ham\tsay "hi\nspam\t"x" y\nham\tsay "hi\n';
    for (const all of [text, `Label\tSMS\n${text}`]) {
      const { messages, labels, distinct } = await smsSpam(folder({ SMSSpamCollection: all }));
      expect([messages, [...labels], [...distinct]]).toEqual([
        ['say "hi', '"x" y', 'say "hi'],
        [0, 1, 0],
        [0, 1],
      ]);
    }
    await expect(smsSpam(folder({ SMSSpamCollection: `${text}eggs\tx\n` }))).rejects.toThrow(
      "row 4: expected ham or spam, found 'eggs'",
    );
    await expect(smsSpam(folder({ SMSSpamCollection: `${text}ham\tx\ty\n` }))).rejects.toThrow(
      "line 4: expected 2 cells, found 3",
    );
  });
});

describe("blood cells", () => {
  const [jpeg] = media.jpeg["colour"]!;
  const object = (name: string, xmax = 9): string =>
    `<object><name>${name}</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>${xmax}</xmax><ymax>8</ymax></bndbox></object>`;
  const xml = (...objects: string[]): string =>
    `<annotation><size><width>27</width><height>20</height></size>${objects.join("")}</annotation>`;
  const files: Files = {
    "BCCD/ImageSets/Main/train.txt": "a\n",
    "BCCD/ImageSets/Main/val.txt": "",
    "BCCD/ImageSets/Main/test.txt": "b\n",
    "BCCD/Annotations/a.xml": xml(object("RBC"), object("WBC", 1)),
    "BCCD/Annotations/b.xml": xml(),
    "BCCD/JPEGImages/a.jpg": base64(jpeg),
    "BCCD/JPEGImages/b.jpg": base64(jpeg),
  };
  test("boxes with their class, those of no area left out and named; images when asked for", async () => {
    const { train, test: held, validation, leftOut } = await bccd(folder(files));
    expect([train[0]!.boxes, leftOut, held[0]!.boxes, validation]).toEqual([
      [{ xmin: 1, ymin: 2, xmax: 9, ymax: 8, label: 0 }],
      ["a, object 2"],
      [],
      [],
    ]);
    expect((await train[0]!.image()).data.length).toBe(27 * 20 * 3);
  });
  test.each<[string, Files, string]>([
    [
      "an image that lacks",
      without(files, "BCCD/JPEGImages/b.jpg"),
      "bccd: needs JPEGImages/b.jpg, which is not among its 6 files",
    ],
    ["a list that lacks", without(files, "BCCD/ImageSets/Main/val.txt"), "bccd: needs ImageSets/Main/val.txt"],
    [
      "another class",
      { ...files, "BCCD/Annotations/b.xml": xml(object("cat")) },
      "b.xml: object 1: expected one of RBC, WBC, Platelets, found 'cat'",
    ],
    ["an image in two lists", { ...files, "BCCD/ImageSets/Main/val.txt": "a" }, "val.txt: a is in train.txt already"],
  ])("refuses %s", async (_, all, message) => {
    await expect(bccd(folder(all))).rejects.toThrow(message);
  });
  test("an image of another size than its annotation says", async () => {
    const all = { ...files, "BCCD/Annotations/a.xml": xml().replace("27", "28") };
    await expect((await bccd(folder(all))).train[0]!.image()).rejects.toThrow(
      "a.jpg: is 27 x 20, its annotation says 28 x 20",
    );
  });
});

describe("series", () => {
  const parts = {
    channels: ["a", "b"],
    classes: ["x", "y"],
    values: Float32Array.of(1, 2, 3, 4),
    labels: Uint8Array.of(0, 1),
  };
  test("part of one", () => {
    const late = sliceSeries(series("s", { ...parts, times: Float64Array.of(5, 6) }), 1, 2);
    expect([late.steps, [...late.values], [...late.labels], [...late.times!]]).toEqual([1, [3, 4], [1], [6]]);
    expect(() => sliceSeries(series("s", parts), 1, 3)).toThrow("must be integers 0 <= from <= to <= 2, got 1 and 3");
  });
  test.each([
    [{ values: Float32Array.of(1, 2, 3) }, "s: expected 2 labels x 2 values, found 3"],
    [{ times: Float64Array.of(1) }, "s: expected 2 labels x 2 values, found 4, and 1 times"],
    [{ values: Float32Array.of(1, 2, 3, NaN) }, "s: sample 1, b: must be finite, got NaN"],
    [{ labels: Uint8Array.of(0, 2) }, "s: labels[1]: must be a class from 0 to 1, got 2"],
  ])("refuses %j", (change, message) => {
    expect(() => series("s", { ...parts, ...change })).toThrow(message);
  });
});
