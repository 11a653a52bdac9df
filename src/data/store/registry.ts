/**
 * Where data sets come from. Checksums are those that somebody publishes, and say who; where nobody does there is none.
 * Sizes likewise.
 */
import { listNames, UsageError } from "../../base/errors.ts";
import { NAB_FILES } from "./nab.ts";
import { type Algorithm, namesOf, type RemoteFile, type Source } from "./source.ts";

/** Files of one publisher, whose checksums stand in one place. */
const listed =
  (algorithm: Algorithm, source: string) =>
  (name: string, urls: readonly string[], value: string, more: Partial<RemoteFile> = {}): RemoteFile => ({
    name,
    urls,
    checksum: { algorithm, value, source },
    ...more,
  });

const MNIST_PLACES = [
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
];
const FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";
const tfds = (name: string) => listed("sha256", `tensorflow/datasets, url_checksums/${name}.txt`);
const tonic = (name: string) => listed("md5", `neuromorphs/tonic, tonic/datasets/${name}.py`);

function idx(set: string, places: readonly string[], rows: readonly (readonly [string, number, string])[]) {
  const file = tfds(set);
  return rows.map(([name, bytes, sum]) =>
    file(
      name,
      places.map((place) => place + name),
      sum,
      { bytes },
    ),
  );
}

const ECG_COMMIT = "bfd47cff62d26b0812bb2cc24c5f220245443a32";
const ecgFile = (name: string, bytes: number, blob: string): RemoteFile =>
  listed("git-blob", `byin-cwi/Efficient-spiking-networks at ${ECG_COMMIT.slice(0, 7)}`)(
    name,
    [`https://raw.githubusercontent.com/byin-cwi/Efficient-spiking-networks/${ECG_COMMIT}/data/${name}`],
    blob,
    { bytes },
  );

const HEIDELBERG = "https://zenkelab.org/datasets/";
const heidelberg = (name: string, md5: string): RemoteFile =>
  tonic("hsd")(name, [HEIDELBERG + name], md5, { unpack: "zip" });
const CRAMER =
  "Cramer, Stradmann, Schemmel, Zenke 2022, The Heidelberg Spiking Data Sets for the Systematic Evaluation of Spiking Neural Networks, IEEE TNNLS 33(7)";

const MENDELEY = "https://data.mendeley.com/public-files/datasets/468j46mzdv/files/";
const GESTURES = "Amir et al. 2017, A Low Power, Fully Event-Based Gesture Recognition System, CVPR";
const FSDD_COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1";

const voc = listed("md5", "pytorch/vision, torchvision/datasets/voc.py");
const VOC_PLACES = ["http://host.robots.ox.ac.uk/pascal/VOC/", "https://thor.robots.ox.ac.uk/pascal/VOC/"];
/** Sizes: tensorflow/datasets, url_checksums/voc.txt. */
const vocFile = (year: number, name: string, md5: string, bytes: number): RemoteFile =>
  voc(
    name,
    VOC_PLACES.map((place) => `${place}voc${year}/${name}`),
    md5,
    { bytes, unpack: "tar" },
  );
const FLICKR = "images by their owners on Flickr, under Flickr's terms of use";

