/** The two sets of 70,000 grey images in IDX files: MNIST and its drop-in successor. */
import { type Dataset, dataset } from "../dataset.ts";
import { idxExamples } from "../format/idx.ts";
import { type LocateOptions, readFiles } from "../locate.ts";

/** Of either set. */
export const IDX_FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
] as const;
const SHAPE = [28, 28];

interface IdxSet {
  readonly classes: readonly string[];
  readonly source: string;
  readonly licence: string;
}
/** Data sets that `idxDataset` reads. */
export type IdxName = "mnist" | "fashion-mnist";

const SETS: Readonly<Record<IdxName, IdxSet>> = {
  mnist: {
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    source: "LeCun, Cortes, Burges, The MNIST database of handwritten digits; LeCun et al. 1998, Proc. IEEE 86(11)",
    licence: "CC BY-SA 3.0",
  },
  "fashion-mnist": {
    classes: ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
    source: "Xiao, Rasul, Vollgraf 2017, Fashion-MNIST, arXiv:1708.07747",
    licence: "MIT",
  },
};

/**
 * Reads a set from its four IDX files.
 *
 * @throws {DataError} `missing-file` with the places searched; `bad-file` or `out-of-range` naming the file
 */
export async function idxDataset(name: IdxName, options: LocateOptions = {}): Promise<Dataset> {
  const { classes, source, licence } = SETS[name];
  const [trainImages, trainLabels, testImages, testLabels] = await readFiles(name, IDX_FILES, options);
  const [train, test] = await Promise.all([
    idxExamples(trainImages!, trainLabels!, SHAPE, classes.length),
    idxExamples(testImages!, testLabels!, SHAPE, classes.length),
  ]);
  return dataset({ name, classes, shape: SHAPE, train, test, source, licence });
}
