/**
 * Text messages, wanted (ham) or not (spam). Some come more than once: leave repetitions out before splitting, or the test
 * set is partly known. The set names no split.
 *
 * @see Almeida, Gómez Hidalgo, Yamakami 2011, Contributions to the study of SMS spam filtering, DocEng
 */
import { hash64 } from "../../base/hash.ts";
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { readCsv } from "../format/csv.ts";
import { columnOf } from "../format/table.ts";
import { type LocateOptions, readFiles } from "../locate.ts";

/** The SMS spam collection. */
export interface SmsSpamSet {
  readonly name: string;
  readonly classes: readonly string[];
  readonly messages: readonly string[];
  /** Shape [messages]. */
  readonly labels: Uint8Array;
  /** Numbers of the messages that, with their label, repeat no earlier one. */
  readonly distinct: Uint32Array;
  readonly source: string;
  readonly licence: string;
  /** `hash64` of messages and labels. */
  readonly digest: string;
}

const NAME = "sms-spam";
const FILE = "SMSSpamCollection";
const CLASSES = ["ham", "spam"];

/** @throws {DataError} `missing-file` with the places searched; else naming the file and the line */
export async function smsSpam(options: LocateOptions = {}): Promise<SmsSpamSet> {
  const [file] = await readFiles(NAME, [FILE], options);
  return smsSpamDataset(file!);
}

/** The same of a file that is at hand, with a header (`Label`, `SMS`) or, as first published, without. @throws {DataError} */
export async function smsSpamDataset(file: NamedBytes): Promise<SmsSpamSet> {
  const names = ["label", "message"];
  const table = await readCsv(file, {
    separator: "\t",
    quote: "",
    header: false,
    names,
    kinds: { label: "text", message: "text" },
  });
  const marks = columnOf(table, "label", "text").values;
  const first = Number(marks[0] === "Label");
  const messages = columnOf(table, "message", "text")
    .values.slice(first)
    .map((text) => text ?? "");
  const labels = Uint8Array.from(marks.slice(first), (mark, k) => labelOf(file.path, mark, k + first + 1));
  if (messages.length === 0) throw badFile(file.path, "holds no message");
  return {
    name: NAME,
    classes: CLASSES,
    messages,
    labels,
    distinct: distinctOf(messages, labels),
    source: "Almeida, Gómez Hidalgo, Yamakami 2011, DocEng; UCI, SMS Spam Collection",
    licence: "CC BY 4.0",
    digest: hash64(messages.join("\n"), labels),
  };
}

function labelOf(path: string, mark: string | undefined, row: number): number {
  const label = CLASSES.indexOf(mark ?? "");
  if (label < 0) throw badFile(path, `row ${row}: expected ${CLASSES.join(" or ")}, found '${mark ?? ""}'`);
  return label;
}

function distinctOf(messages: readonly string[], labels: Uint8Array): Uint32Array {
  const seen = new Set<string>();
  return Uint32Array.from([...messages.keys()].filter((k) => seen.size < seen.add(`${labels[k]} ${messages[k]}`).size));
}
