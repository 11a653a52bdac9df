/** Archives made by hand, from their specifications (APPNOTE 6.3, POSIX ustar), so that they may also lie. */
import { crc32, deflateRawSync } from "node:zlib";

export interface Entry {
  readonly name: string;
  readonly data?: Uint8Array | string;
  /** Upper half of a zip entry's attributes. */
  readonly mode?: number;
  /** What the archive says of its size, where that is a lie. */
  readonly size?: number;
  readonly crc?: number;
  /** Of tar: `0` a file, `2` a symbolic link, … */
  readonly type?: string;
  readonly link?: string;
}
const bytesOf = ({ data = "" }: Entry): Buffer => Buffer.from(data);

/** @param store without compression */
export function zip(entries: readonly Entry[], store = false): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const entry of entries) {
    const [name, raw] = [Buffer.from(entry.name), bytesOf(entry)];
    const body = store ? raw : deflateRawSync(raw);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(0x0800, 2); // names in UTF-8
    common.writeUInt16LE(store ? 0 : 8, 4);
    common.writeUInt32LE(entry.crc ?? crc32(raw), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(entry.size ?? raw.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, body]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    const made = Buffer.from([20, 3]); // by Unix
    centrals.push(Buffer.concat([Buffer.from("PK\x01\x02"), made, common, rest, name]));
    locals.push(local);
    at += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...locals, central, Buffer.from("PK\x05\x06"), end]);
}

export function tar(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap((entry) => member(entry)), Buffer.alloc(1024)]);
}

function member(entry: Entry): Buffer[] {
  const data = bytesOf(entry);
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  header.write(entry.name, 0, 100);
  header.write(octal(entry.mode ?? 0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(entry.size ?? data.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write(entry.type ?? (entry.name.endsWith("/") ? "5" : "0"), 156);
  header.write(entry.link ?? "", 157, 100);
  header.write("ustar\u000000", 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\u0000 `,
    148,
  );
  return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
}
