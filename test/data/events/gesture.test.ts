import { expect, test } from "vitest";
import { cutGestures, GESTURES } from "../../../src/data/events/gesture.ts";
import { readEvents } from "../../../src/data/events/read.ts";
import { aedat3File } from "./files.ts";

const HEAD = "class,startTime_usec,endTime_usec\n";
const events = Array.from({ length: 50 }, (_, k) => ({ t: 100 * k, x: k, y: 127 - k, p: k % 2 }));
const recording = await readEvents({ path: "user01_led.aedat", bytes: aedat3File(events) });

test("gestures are cut out of a DVS128 recording by its table, start included, end not", () => {
  const found = cutGestures(recording, "labels.csv", `${HEAD}1,500,800\r\n11,4800,999999\n2,0,0\n`);
  expect(
    found.map(({ label, recording: { t, x, y, polarity, count, width } }) => [
      label,
      count,
      width,
      [...t],
      [...x],
      [...y],
      [...polarity],
    ]),
  ).toEqual([
    [0, 3, 128, [500, 600, 700], [5, 6, 7], [122, 121, 120], [1, 0, 1]],
    [10, 2, 128, [4800, 4900], [48, 49], [79, 78], [0, 1]],
    [1, 0, 128, [], [], [], []],
  ]);
  expect(GESTURES).toHaveLength(11);
});
test.each([
  ["", 'labels.csv: line 1: expected class,startTime_usec,endTime_usec, found ""'],
  [`${HEAD}12,1,2`, 'line 2: expected a class from 1 to 11, a start and an end in µs, found "12,1,2"'],
  [`${HEAD}1,1,2\n1,2,1`, "line 3: "],
  [`${HEAD}1,-1,2`, "line 2: "],
  [`${HEAD}1,1`, "line 2: "],
])("refuses %j", (table, message) => expect(() => cutGestures(recording, "labels.csv", table)).toThrow(message));
