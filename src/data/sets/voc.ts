/**
 * PASCAL VOC 2007 and 2012: photographs with boxes about objects of 20 classes. Lists in `ImageSets/Main` say what is to
 * train, to validate and, in 2007, to test; what the boxes of the test of 2012 are was never published. The published
 * scores are of objects that are not marked as difficult, and boxes count pixels from 1, both edges included.
 *
 * @see Everingham et al. 2010, The PASCAL Visual Object Classes (VOC) Challenge, IJCV 88(2)
 */
import { badFile, type NamedBytes } from "../format/bytes.ts";
import type { Image } from "../format/image.ts";
import { readJpeg } from "../format/jpeg.ts";
import { readVoc, type VocObject } from "../format/voc.ts";
import { type LocateOptions, missing } from "../locate.ts";
import { requireIndex, type SampleStore } from "../stored.ts";
import { listed, listFolder, namesListed, provenanceOf, readAll, readOne, registered } from "./folder.ts";

export interface LabelledObject extends VocObject {
  /** Of the classes. */
  readonly label: number;
}
/** One image, and the boxes of the objects in it. */
export interface Photograph {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly LabelledObject[];
  /** Reads and decodes it. @throws {DataError} `missing-file`, `bad-file`, also if it is not of the size that its annotation says */
  readonly image: () => Promise<Image>;
}
export interface PhotographStore extends SampleStore<readonly Photograph[]> {
  /** Shape [count]. */
  readonly names: readonly string[];
}
/** The photographs of one year of PASCAL VOC, by the official image sets. */
export interface VocSet {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: PhotographStore;
  readonly validation: PhotographStore;
  readonly source: string;
  readonly licence: string;
}
/** A year whose test images have annotations, too. */
export interface TestedVocSet extends VocSet {
  readonly test: PhotographStore;
}

export const VOC_CLASSES: readonly string[] = [
  ...["aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"],
  ...["diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"],
];

/**
 * Lists the photographs, 2,501 to train, 2,510 to validate and 4,952 to test. Annotations are read when they are asked for,
 * and images when those are.
 *
 * @throws {DataError} `missing-file` with the places searched, or the list that lacks; `bad-file` for lists that overlap;
 *   when reading, as `readVoc` and `readJpeg`, and `bad-file` for an object of no class
 */
export async function voc2007(options: LocateOptions = {}): Promise<TestedVocSet> {
  const [train, validation, test] = await partsOf(2007, ["train", "val", "test"], options);
  return { ...about("voc2007"), train: train!, validation: validation!, test: test! };
}

/** As `voc2007`: 5,717 to train and 5,823 to validate. @throws {DataError} as `voc2007` */
export async function voc2012(options: LocateOptions = {}): Promise<VocSet> {
  const [train, validation] = await partsOf(2012, ["train", "val"], options);
  return { ...about("voc2012"), train: train!, validation: validation! };
}

const about = (name: string) => ({ name, classes: VOC_CLASSES, ...provenanceOf(name) });

async function partsOf(year: number, lists: readonly string[], options: LocateOptions): Promise<PhotographStore[]> {
  const pattern = new RegExp(`^((?:VOCdevkit/)?(?:VOC${year}/)?)ImageSets/Main/(?:${lists.join("|")})\\.txt$`);
  const needs = `VOCdevkit/VOC${year}/ with ImageSets/Main/${lists.join(".txt, ")}.txt, Annotations and JPEGImages`;
  const listing = await listFolder(registered(`voc${year}`, { files: pattern, needs, levels: 4 }), options);
  const root = listed(listing, pattern, needs)[0]![1]!;
  for (const list of lists)
    if (!listing.names.includes(`${root}ImageSets/Main/${list}.txt`))
      throw missing(listing.set.name, `ImageSets/Main/${list}.txt`, [`${listing.folder}/${root}`]);
  return photographs(`${listing.folder}/${root}`, lists, VOC_CLASSES);
}

/**
 * The photographs of lists in a folder of this layout, list by list.
 *
 * @param folder ends with `/`
 */
export async function photographs(
  folder: string,
  lists: readonly string[],
  classes: readonly string[],
): Promise<PhotographStore[]> {
  const before = new Map<string, string>();
  const stores: PhotographStore[] = [];
  for (const list of lists) {
    const path = `${folder}ImageSets/Main/${list}.txt`;
    const names = await namesListed(path);
    for (const name of names) {
      if (before.has(name)) throw badFile(path, `${name} is in ${before.get(name)}.txt already`);
      before.set(name, list);
    }
    stores.push(storeOf(folder, names, classes));
  }
  return stores;
}

function storeOf(folder: string, names: readonly string[], classes: readonly string[]): PhotographStore {
  return {
    names,
    count: names.length,
    async read(indices) {
      const wanted = Array.from(indices, (_, k) => names[requireIndex(names.length, indices, k)]!);
      const annotations = await readAll(wanted.map((name) => `${folder}Annotations/${name}.xml`));
      return Promise.all(wanted.map((name, k) => photographOf(name, folder, annotations[k]!, classes)));
    },
  };
}

async function photographOf(
  name: string,
  folder: string,
  annotation: NamedBytes,
  classes: readonly string[],
): Promise<Photograph> {
  const { width, height, objects } = await readVoc(annotation);
  return {
    ...{ name, width, height },
    objects: objects.map((object, k) => ({ ...object, label: labelOf(annotation.path, k, object.name, classes) })),
    image: async () => decoded(await readOne(`${folder}JPEGImages/${name}.jpg`), width, height),
  };
}

/** Which class object k of an annotation is of. @throws {DataError} `bad-file` */
export function labelOf(path: string, k: number, name: string, classes: readonly string[]): number {
  const label = classes.indexOf(name);
  if (label >= 0) return label;
  throw badFile(path, `object ${k + 1}: expected one of ${classes.join(", ")}, found '${name}'`);
}

/** An image of the size that its annotation says. @throws {DataError} `bad-file` */
export async function decoded(file: NamedBytes, width: number, height: number): Promise<Image> {
  const image = await readJpeg(file);
  if (image.width === width && image.height === height) return image;
  throw badFile(file.path, `is ${image.width} x ${image.height}, its annotation says ${width} x ${height}`);
}
