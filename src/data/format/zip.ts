/**
 * ZIP archives, as far as NumPy writes them: members that are stored or deflated, with sizes of 64 bits where needed.
 * The directory at the end is what counts; of the members' own heads only the length is used.
 *
 * @see PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3
 */
import { DataError } from "../../base/errors.ts";
import { badFile, type NamedBytes, viewOf } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { BEST_DEFLATE, inflated } from "./inflate.ts";

export interface Member {
  readonly name: string;
  /** Bytes when inflated, as the directory says. */
  readonly size: number;
  /** @throws {DataError} `bad-file`; `unsupported` for encryption and other compressions */
  readonly read: () => Promise<Uint8Array>;
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Of the member's own head. */
  readonly head: number;
  /** Of its entry in the directory. */
  readonly at: number;
}

const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;

/** @throws {DataError} `bad-file` with the byte */
export function zipMembers(file: NamedBytes): Member[] {
  return entriesOf(file).map((entry) => ({ name: entry.name, size: entry.size, read: () => readMember(file, entry) }));
}

const malformed = ({ path }: NamedBytes, at: number, problem: string): DataError =>
  badFile(path, `at byte ${at}: ${problem}`);

function entriesOf(file: NamedBytes): Entry[] {
  const { count, from, end } = directoryOf(file);
  const entries: Entry[] = [];
  const names = new Set<string>();
  let at = from;
  for (let k = 0; k < count; k++) {
    const { entry, next } = entryAt(file, at, end);
    if (names.has(entry.name)) throw malformed(file, at, `there is a member ${entry.name} already`);
    names.add(entry.name);
    entries.push(entry);
    at = next;
  }
  if (at !== end) throw malformed(file, at, `the directory ends here, ${end - at} bytes before what follows it`);
  return entries;
}

interface Directory {
  readonly count: number;
  readonly from: number;
  readonly end: number;
}

function directoryOf(file: NamedBytes): Directory {
  const view = viewOf(file.bytes);
  const at = endRecord(file, view);
  const directory = {
    count: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    from: view.getUint32(at + 16, true),
  };
  const large = directory.count === 0xffff || directory.size === 0xffffffff || directory.from === 0xffffffff;
  const { count, size, from } = large ? directory64(file, view, at) : directory;
  if (!(from + size <= at)) throw malformed(file, at, `the directory would lie at bytes ${from} to ${from + size}`);
  return { count, from, end: from + size };
}

/** The record that ends the file, a comment aside. */
function endRecord(file: NamedBytes, view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--)
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  throw malformed(file, view.byteLength, "not a ZIP archive, or truncated: the record is missing that ends one");
}

function directory64(file: NamedBytes, view: DataView, end: number): { count: number; size: number; from: number } {
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64)
    throw malformed(file, end, "sizes of 64 bits are announced, and not there");
  const at = Number(view.getBigUint64(locator + 8, true));
  if (at > locator - 56 || view.getUint32(at, true) !== END_64)
    throw malformed(file, locator + 8, `there is no record of 64 bits at byte ${at}`);
  const [count, size, from] = [32, 40, 48].map((offset) => Number(view.getBigUint64(at + offset, true)));
  return { count: count!, size: size!, from: from! };
}

function entryAt(file: NamedBytes, at: number, end: number): { entry: Entry; next: number } {
  const view = viewOf(file.bytes);
  if (end - at < ENTRY_BYTES || view.getUint32(at, true) !== ENTRY)
    throw malformed(file, at, "expected a member's entry");
  const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
  const next = at + ENTRY_BYTES + name! + extra! + comment!;
  if (next > end) throw malformed(file, at, `the entry ends at byte ${next}, the directory at ${end}`);
  const nameEnd = at + ENTRY_BYTES + name!;
  const sizes = { packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true) };
  const entry = {
    name: new TextDecoder().decode(file.bytes.subarray(at + ENTRY_BYTES, nameEnd)),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    head: view.getUint32(at + 42, true),
    at,
    ...sizes,
  };
  return { entry: { ...entry, ...large(file, view, entry, nameEnd, nameEnd + extra!) }, next };
}

/** What an entry keeps in 64 bits: those of size, packed size and place that are all ones, in this order. */
function large(file: NamedBytes, view: DataView, entry: Entry, from: number, end: number): Partial<Entry> {
  const wanted = (["size", "packed", "head"] as const).filter((field) => entry[field] === 0xffffffff);
  if (wanted.length === 0) return {};
  for (let at = from; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    if (at + 4 + 8 * wanted.length > end) break;
    return Object.fromEntries(wanted.map((field, k) => [field, Number(view.getBigUint64(at + 4 + 8 * k, true))]));
  }
  throw malformed(file, entry.at, "sizes of 64 bits are announced, and not there");
}

async function readMember(file: NamedBytes, entry: Entry): Promise<Uint8Array> {
  const refuse = (problem: string): DataError => malformed(file, entry.at, `member ${entry.name}: ${problem}`);
  if (entry.flags & ENCRYPTED) throw new DataError("unsupported", file.path, `member ${entry.name} is encrypted`);
  const packed = packedBytes(file, entry, refuse);
  const bytes = await unpack(file, entry, packed, refuse);
  if (crc32(bytes) !== entry.crc) throw refuse("its checksum is not that of its bytes");
  return bytes;
}

function packedBytes(
  { bytes }: NamedBytes,
  { head, packed }: Entry,
  refuse: (problem: string) => DataError,
): Uint8Array {
  const view = viewOf(bytes);
  if (!(head + LOCAL_BYTES <= bytes.length) || view.getUint32(head, true) !== LOCAL)
    throw refuse(`there is no member at byte ${head}`);
  const from = head + LOCAL_BYTES + view.getUint16(head + 26, true) + view.getUint16(head + 28, true);
  if (!(from + packed <= bytes.length))
    throw refuse(`truncated: it has ${packed} bytes from byte ${from}, the file ends at ${bytes.length}`);
  return bytes.subarray(from, from + packed);
}

async function unpack(
  { path }: NamedBytes,
  { name, method, size }: Entry,
  packed: Uint8Array,
  refuse: (problem: string) => DataError,
): Promise<Uint8Array> {
  if (method === STORED) {
    if (packed.length !== size) throw refuse(`it is stored in ${packed.length} bytes, and says that it has ${size}`);
    return packed;
  }
  if (method !== DEFLATED)
    throw new DataError(
      "unsupported",
      path,
      `member ${name} is compressed by method ${method}; read are 0 (stored) and 8`,
    );
  if (size > packed.length * BEST_DEFLATE) throw refuse(`${packed.length} bytes cannot hold ${size}`);
  const bytes = new Uint8Array(size);
  let have = 0;
  for await (const chunk of inflated(packed, "deflate-raw", (problem) => refuse(problem))) {
    if (have + chunk.length > size) throw refuse(`it holds more than the ${size} bytes that it says`);
    bytes.set(chunk, have);
    have += chunk.length;
  }
  if (have < size) throw refuse(`it holds ${have} bytes, and says that it has ${size}`);
  return bytes;
}