/** The data sets that can be fetched, and where from. */
export const SOURCES: readonly Source[] = [
  {
    name: "mnist",
    title: "MNIST",
    holds: "70,000 handwritten digits, 28 x 28 grey levels, 60,000 to train and 10,000 to test",
    files: idx("mnist", MNIST_PLACES, [
      ["train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"],
      ["train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"],
      ["t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"],
      ["t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"],
    ]),
    licence: "CC BY-SA 3.0, as commonly stated",
    citation:
      "LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition, Proc. IEEE 86(11)",
    reader: "IDX",
    call: 'idxDataset("mnist")',
    page: "http://yann.lecun.com/exdb/mnist/",
  },
  {
    name: "fashion-mnist",
    title: "Fashion-MNIST",
    holds: "70,000 images of clothing, 28 x 28 grey levels, 60,000 to train and 10,000 to test",
    files: idx(
      "fashion_mnist",
      [FASHION],
      [
        ["train-images-idx3-ubyte.gz", 26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"],
        ["train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"],
        ["t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"],
        ["t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"],
      ],
    ),
    licence: "MIT",
    citation: "Xiao, Rasul, Vollgraf 2017, Fashion-MNIST, arXiv:1708.07747",
    reader: "IDX",
    call: 'idxDataset("fashion-mnist")',
    page: "https://github.com/zalandoresearch/fashion-mnist",
  },
  {
    name: "ecg",
    aliases: ["ecg-qtdb", "qtdb"],
    title: "QT Database as spikes, of Yin et al.",
    holds: "759 electrocardiograms of 1,301 steps, 4 spike trains, one of 6 waves a step; 618 to train and 141 to test",
    files: [
      ecgFile("QTDB_train.mat", 537262, "9b7b226ab15799441864eec5244fba0d331c573b"),
      ecgFile("QTDB_test.mat", 112720, "b83f35dd6562c27c631581316be51366908d2145"),
    ],
    licence: "ODC-By 1.0 (signals), MIT (encoding)",
    citation:
      "Laguna, Mark, Goldberger, Moody 1997, QT Database, Computers in Cardiology 24 (PhysioNet); Yin, Corradi, Bohte 2021, Nature Machine Intelligence 3, 905",
    reader: "MATLAB 5",
    call: "ecg()",
    page: "https://github.com/byin-cwi/Efficient-spiking-networks",
  },
  {
    name: "n-mnist",
    aliases: ["nmnist"],
    title: "N-MNIST",
    holds: "70,000 recordings of MNIST digits by a moving event camera, 34 x 34 pixels, 0.3 s; 60,000 to train",
    files: [
      tonic("nmnist")(
        "Train.zip",
        [`${MENDELEY}39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded`],
        "20959b8e626244a1b502305a9e6e2031",
        { unpack: "zip" },
      ),
      tonic("nmnist")(
        "Test.zip",
        [`${MENDELEY}05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded`],
        "69ca8762b2fe404d9b9bad1103e97832",
        { unpack: "zip" },
      ),
    ],
    licence: "CC BY-SA 4.0",
    citation:
      "Orchard, Jayawant, Cohen, Thakor 2015, Converting static image datasets to spiking neuromorphic datasets using saccades, Front. Neurosci. 9:437",
    reader: "N-MNIST bin",
    call: "nMnist()",
    unpacked: ["Train", "Test"],
    page: "https://www.garrickorchard.com/datasets/n-mnist",
  },
  {
    name: "dvs128-gesture",
    aliases: ["dvs-gesture"],
    title: "DVS128 Gesture",
    holds: "11 gestures of 29 people before an event camera of 128 x 128 pixels, recordings with a table of labels",
    files: [
      listed("md5", "SpikingJelly, spikingjelly/datasets/dvs128_gesture.py")(
        "DvsGesture.tar.gz",
        ["https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8/folder/50167556794"],
        "8a5c71fb11e24e5ca5b11866ca6c00a1",
        { unpack: "tar.gz" },
      ),
    ],
    unpackedBytes: 5e9, // "5 GB for the extracted data", its README
    licence: "CC BY 4.0",
    citation: GESTURES,
    reader: "AEDAT 3.1",
    call: "dvsGesture()",
    unpacked: ["DvsGesture/trials_to_train.txt", "DvsGesture/trials_to_test.txt"],
    page: "https://research.ibm.com/interactive/dvsgesture/",
    byHand: "its publisher hands it out in a browser only",
  },
  {
    name: "dvs128-gesture-cut",
    title: "DVS128 Gesture, cut by Tonic",
    holds:
      "1,341 samples of one gesture each, as the Tonic project cut the recordings, 128 x 128 pixels, times in ms; 1,077 to train",
    files: [
      tonic("dvsgesture")(
        "ibmGestureTrain.tar.gz",
        ["https://figshare.com/ndownloader/files/38022171"],
        "3a8f0d4120a166bac7591f77409cb105",
        { unpack: "tar.gz" },
      ),
      tonic("dvsgesture")(
        "ibmGestureTest.tar.gz",
        ["https://figshare.com/ndownloader/files/38020584"],
        "56070e45dadaa85fff82e0fbfbc06de5",
        { unpack: "tar.gz" },
      ),
    ],
    licence: "CC BY 4.0",
    citation: GESTURES,
    reader: "NumPy npy",
    call: "dvsGestureCut()",
    unpacked: ["ibmGestureTrain", "ibmGestureTest"],
    page: "https://tonic.readthedocs.io/",
  },
  {
    name: "shd",
    title: "Spiking Heidelberg Digits",
    holds: "10,420 spoken digits, German and English, as spikes of 700 channels of a cochlea; 20 classes",
    files: [
      heidelberg("shd_train.h5.zip", "f3252aeb598ac776c1b526422d90eecb"),
      heidelberg("shd_test.h5.zip", "1503a5064faa34311c398fb0a1ed0a6f"),
    ],
    licence: "CC BY 4.0",
    citation: CRAMER,
    reader: "HDF5 (SHD)",
    call: "shd()",
    unpacked: ["shd_train.h5", "shd_test.h5"],
    page: "https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/",
  },
  {
    name: "ssc",
    title: "Spiking Speech Commands",
    holds: "Google Speech Commands as spikes of 700 channels of a cochlea; 35 classes",
    files: [
      heidelberg("ssc_train.h5.zip", "d102be95e7144fcc0553d1f45ba94170"),
      heidelberg("ssc_valid.h5.zip", "b4eee3516a4a90dd0c71a6ac23a8ae43"),
      heidelberg("ssc_test.h5.zip", "a35ff1e9cffdd02a20eb850c17c37748"),
    ],
    licence: "CC BY 4.0",
    citation: CRAMER,
    reader: "HDF5 (SHD)",
    call: "ssc()",
    unpacked: ["ssc_train.h5", "ssc_valid.h5", "ssc_test.h5"],
    page: "https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/",
  },
  {
    name: "speech-commands",
    aliases: ["gsc"],
    title: "Google Speech Commands v0.02",
    holds: "105,829 recordings of a second of 35 spoken words, 16 kHz, with lists of validation and test files",
    files: [
      tfds("speech_commands")(
        "speech_commands_v0.02.tar.gz",
        [
          "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
          "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        ],
        "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
        { bytes: 2428923189, unpack: "tar.gz" },
      ),
    ],
    licence: "CC BY 4.0",
    citation: "Warden 2018, Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, arXiv:1804.03209",
    reader: "WAV",
    call: "speechCommands()",
    unpacked: ["validation_list.txt", "testing_list.txt"],
    page: "https://www.tensorflow.org/datasets/catalog/speech_commands",
  },
  {
    name: "fsdd",
    aliases: ["free-spoken-digit-dataset"],
    title: "Free Spoken Digit Dataset",
    holds: "3,000 recordings of spoken English digits by 6 speakers, 8 kHz; index 0 to 4 to test, the others to train",
    files: [
      {
        name: "fsdd.tar.gz",
        urls: [`https://codeload.github.com/Jakobovski/free-spoken-digit-dataset/tar.gz/${FSDD_COMMIT}`],
        unpack: "tar.gz",
        strip: 1,
      },
    ],
    licence: "CC BY-SA 4.0",
    citation: "Jackson, Souza, Flaks, Pan, Nicolas, Thite 2018, Free Spoken Digit Dataset, doi:10.5281/zenodo.1342401",
    reader: "WAV",
    call: "fsdd()",
    unpacked: ["recordings"],
    page: "https://github.com/Jakobovski/free-spoken-digit-dataset",
  },
  {
    name: "nab",
    aliases: ["NAB"],
    title: "Numenta Anomaly Benchmark v1.1",
    holds: "58 time series, 365,558 records, with the times at which something was wrong",
    files: NAB_FILES,
    licence: "MIT",
    citation:
      "Lavin, Ahmad 2015, Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark, ICMLA",
    reader: "NAB (CSV, JSON)",
    call: "nab()",
    page: "https://github.com/numenta/NAB",
  },
  {
    name: "emg",
    aliases: ["emg-gestures"],
    title: "EMG data for gestures (MYO armband)",
    holds: "36 people, 8 electrodes around the forearm, 6 or 7 gestures, two recordings each, times in ms",
    files: [
      {
        name: "emg_data_for_gestures.zip",
        urls: ["https://archive.ics.uci.edu/static/public/481/emg+data+for+gestures.zip"],
        unpack: "zip",
      },
    ],
    licence: "CC BY 4.0",
    citation:
      "Lobov, Krilova, Kastalskiy, Kazantsev, Makarov 2018, Latent Factors Limiting the Performance of sEMG-Interfaces, Sensors 18(4):1122; doi:10.24432/C5ZP5C",
    reader: "EMG text",
    call: "emgGestures()",
    unpacked: ["EMG_data_for_gestures-master"],
    page: "https://archive.ics.uci.edu/dataset/481/emg+data+for+gestures",
  },
  {
    name: "voc2007",
    title: "PASCAL VOC 2007",
    holds: "9,963 photographs with boxes around objects of 20 classes; 5,011 to train and validate, 4,952 to test",
    files: [
      vocFile(2007, "VOCtrainval_06-Nov-2007.tar", "c52e279531787c972589f7e41ab4ae64", 460032000),
      vocFile(2007, "VOCtest_06-Nov-2007.tar", "b6e924de25625d8de591ea690078ad9f", 451020800),
    ],
    licence: FLICKR,
    citation: "Everingham, Van Gool, Williams, Winn, Zisserman, The PASCAL Visual Object Classes Challenge 2007",
    reader: "PASCAL VOC",
    call: "voc2007()",
    unpacked: ["VOCdevkit/VOC2007/ImageSets/Main/trainval.txt", "VOCdevkit/VOC2007/ImageSets/Main/test.txt"],
    page: "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/",
  },
  {
    name: "voc2012",
    title: "PASCAL VOC 2012",
    holds: "17,125 photographs; boxes around objects of 20 classes in 11,540 of them, to train and validate",
    files: [vocFile(2012, "VOCtrainval_11-May-2012.tar", "6cd6e144f989b92b3379bac3b3de84fd", 1999639040)],
    licence: FLICKR,
    citation: "Everingham, Van Gool, Williams, Winn, Zisserman, The PASCAL Visual Object Classes Challenge 2012",
    reader: "PASCAL VOC",
    call: "voc2012()",
    unpacked: ["VOCdevkit/VOC2012/ImageSets/Main/trainval.txt"],
    page: "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
  },
];

/** @throws {UsageError} `unknown-name` */
export function sourceOf(name: string, sources: readonly Source[] = SOURCES): Source {
  const found = sources.find((source) => namesOf(source).includes(name));
  if (found) return found;
  const known = listNames(sources.map((source) => source.name));
  throw new UsageError("unknown-name", name, `unknown data set; known: ${known}`);
}
