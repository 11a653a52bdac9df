/**
 * Google Speech Commands v0.02: recordings of one of 35 words, of a second or less, 16 kHz, by 2,618 speakers, and longer
 * ones of noise. Its lists say what is to validate and to test; no speaker is in two parts.
 *
 * @see Warden 2018, arXiv:1804.03209
 */
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { readWave } from "../format/wave.ts";
import { type LocateOptions, missing } from "../locate.ts";
import { requireIndex, type SampleStore } from "../stored.ts";
import { type Listing, listed, listFolder, namesListed, provenanceOf, readAll, registered } from "./folder.ts";

/** One spoken word of about a second. */
export interface Utterance {
  /** Of the file, as `bed/00176480_nohash_0.wav`. */
  readonly name: string;
  /** Which word. */
  readonly label: number;
  /** The same for the same person; nothing else is known of who it is. */
  readonly speaker: string;
  /** In [-1, 1), 16,000 a second; at most that many. */
  readonly samples: Float32Array;
}
export interface UtteranceStore extends SampleStore<readonly Utterance[]> {
  /** Shape [count]. */
  readonly labels: Uint8Array;
  /** Shape [count]. */
  readonly names: readonly string[];
  /** Shape [count]. */
  readonly speakers: readonly string[];
}
/** The words by the official lists of training, validation and test. */
export interface SpeechCommandsSet {
  readonly name: string;
  /** The words, in alphabetical order. */
  readonly classes: readonly string[];
  /** Samples a second. */
  readonly rate: number;
  readonly train: UtteranceStore;
  readonly validation: UtteranceStore;
  readonly test: UtteranceStore;
  /** Noise to be mixed in, of a minute or so; belongs to no part. */
  readonly background: SampleStore<readonly Float32Array[]> & { readonly names: readonly string[] };
  readonly source: string;
  readonly licence: string;
}

const NAME = "speech-commands";
const RATE = 16_000;
const CLASSES = [
  ...["backward", "bed", "bird", "cat", "dog", "down", "eight", "five", "follow", "forward", "four", "go"],
  ...["happy", "house", "learn", "left", "marvin", "nine", "no", "off", "on", "one", "right", "seven", "sheila"],
  ...["six", "stop", "three", "tree", "two", "up", "visual", "wow", "yes", "zero"],
];
const LISTS = ["validation_list.txt", "testing_list.txt"] as const;
const NOISE = "_background_noise_";
const SET = registered(NAME, {
  files: /^((validation|testing)_list\.txt|[^/.][^/]*\/[^/.][^/]*\.wav)$/,
  needs: `${LISTS.join(", ")} and the recordings <word>/<speaker>_nohash_<number>.wav`,
});

/**
 * Lists the recordings, in the order of their names; each is read when it is asked for. The parts have 84,843, 9,981 and
 * 11,005.
 *
 * @throws {DataError} `missing-file` with the places searched, or the file that lacks; `bad-file` for a recording that is
 *   called after no word; when reading, as `readWave`, and `bad-file` for sound of another rate
 */
export async function speechCommands(options: LocateOptions = {}): Promise<SpeechCommandsSet> {
  const listing = await listFolder(SET, options);
  const [validation, test] = [await readList(listing, LISTS[0]), await readList(listing, LISTS[1])];
  const all = listed(listing, /^(?!_)([^/]+)\/([^/]+)\.wav$/, "the recordings <word>/<speaker>_nohash_<number>.wav");
  const there = new Set(all.map(([name]) => name));
  requireDisjoint(listing, validation, test);
  for (const list of [validation, test]) for (const name of list) if (!there.has(name)) throw lost(listing, name);
  const part = (has: (name: string) => boolean) =>
    storeOf(
      listing,
      all.filter(([name]) => has(name)),
    );
  return {
    ...{ name: NAME, classes: CLASSES, rate: RATE },
    train: part((name) => !validation.has(name) && !test.has(name)),
    validation: part((name) => validation.has(name)),
    test: part((name) => test.has(name)),
    background: noiseOf(listing),
    ...provenanceOf(NAME),
  };
}

const lost = ({ folder }: Listing, name: string): Error => missing(NAME, `${name}, which a list names`, [folder]);

async function readList(listing: Listing, list: (typeof LISTS)[number]): Promise<Set<string>> {
  if (!listing.names.includes(list)) throw missing(NAME, list, [listing.folder]);
  return new Set(await namesListed(`${listing.folder}/${list}`));
}

function requireDisjoint({ folder }: Listing, validation: ReadonlySet<string>, test: ReadonlySet<string>): void {
  for (const name of test)
    if (validation.has(name)) throw badFile(`${folder}/${LISTS[1]}`, `${name} is in ${LISTS[0]} already`);
}

function storeOf({ folder }: Listing, found: readonly RegExpExecArray[]): UtteranceStore {
  const entries = found.map(([name, word, file]) => {
    const label = CLASSES.indexOf(word!);
    const speaker = /^([0-9a-f]+)_nohash_\d+$/.exec(file!)?.[1];
    if (label < 0) throw badFile(`${folder}/${name}`, `is called after none of the words ${CLASSES.join(", ")}`);
    if (speaker === undefined) throw badFile(`${folder}/${name}`, "expected a name <speaker>_nohash_<number>.wav");
    return { name, label, speaker };
  });
  return {
    count: entries.length,
    labels: Uint8Array.from(entries, ({ label }) => label),
    names: entries.map(({ name }) => name),
    speakers: entries.map(({ speaker }) => speaker),
    async read(indices) {
      const wanted = Array.from(indices, (_, k) => entries[requireIndex(entries.length, indices, k)]!);
      const files = await readAll(wanted.map(({ name }) => `${folder}/${name}`));
      return Promise.all(wanted.map(async (entry, k) => ({ ...entry, samples: await samplesOf(files[k]!, RATE) })));
    },
  };
}

function noiseOf({ folder, names: all }: Listing): SpeechCommandsSet["background"] {
  const names = all.filter((name) => name.startsWith(`${NOISE}/`));
  return {
    names,
    count: names.length,
    async read(indices) {
      const wanted = Array.from(indices, (_, k) => names[requireIndex(names.length, indices, k)]!);
      const files = await readAll(wanted.map((name) => `${folder}/${name}`));
      return Promise.all(files.map((file) => samplesOf(file)));
    },
  };
}

/** @param most samples; without it, as many as there are */
async function samplesOf(file: NamedBytes, most = Infinity): Promise<Float32Array> {
  const { rate, channels, data } = await readWave(file);
  if (rate !== RATE || channels !== 1)
    throw badFile(file.path, `expected one channel of ${RATE} samples a second, found ${channels} of ${rate}`);
  if (!(data.length >= 1 && data.length <= most))
    throw badFile(file.path, `expected 1 to ${most} samples, found ${data.length}`);
  return Float32Array.from(data);
}
