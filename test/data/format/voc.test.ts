import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readVoc } from "../../../src/data/format/voc.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const read = (text: string) => readVoc({ path: "f.xml", bytes: new TextEncoder().encode(text) });
const box = (x0 = "1", y0 = "2", x1 = "30", y1 = "40"): string =>
  `<bndbox><xmin>${x0}</xmin><ymin>${y0}</ymin><xmax>${x1}</xmax><ymax>${y1}</ymax></bndbox>`;
const SIZE = "<size><width>64</width><height>48</height><depth>3</depth></size>";
const annotation = (...content: string[]): string =>
  `<?xml version="1.0"?>\n<annotation>${content.join("")}</annotation>\n`;
const object = (content: string): string => `<object>${content}</object>`;

describe("reads", () => {
  test("boxes, flags and names; the order and other elements do not matter", async () => {
    const found = await read(
      annotation(
        object(`${box("0", "0.5", "64", "48")}<name>a &amp; b</name><difficult>1</difficult><truncated>0</truncated>`),
        "<folder>x</folder><filename>i.jpg</filename>",
        SIZE,
        object(`<pose>Left</pose><name>c</name>${box()}<truncated>1</truncated>`),
      ),
    );
    expect(found).toEqual({
      filename: "i.jpg",
      ...{ width: 64, height: 48, depth: 3 },
      objects: [
        { name: "a & b", box: { xmin: 0, ymin: 0.5, xmax: 64, ymax: 48 }, difficult: true, truncated: false },
        { name: "c", box: { xmin: 1, ymin: 2, xmax: 30, ymax: 40 }, difficult: false, truncated: true },
      ],
    });
  });
  test("no object, and one", async () => {
    expect((await read(annotation(SIZE))).objects).toEqual([]);
    expect((await read(annotation(SIZE, object(`<name>c</name>${box()}`)))).objects.length).toBe(1);
  });
});

test.each([
  ["nothing", "", "f.xml: "],
  ["what is no XML", "<annotation><size></annotation>", "is not XML: "],
  ["another root", "<image></image>", "annotation: expected one element with others in it, found none"],
  ["no size", annotation(object(`<name>c</name>${box()}`)), "size: expected one element with others in it, found none"],
  [
    "a size that is none",
    annotation("<size><width>0</width><height>4</height></size>"),
    "size.width must be an integer from 1 to 1048576, found '0'",
  ],
  [
    "an object without a name",
    annotation(SIZE, object(`<name>c</name>${box()}`), object(box())),
    "object 2: name: expected one element with text, found none",
  ],
  [
    "an object with two boxes",
    annotation(SIZE, object(`<name>c</name>${box()}${box()}`)),
    "object 1: bndbox: expected one element with others in it, found 2",
  ],
  [
    "a box outside of the image",
    annotation(SIZE, object(`<name>c</name>${box("1", "2", "65")}`)),
    "object 1: xmax must be a number from 1 to 64, found '65'",
  ],
  [
    "a box inside out",
    annotation(SIZE, object(`<name>c</name>${box("31")}`)),
    "object 1: xmax must be a number from 31 to 64, found '30'",
  ],
  [
    "an edge that is no number",
    annotation(SIZE, object(`<name>c</name>${box("1", "0x2")}`)),
    "object 1: ymin must be a number from 0 to 48, found '0x2'",
  ],
  [
    "a flag of 2",
    annotation(SIZE, object(`<name>c</name>${box()}<difficult>2</difficult>`)),
    "object 1: difficult must be 0 or 1, found text '2'",
  ],
  ["entities", `<!DOCTYPE a [<!ENTITY b "bbb">]>${annotation(SIZE)}`, "at character 0: has a document type"],
  ["a file of more than 1 MiB", annotation(SIZE, " ".repeat(2 ** 20)), "too large"],
  ["endless depth", "<annotation>".repeat(5000) + "</annotation>".repeat(5000), "is not XML: "],
])("refuses %s", async (_, text, message) => {
  await expect(read(text)).rejects.toMatchObject({ code: "bad-file", message: expect.stringContaining(message) });
});

test("blood cells: 4,888 boxes, 4,155, 372 and 361 of the classes, 2 of no area, as the set's description says", async ({
  skip,
}) => {
  skip(!hasData("bccd"), NEEDS);
  const folder = `${dataFolder}/bccd/BCCD/Annotations`;
  const counts = new Map<string, number>();
  const empty: string[] = [];
  for (const path of readdirSync(folder)) {
    const bytes = new Uint8Array(readFileSync(`${folder}/${path}`));
    const { objects, width, height, depth } = await readVoc({ path, bytes });
    expect([width, height, depth]).toEqual([640, 480, 3]);
    expect(objects.length).toBe(new TextDecoder().decode(bytes).split("<object>").length - 1);
    for (const { name, box } of objects) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (box.xmin === box.xmax) empty.push(`${path} ${box.xmin},${box.ymin}`);
    }
  }
  expect(Object.fromEntries(counts)).toEqual({ RBC: 4155, WBC: 372, Platelets: 361 });
  expect(empty.sort()).toEqual(["BloodImage_00338.xml 504,337", "BloodImage_00343.xml 181,329"]);
});
