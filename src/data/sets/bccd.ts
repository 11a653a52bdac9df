/**
 * Blood cells under the microscope: colour images of 640 x 480 pixels with a box for each red cell, white cell and
 * platelet. Images are decoded when they are asked for: all of them together would be a third of a gigabyte.
 */
import { hash64 } from "../../base/hash.ts";
import { badFile, type NamedBytes } from "../format/bytes.ts";
import type { Image } from "../format/image.ts";
import { readVoc, type VocBox } from "../format/voc.ts";
import type { LocateOptions } from "../locate.ts";
import { type FolderSet, fileNamed, readFolder, wordsOf } from "./folder.ts";
import { decoded, labelOf } from "./voc.ts";

export interface CellBox extends VocBox {
  /** Of the classes. */
  readonly label: number;
}
/** One image of blood cells. */
export interface CellImage {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly CellBox[];
  /** Decodes it. @throws {DataError} `bad-file`, also if it is not of the size that its annotation says */
  readonly image: () => Promise<Image>;
}
/** The BCCD data set: images of blood cells with boxes. */
export interface CellImages {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: readonly CellImage[];
  readonly validation: readonly CellImage[];
  readonly test: readonly CellImage[];
  /** Boxes without area, which were left out: image and object. */
  readonly leftOut: readonly string[];
  readonly source: string;
  readonly licence: string;
  /** `hash64` of names, boxes and compressed images. */
  readonly digest: string;
}

const CLASSES = ["RBC", "WBC", "Platelets"];
const SET: FolderSet = {
  name: "bccd",
  folders: ["bccd", "BCCD_Dataset"],
  files: /^(BCCD\/)?(Annotations\/.*\.xml|JPEGImages\/.*\.jpg|ImageSets\/Main\/(train|val|test)\.txt)$/,
  needs: "BCCD/Annotations, BCCD/JPEGImages and BCCD/ImageSets/Main",
};

/** @throws {DataError} `missing-file` with the places searched, or with the file that lacks; else naming the file */
export async function bccd(options: LocateOptions = {}): Promise<CellImages> {
  return bccdDataset(await readFolder(SET, options));
}

/** The same of files that are at hand, as in a page. @throws {DataError} naming the file and what is wrong in it */
export async function bccdDataset(files: readonly NamedBytes[]): Promise<CellImages> {
  const leftOut: string[] = [];
  const hashed: (string | Uint8Array)[] = [];
  const listed = new Map<string, string>();
  const part = async (list: string): Promise<CellImage[]> => {
    const images: CellImage[] = [];
    for (const name of wordsOf(fileNamed(SET.name, files, `ImageSets/Main/${list}.txt`))) {
      const before = listed.get(name);
      if (before) throw badFile(`${list}.txt`, `${name} is in ${before}.txt already`);
      listed.set(name, list);
      const file = fileNamed(SET.name, files, `JPEGImages/${name}.jpg`);
      const image = await imageOf(name, file, fileNamed(SET.name, files, `Annotations/${name}.xml`), leftOut);
      images.push(image);
      hashed.push(`${list} ${name} ${JSON.stringify(image.boxes)}`, file.bytes);
    }
    return images;
  };
  const [train, validation, test] = [await part("train"), await part("val"), await part("test")];
  return {
    name: SET.name,
    classes: CLASSES,
    ...{ train, validation, test, leftOut },
    source: "repository Shenggan/BCCD_Dataset, after cosmicad and akshaylamba",
    licence: "MIT",
    digest: hash64(...hashed),
  };
}

async function imageOf(name: string, file: NamedBytes, annotation: NamedBytes, leftOut: string[]): Promise<CellImage> {
  const { width, height, objects } = await readVoc(annotation);
  const boxes: CellBox[] = [];
  objects.forEach(({ name: found, box }, k) => {
    const label = labelOf(annotation.path, k, found, CLASSES);
    if (box.xmin < box.xmax && box.ymin < box.ymax) boxes.push({ ...box, label });
    else leftOut.push(`${name}, object ${k + 1}`);
  });
  return { name, width, height, boxes, image: () => decoded(file, width, height) };
}
