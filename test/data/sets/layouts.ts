/**
 * Small archives of the layout that the published ones have, by set and file. Layouts: tonic/datasets (n-mnist, gestures,
 * SHD, SSC), spikingjelly/datasets/dvs128_gesture.py, tensorflow/datasets speech_commands, torchvision/datasets/voc.py, and
 * programs that read the archive of UCI's set 481.
 */
import { gzipSync } from "node:zlib";
import { aedat3File, type Event, nmnistFile } from "../events/files.ts";
import { PARTS, unpack } from "../events/spikeFiles.ts";
import { base64, media } from "../format/golden.ts";
import { format, samples, u16, wav } from "../format/waveBytes.ts";
import { type Entry, tar, zip } from "../store/archives.ts";

type Archives = Readonly<Record<string, () => Buffer>>;

/** Folders before what is in them, as archivers write them. */
function withFolders(entries: readonly Entry[]): Entry[] {
  const folders = new Set<string>();
  for (const { name } of entries)
    name.split("/").forEach((_, k, parts) => k > 0 && folders.add(`${parts.slice(0, k).join("/")}/`));
  return [...[...folders].map((name) => ({ name })), ...entries];
}
const zipped = (entries: readonly Entry[]): Buffer => zip(withFolders(entries));
const tarred = (entries: readonly Entry[]): Buffer => tar(withFolders(entries));

/** Event k of digit d is at (d, k). */
export const digitEvents = (digit: number, count: number): Event[] =>
  Array.from({ length: count }, (_, k) => ({ t: 1000 * k + digit, x: digit, y: k, p: k % 2 }));
const digit = (name: string, label: number, count: number): Entry => ({
  name,
  data: nmnistFile(digitEvents(label, count)),
});

/** An event each millisecond: x is the ms modulo 128. */
export const trialEvents = (ms: number, y: number): Event[] =>
  Array.from({ length: ms }, (_, k) => ({ t: 1000 * k, x: k % 128, y, p: k % 2 }));
const trial = (name: string, y: number, rows: readonly string[]): Entry[] => [
  { name: `DvsGesture/${name}.aedat`, data: aedat3File(trialEvents(300, y)) },
  { name: `DvsGesture/._${name}.aedat`, data: "what a Mac leaves" },
  { name: `DvsGesture/${name}_labels.csv`, data: ["class,startTime_usec,endTime_usec", ...rows, ""].join("\n") },
];

