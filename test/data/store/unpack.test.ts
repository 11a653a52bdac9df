/** Archives: what comes out is what went in, and what is hostile is refused. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { partsOf } from "../../../src/data/store/names.ts";
import type { Packing } from "../../../src/data/store/source.ts";
import { type UnpackOptions, unpack } from "../../../src/data/store/unpack.ts";
import { type Entry, tar, zip } from "./archives.ts";

let root: string;
let into: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rheobase-"));
  into = join(root, "into");
  mkdirSync(into);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function unpackBytes(bytes: Uint8Array, packing: Packing, options: UnpackOptions = {}, name = "archive") {
  writeFileSync(join(root, name), bytes);
  return unpack(join(root, name), packing, into, options);
}
const PACKERS: readonly [string, Packing, (entries: readonly Entry[]) => Uint8Array][] = [
  ["zip", "zip", zip],
  ["zip, stored", "zip", (entries) => zip(entries, true)],
  ["tar", "tar", tar],
  ["tar.gz", "tar.gz", (entries) => gzipSync(tar(entries))],
];
const FILES: readonly Entry[] = [
  { name: "a/", mode: 0o040755 },
  { name: "a/one.txt", data: "one" },
  { name: "./a/b/two.bin", data: Uint8Array.from({ length: 100_000 }, (_, k) => (k * k) >> 3) },
  { name: "empty", data: "" },
  { name: "näh/☃", data: "snow" },
];

describe.each(PACKERS)("%s", (_, packing, pack) => {
  test("gives back what was packed, with sizes and checksums", async () => {
    const files = await unpackBytes(pack(FILES), packing);
    const expected = FILES.filter(({ name }) => !name.endsWith("/")).map(({ name, data = "" }) => {
      const bytes = Buffer.from(data);
      return {
        name: name.replace("./", ""),
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      };
    });
    expect(files).toEqual(expected);
    for (const { name, data = "" } of FILES)
      if (!name.endsWith("/")) expect(Buffer.compare(readFileSync(join(into, name)), Buffer.from(data))).toBe(0);
  });
  test("leaves out leading folders", async () => {
    const files = await unpackBytes(
      pack([
        { name: "top/", mode: 0o040755 },
        { name: "top/x/y", data: "1" },
      ]),
      packing,
      { strip: 1 },
    );
    expect(files.map(({ name }) => name)).toEqual(["x/y"]);
  });

  const refused = async (entries: readonly Entry[], message: RegExp | string, options: UnpackOptions = {}) => {
    const unpacking = unpackBytes(pack(entries), packing, options);
    await expect(unpacking).rejects.toBeInstanceOf(DataError);
    await expect(unpacking).rejects.toMatchObject({ code: "bad-file" });
    await expect(unpacking).rejects.toThrow(message);
    expect(readdirSync(root).sort()).toEqual(["archive", "into"]);
  };
  test.each([
    ["../out", /leads out of the folder|invalid relative path/],
    ["a/../../out", /leads out of the folder|invalid relative path/],
    ["/tmp/out", /is an absolute path|absolute path/],
    ["C:/out", /is an absolute path|absolute path/],
    ["a\\..\\..\\out", /has a character|invalid relative path/],
    ["a\nb", /has a character/],
  ])("refuses the name %j", async (name, message) => {
    await refused(
      [
        { name: "good", data: "1" },
        { name, data: "2" },
      ],
      message,
    );
    expect(existsSync("/tmp/out")).toBe(false);
  });
  test("refuses a name that is there twice", async () => {
    await refused(
      [
        { name: "x", data: "1" },
        { name: "./x", data: "2" },
      ],
      /"\.\/x" is there twice/,
    );
  });
  test("refuses more bytes than it may write, before it writes them", async () => {
    await refused([{ name: "big", data: new Uint8Array(5000) }], /says that it unpacks to 5000 bytes; at most 4999/, {
      most: 4999,
    });
    expect(readdirSync(into)).toEqual([]);
  });
  test("refuses an archive of nothing", () => refused([], /holds no file|not a whole and valid/));
  test("refuses one that ends too early, or is something else", async () => {
    const whole = pack(FILES);
    for (const part of [whole.subarray(0, whole.length / 2), Buffer.from("<html>sorry</html>")]) {
      await expect(unpackBytes(part, packing)).rejects.toMatchObject({ code: "bad-file" });
      rmSync(into, { recursive: true });
      mkdirSync(into);
    }
  });
});

describe("zip", () => {
  test("refuses symbolic links and devices", async () => {
    for (const mode of [0o120777, 0o020644])
      await expect(unpackBytes(zip([{ name: "l", data: "/etc", mode }]), "zip")).rejects.toThrow(
        'entry "l" is a link or a device',
      );
    expect(readdirSync(into)).toEqual([]);
  });
  test("refuses data that are damaged", async () => {
    await expect(unpackBytes(zip([{ name: "x", data: "abc", crc: 1 }]), "zip")).rejects.toThrow("is damaged");
  });
  test("refuses more data than an entry says, without writing them all", async () => {
    const bomb = zip([{ name: "x", data: new Uint8Array(2 ** 22), size: 10 }]);
    await expect(unpackBytes(bomb, "zip")).rejects.toThrow(/too many bytes|x/);
    expect(readFileSync(join(into, "x")).length).toBeLessThan(2 ** 18);
  });
  test("a bomb of many entries is refused by what it says of itself", async () => {
    const bomb = zip(Array.from({ length: 20 }, (_, k) => ({ name: `${k}`, data: new Uint8Array(2 ** 22) })));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(unpackBytes(bomb, "zip")).rejects.toThrow("says that it unpacks to 83886080 bytes; at most 67108864");
    expect(readdirSync(into)).toEqual([]);
  });
});

describe("tar", () => {
  test.each([
    ["2", "symlink"],
    ["1", "link"],
    ["3", "character-device"],
    ["6", "fifo"],
  ])("refuses type %s (%s)", async (type, kind) => {
    const archive = tar([
      { name: "l", type, link: "/etc" },
      { name: "l/hosts", data: "x" },
    ]);
    await expect(unpackBytes(archive, "tar")).rejects.toThrow(`entry "l" is a ${kind}`);
    expect(readdirSync(into)).toEqual([]);
  });
  test("a damaged header", async () => {
    const archive = tar([{ name: "x", data: "abc" }]);
    archive[3]! ^= 1;
    await expect(unpackBytes(archive, "tar")).rejects.toMatchObject({ code: "bad-file" });
  });
  test("a size beyond the end of the archive", async () => {
    await expect(unpackBytes(tar([{ name: "x", data: "abc", size: 5000 }]), "tar")).rejects.toMatchObject({
      code: "bad-file",
    });
  });
});

describe("gz", () => {
  test("one file, named as the archive without .gz", async () => {
    const files = await unpackBytes(gzipSync("hello"), "gz", {}, "f.txt.gz");
    expect(files.map(({ name, bytes }) => [name, bytes])).toEqual([["f.txt", 5]]);
    expect(readFileSync(join(into, "f.txt"), "utf8")).toBe("hello");
  });
  test("a bomb is inflated no further than allowed", async () => {
    const bomb = gzipSync(new Uint8Array(2 ** 27));
    await expect(unpackBytes(bomb, "gz", {}, "f.gz")).rejects.toThrow(
      /unpacks to \d+ bytes and more; at most 67108864/,
    );
    expect(readFileSync(join(into, "f")).length).toBeLessThanOrEqual(2 ** 26);
  });
  test("truncated, and with a flipped bit", async () => {
    const whole = gzipSync("hello hello hello");
    for (const bad of [whole.subarray(0, -3), whole.map((byte, k) => (k === 14 ? byte ^ 4 : byte))]) {
      await expect(unpackBytes(bad, "gz", {}, "f.gz")).rejects.toMatchObject({ code: "bad-file" });
      rmSync(join(into, "f"), { force: true });
    }
  });
});

test("stopped in the middle", async () => {
  const stop = { aborted: false };
  const unpacking = unpackBytes(zip(FILES), "zip", { stop, onBytes: () => (stop.aborted = true) });
  await expect(unpacking).rejects.toMatchObject({ code: "interrupted" });
});

describe("names", () => {
  const refuse = (problem: string): Error => new Error(problem);
  test("whatever a name is, it stays below the folder or is refused", () => {
    const piece = fc.oneof(fc.constantFrom("..", ".", "", "a", "/", "\\", "C:", "\u0000"), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.constantFrom("/", "\\", ""),
        fc.nat(2),
        (pieces, glue, strip) => {
          let parts: readonly string[] | undefined;
          try {
            parts = partsOf(pieces.join(glue), strip, refuse, false);
          } catch {
            return;
          }
          if (parts) expect(join("/root/folder", ...parts).startsWith("/root/folder/")).toBe(true);
        },
      ),
    );
  });
  test.each(["con", "a/NUL.txt", "ab:c", "x.", "y ", "COM1"])("%j is refused on Windows, and nowhere else", (name) => {
    expect(() => partsOf(name, 0, refuse, true)).toThrow("is no name on this system");
    expect(partsOf(name, 0, refuse, false)).toEqual(name.split("/"));
  });
});

test("a link that lies in the way before is not followed", async () => {
  symlinkSync(root, join(into, "a"));
  await unpackBytes(zip([{ name: "b/c", data: "1" }]), "zip");
  writeFileSync(join(root, "victim"), "mine");
  await expect(unpackBytes(zip([{ name: "a/victim", data: "yours" }]), "zip")).rejects.toMatchObject({
    code: "bad-file",
  });
  expect(readFileSync(join(root, "victim"), "utf8")).toBe("mine");
});