/** A table of numbers, little-endian. @see NumPy Enhancement Proposal 1 */
export function npyTable(type: "<i4" | "<f8", rows: readonly (readonly number[])[]): Buffer {
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0]!.length}), }`;
  const header = `${text.padEnd(128 - 11)}\n`;
  const head = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, ...u16(header.length)]);
  const array = type === "<i4" ? Int32Array.from(rows.flat()) : Float64Array.from(rows.flat());
  return Buffer.concat([head, Buffer.from(header), Buffer.from(array.buffer)]);
}

const word = (name: string, value: number): Entry => ({
  name: `./${name}`,
  data: wav([format({ rate: 16_000 }), samples(u16(value, value + 1))]),
});

export const EMG_HEADER = ["time", ...Array.from({ length: 8 }, (_, k) => `channel${k + 1}`), "class"].join("\t");
/** Row k has the time k + 1 and in channel c the value (c + 1) · 10^-5. */
export const emgRows = (classes: readonly number[]): string =>
  [
    EMG_HEADER,
    ...classes.map((label, k) => [k + 1, ...Array.from({ length: 8 }, (_, c) => `${c + 1}E-05`), label].join("\t")),
  ].join("\r\n");

const [jpeg] = media.jpeg["colour"]!;
export const vocXml = (name: string, more = ""): string =>
  `<annotation><folder>VOC</folder><size><width>27</width><height>20</height><depth>3</depth></size><object><name>${name}</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult><bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>9</xmax><ymax>8</ymax></bndbox><part><name>head</name><bndbox><xmin>1</xmin><ymin>3</ymin><xmax>2</xmax><ymax>4</ymax></bndbox></part></object>${more}</annotation>`;
function vocEntries(
  year: number,
  lists: Readonly<Record<string, string>>,
  objects: Readonly<Record<string, string>>,
): Entry[] {
  const at = `VOCdevkit/VOC${year}`;
  return [
    ...Object.entries(lists).map(([list, names]) => ({ name: `${at}/ImageSets/Main/${list}.txt`, data: names })),
    ...Object.keys(lists).map((list) => ({ name: `${at}/ImageSets/Main/cat_${list}.txt`, data: "000001 -1\n" })),
    ...Object.entries(objects).flatMap(([name, object]) => [
      { name: `${at}/Annotations/${name}.xml`, data: vocXml(object) },
      { name: `${at}/JPEGImages/${name}.jpg`, data: base64(jpeg) },
    ]),
  ];
}

const spikes = (name: string, part: keyof typeof PARTS) => () => zipped([{ name, data: unpack(PARTS[part]) }]);

export const ARCHIVES: Readonly<Record<string, Archives>> = {
  "n-mnist": {
    "Train.zip": () =>
      zipped([digit("Train/0/00002.bin", 0, 3), digit("Train/5/00001.bin", 5, 4), digit("Train/9/00010.bin", 9, 2)]),
    "Test.zip": () => zipped([digit("Test/7/00001.bin", 7, 5)]),
  },
  "dvs128-gesture": {
    "DvsGesture.tar.gz": () =>
      gzipSync(
        tarred([
          { name: "DvsGesture/trials_to_train.txt", data: "user02_lab.aedat\nuser01_led.aedat\n\n" },
          { name: "DvsGesture/trials_to_test.txt", data: "user24_natural.aedat" },
          { name: "DvsGesture/gesture_mapping.csv", data: "action,label\n" },
          ...trial("user01_led", 1, ["8,10000,20000", "8,250000,300000"]),
          ...trial("user02_lab", 2, ["1,0,100000", "11,90000,95500"]),
          ...trial("user24_natural", 3, ["10,5000,6000"]),
        ]),
      ),
  },
  "dvs128-gesture-cut": {
    "ibmGestureTrain.tar.gz": () =>
      gzipSync(
        tarred([
          { name: "ibmGestureTrain/user01_fluorescent_led/10.npy", data: npyTable("<i4", [[1, 2, 1, 3]]) },
          {
            name: "ibmGestureTrain/user01_fluorescent_led/2.npy",
            data: npyTable("<f8", [
              [127, 0, 0, 5],
              [4, 5, 1, 6],
            ]),
          },
          { name: "ibmGestureTrain/user01_fluorescent/0.npy", data: npyTable("<i4", [[9, 9, 0, 0]]) },
        ]),
      ),
    "ibmGestureTest.tar.gz": () =>
      gzipSync(tarred([{ name: "ibmGestureTest/user24_led/7.npy", data: npyTable("<i4", [[0, 127, 1, 2]]) }])),
  },
  shd: {
    "shd_train.h5.zip": spikes("shd_train.h5", "main"),
    "shd_test.h5.zip": spikes("shd_test.h5", "held"),
  },
  ssc: {
    "ssc_train.h5.zip": spikes("ssc_train.h5", "main"),
    "ssc_valid.h5.zip": spikes("ssc_valid.h5", "held"),
    "ssc_test.h5.zip": spikes("ssc_test.h5", "main"),
  },
  "speech-commands": {
    "speech_commands_v0.02.tar.gz": () =>
      gzipSync(
        tarred([
          { name: "./README.md", data: "# Speech Commands" },
          { name: "./LICENSE", data: "CC BY" },
          { name: "./validation_list.txt", data: "zero/0a7c2a8d_nohash_1.wav\n" },
          { name: "./testing_list.txt", data: "bed/00176480_nohash_0.wav\nzero/ffbb695d_nohash_4.wav\n" },
          word("_background_noise_/pink_noise.wav", 500),
          { name: "./_background_noise_/README.md", data: "noise" },
          word("zero/0a7c2a8d_nohash_0.wav", 10),
          word("zero/0a7c2a8d_nohash_1.wav", 20),
          word("zero/ffbb695d_nohash_4.wav", 30),
          word("bed/00176480_nohash_0.wav", 40),
          word("backward/0165e0e8_nohash_0.wav", 50),
        ]),
      ),
  },
  fsdd: {
    "fsdd.tar.gz": () => {
      const at = "free-spoken-digit-dataset-26eb9aa";
      const recording = (label: number, index: number): Entry => ({
        name: `${at}/recordings/${label}_ann_${index}.wav`,
        data: wav([format(), samples(u16(label, index))]),
      });
      const all = Array.from({ length: 60 }, (_, k) => recording(k % 10, Math.floor(k / 10)));
      return gzipSync(tarred([{ name: `${at}/README.md`, data: "x" }, ...all]));
    },
  },
  emg: {
    "emg_data_for_gestures.zip": () => {
      const at = "EMG_data_for_gestures-master";
      return zipped([
        { name: `${at}/README.txt`, data: "Description" },
        { name: `${at}/02/1_raw_data_14-19_22.03.16.txt`, data: `${emgRows([0, 7, 0])}\r\n` },
        { name: `${at}/01/2_raw_data_13-13_22.03.16.txt`, data: `${emgRows([0, 1, 1, 2])}\r\n` },
        // As the published one of person 34 ends.
        { name: `${at}/01/1_raw_data_13-12_22.03.16.txt`, data: emgRows([0, 0, 3, 6]).slice(0, -2) },
      ]);
    },
  },
  voc2007: {
    "VOCtrainval_06-Nov-2007.tar": () =>
      tarred(
        vocEntries(
          2007,
          { train: "000012\n000017\n", val: "000005\n", trainval: "000005\n000012\n000017\n" },
          { "000012": "car", "000017": "horse", "000005": "chair" },
        ),
      ),
    "VOCtest_06-Nov-2007.tar": () => tarred(vocEntries(2007, { test: "000001\n" }, { "000001": "dog" })),
  },
  voc2012: {
    "VOCtrainval_11-May-2012.tar": () =>
      tarred(
        vocEntries(
          2012,
          { train: "2008_000008\n", val: "2008_000002\n", trainval: "2008_000002\n2008_000008\n" },
          { "2008_000008": "tvmonitor", "2008_000002": "aeroplane" },
        ),
      ),
  },
};
