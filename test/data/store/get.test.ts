/** Getting, finding and verifying a set, from a server of our own, with sources that are plain data. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findSet, folderOf } from "../../../src/data/store/find.ts";
import { type GetOptions, getSet } from "../../../src/data/store/get.ts";
import { readManifest } from "../../../src/data/store/manifest.ts";
import type { RemoteFile, Source } from "../../../src/data/store/source.ts";
import { verifySet } from "../../../src/data/store/verify.ts";
import { tar, zip } from "./archives.ts";
import { type FileOptions, type Served, sendFile, serve } from "./server.ts";

const CONTENT: Readonly<Record<string, Buffer>> = {
  "plain.txt": Buffer.from("plain"),
  "sub/other.bin": Buffer.alloc(50_000, 7),
  "train.zip": zip([
    { name: "Train/0/1.bin", data: "one" },
    { name: "common/a", data: "a" },
  ]),
  "test.tar.gz": gzipSync(
    tar([
      { name: "Test/0/2.bin", data: "two" },
      { name: "common/b", data: "b" },
    ]),
  ),
  "evil.zip": zip([
    { name: "good", data: "1" },
    { name: "../evil", data: "2" },
  ]),
};
const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");

let root: string;
let server: Served;
let behaviour: FileOptions;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "rheobase-"));
  behaviour = {};
  server = await serve((request, response) => {
    const bytes = CONTENT[request.url!.slice(1)];
    if (bytes) sendFile(request, response, bytes, behaviour);
    else response.writeHead(404).end();
  });
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const remote = (name: string, more: Partial<RemoteFile> = {}): RemoteFile => ({
  name,
  urls: [`${server.url}/${name}`],
  ...more,
});
const published = (name: string, more: Partial<RemoteFile> = {}): RemoteFile =>
  remote(name, { checksum: { algorithm: "md5", value: md5(CONTENT[name]!), source: "this test" }, ...more });
const source = (files: readonly RemoteFile[], more: Partial<Source> = {}): Source => ({
  ...{
    name: "set",
    title: "A set",
    holds: "things",
    licence: "none",
    citation: "none",
    reader: "none",
    call: "none()",
    page: "none",
  },
  files,
  ...more,
});
const plain = () => source([published("plain.txt"), remote("sub/other.bin")]);
const packed = () => source([published("train.zip", { unpack: "zip" }), remote("test.tar.gz", { unpack: "tar.gz" })]);

const retry = { times: 1, first: 1, longest: 1 };
const options = (more: GetOptions = {}): GetOptions => ({ env: { RHEOBASE_DATA: root }, retry, stall: 5000, ...more });
const inSet = (name = ""): string => join(root, "set", name);
/** Everything in the folder of the set, sorted. */
const listing = (): string[] =>
  readdirSync(inSet(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(`${root}/set/`.length))
    .sort();
const RECORDS = ["rheobase.json", "rheobase.sha256"];

describe("where it goes", () => {
  test("RHEOBASE_DATA, a named folder, or the cache: a place where tasks look", () => {
    const set = plain();
    expect(folderOf(set, { env: { RHEOBASE_DATA: "/d", HOME: "/h" } })).toBe("/d/set");
    expect(folderOf(set, { directory: "/x", env: { RHEOBASE_DATA: "/d" } })).toBe("/x/set");
    expect(folderOf(set, { env: { HOME: "/h" } })).toBe("/h/.cache/rheobase/set");
    expect(folderOf(set, { env: { HOME: "/h", XDG_CACHE_HOME: "/c" } })).toBe("/c/rheobase/set");
    expect(folderOf(set, { env: { USERPROFILE: "C:/u", LOCALAPPDATA: "C:/u/AppData/Local" } })).toBe(
      "C:/u/AppData/Local/rheobase/set",
    );
  });
});

test("a set of archives whose paths are not known is not taken for unpacked where nothing is", async () => {
  expect((await findSet(packed(), options())).presence).toBe("absent");
});

describe("files that stay as they are", () => {
  test("are fetched, recorded, found and verified", async () => {
    const got = await getSet(plain(), options());
    expect([got.folder, got.already]).toEqual([`${root}/set`, false]);
    expect(listing()).toEqual(["plain.txt", "rheobase.json", "sub/other.bin"]);
    const { files } = (await readManifest(`${root}/set`))!;
    expect(files.map(({ name, bytes, published }) => [name, bytes, published])).toEqual([
      ["plain.txt", 5, "md5"],
      ["sub/other.bin", 50_000, null],
    ]);
    expect(await findSet(plain(), options())).toMatchObject({ presence: "whole", folder: `${root}/set` });
    const verified = await verifySet(plain(), options());
    expect(verified.right).toBe(true);
    expect(verified.files.map(({ against }) => against)).toEqual(["md5", "first download"]);
  });
  test("a second call asks nobody", async () => {
    await getSet(plain(), options());
    const before = server.requests.length;
    expect((await getSet(plain(), options())).already).toBe(true);
    expect(server.requests.length).toBe(before);
  });
  test("--force fetches anew", async () => {
    await getSet(plain(), options());
    const before = server.requests.length;
    expect((await getSet(plain(), options({ force: true }))).already).toBe(false);
    expect(server.requests.length).toBe(before + 2);
  });
  test("one that is lost is fetched again, and only that", async () => {
    await getSet(plain(), options());
    rmSync(inSet("plain.txt"));
    expect(await findSet(plain(), options())).toMatchObject({ presence: "part" });
    const before = server.requests.length;
    await getSet(plain(), options());
    expect(server.requests.slice(before).map(({ url }) => url)).toEqual(["/plain.txt"]);
  });
  test("one that lies there is taken if it is the published one, and not replaced if it is another", async () => {
    mkdirSync(inSet(), { recursive: true });
    writeFileSync(inSet("plain.txt"), CONTENT["plain.txt"]!);
    await getSet(plain(), options());
    expect(server.requests.map(({ url }) => url)).toEqual(["/sub/other.bin"]);
    rmSync(inSet("rheobase.json"));
    writeFileSync(inSet("plain.txt"), "mine!");
    const getting = getSet(plain(), options());
    await expect(getting).rejects.toMatchObject({ code: "bad-file" });
    await expect(getting).rejects.toThrow(
      /plain.txt: is there already and has the md5 \w+, and not \w+ as published \(this test\); move it away, or replace it with --force/,
    );
    expect(readFileSync(inSet("plain.txt"), "utf8")).toBe("mine!");
  });
  test("one that was fetched, is changed since and has no published checksum, is not replaced either", async () => {
    await getSet(plain(), options());
    writeFileSync(inSet("sub/other.bin"), Buffer.alloc(50_000, 8));
    rmSync(inSet("plain.txt"));
    await expect(getSet(plain(), options())).rejects.toThrow(
      "sub/other.bin: is there already and is not what was fetched",
    );
    await getSet(plain(), options({ force: true }));
    expect((await verifySet(plain(), options())).right).toBe(true);
  });
  test("another name of the folder is found too", async () => {
    mkdirSync(join(root, "alias/sub"), { recursive: true });
    for (const name of ["plain.txt", "sub/other.bin"]) writeFileSync(join(root, "alias", name), CONTENT[name]!);
    const set = { ...plain(), aliases: ["alias"] };
    expect(await findSet(set, options())).toMatchObject({ presence: "whole", folder: `${root}/alias` });
    const verified = await verifySet(set, options());
    expect(verified.files.map(({ state }) => state)).toEqual(["right", "unknown"]);
    expect(verified.right).toBe(false);
  });
});

test("a compressed file may lie there uncompressed, as readers take it; there is nothing to verify it by", async () => {
  const set = source([published("plain.txt"), remote("other.gz")]);
  mkdirSync(inSet(), { recursive: true });
  writeFileSync(inSet("plain.txt"), CONTENT["plain.txt"]!);
  writeFileSync(inSet("other"), "x");
  expect(await findSet(set, options())).toMatchObject({ presence: "whole" });
  const { files, right } = await verifySet(set, options());
  expect([right, files[1]!.name, files[1]!.state]).toEqual([false, "other", "unknown"]);
});

describe("archives", () => {
  test("are unpacked into one folder, and then gone", async () => {
    const got = await getSet(packed(), options());
    expect(listing()).toEqual(["Test/0/2.bin", "Train/0/1.bin", "common/a", "common/b", ...RECORDS]);
    expect(got.manifest.unpacked).toEqual({ files: 4, bytes: 8 });
    expect(await findSet(packed(), options())).toMatchObject({ presence: "whole" });
    expect((await getSet(packed(), options())).already).toBe(true);
    const verified = await verifySet(packed(), options());
    expect(verified.files.map(({ name, against }) => [name, against])).toContainEqual(["common/b", "unpacking"]);
    expect([verified.files.length, verified.right]).toEqual([4, true]);
  });
  test("what came out and is lost is fetched again", async () => {
    await getSet(packed(), options());
    rmSync(inSet("Train"), { recursive: true });
    expect((await getSet(packed(), options())).already).toBe(false);
    expect((await verifySet(packed(), options())).right).toBe(true);
  });
  test("are kept if asked, and then verified as well", async () => {
    await getSet(packed(), options({ keep: true }));
    expect(listing()).toContain("train.zip");
    expect((await verifySet(packed(), options())).files.map(({ against }) => against)).toEqual(
      expect.arrayContaining(["md5", "first download", "unpacking"]),
    );
  });
  test("a hostile one leaves nothing, anywhere", async () => {
    const getting = getSet(source([remote("evil.zip", { unpack: "zip" })]), options());
    await expect(getting).rejects.toMatchObject({ code: "bad-file" });
    expect(listing()).toEqual(["rheobase.json"]);
    expect(readdirSync(root)).toEqual(["set"]);
  });
  test("one that was cut short is fetched again by the next call, if nobody publishes a checksum", async () => {
    const whole = CONTENT["test.tar.gz"]!;
    const once = await serve((request, response, turn) =>
      sendFile(request, response, turn === 0 ? whole.subarray(0, 50) : whole, { etag: null }),
    );
    const set = source([remote("test.tar.gz", { urls: [once.url], unpack: "tar.gz" })]);
    await expect(getSet(set, options())).rejects.toMatchObject({ code: "bad-file" });
    await getSet(set, options());
    expect(listing()).toEqual(["Test/0/2.bin", "common/b", ...RECORDS]);
    await once.close();
  });
  test("what a killed process left half unpacked is swept away", async () => {
    mkdirSync(inSet(".unpacking-0/x"), { recursive: true });
    mkdirSync(inSet("sub"));
    for (const name of ["a.tmp", "sub/b.tmp"]) writeFileSync(inSet(name), "");
    await getSet(source([...packed().files, ...plain().files]), options());
    for (const name of [".unpacking-0", "a.tmp", "sub/b.tmp"]) expect(existsSync(inSet(name))).toBe(false);
  });
  test("a name that we need ourselves is refused", async () => {
    CONTENT_EXTRA("own.zip", zip([{ name: "rheobase.json", data: "{}" }]));
    await expect(getSet(source([remote("own.zip", { unpack: "zip" })]), options())).rejects.toThrow(
      "an archive holds 'rheobase.json', a name that is needed here",
    );
  });
});
function CONTENT_EXTRA(name: string, bytes: Buffer): void {
  (CONTENT as Record<string, Buffer>)[name] = bytes;
}

describe("verify", () => {
  test("names what has changed, is missing, or is not there at all", async () => {
    await getSet(packed(), options());
    writeFileSync(inSet("common/a"), "b");
    rmSync(inSet("Train/0/1.bin"));
    const { files, right } = await verifySet(packed(), options());
    expect(right).toBe(false);
    expect(files.filter(({ state }) => state !== "right").map(({ name, state }) => [name, state])).toEqual([
      ["Train/0/1.bin", "missing"],
      ["common/a", "changed"],
    ]);
    const nothing = await verifySet(plain(), { env: { RHEOBASE_DATA: join(root, "nowhere") } });
    expect([nothing.right, ...nothing.files.map(({ state }) => state)]).toEqual([false, "missing", "missing"]);
  });
  test("a file of which only we have a record", async () => {
    await getSet(plain(), options());
    writeFileSync(inSet("sub/other.bin"), Buffer.alloc(50_000, 8));
    const [, other] = (await verifySet(plain(), options())).files;
    expect(other).toMatchObject({ state: "changed", against: "first download" });
  });
  test("the list is one that sha256sum --check takes", async () => {
    await getSet(packed(), options());
    const line = readFileSync(inSet("rheobase.sha256"), "utf8").split("\n")[0];
    expect(line).toBe(`${createHash("sha256").update("one").digest("hex")}  Train/0/1.bin`);
  });
});

describe("by hand", () => {
  const set = () => source([published("train.zip", { unpack: "zip" })], { byHand: "its publisher wants a browser" });
  test("says what to fetch, from where, and where to put it", async () => {
    const getting = getSet(set(), options());
    await expect(getting).rejects.toMatchObject({ code: "missing-file", path: "set" });
    await expect(getting).rejects.toThrow(
      `its publisher wants a browser: fetch train.zip from ${server.url}/train.zip in a browser, put it into ${root}/set,`,
    );
    expect(server.requests.length).toBe(0);
  });
  test("and takes it from there, checked", async () => {
    mkdirSync(inSet(), { recursive: true });
    writeFileSync(inSet("train.zip"), CONTENT["train.zip"]!);
    expect((await getSet(set(), options())).manifest.unpacked?.files).toBe(2);
    rmSync(inSet("rheobase.json"));
    writeFileSync(inSet("train.zip"), "<html>");
    await expect(getSet(set(), options())).rejects.toThrow("is there already and has the md5");
  });
});

describe("what goes wrong", () => {
  test("too little room: said before anything is asked for", async () => {
    const set = source([published("plain.txt", { bytes: 5 })], { unpackedBytes: 1e9 });
    const getting = getSet(set, options({ free: async () => 1e6 }));
    await expect(getting).rejects.toMatchObject({ code: "write-failed" });
    await expect(getting).rejects.toThrow("needs 1000.0 MB more, and the disk has room for 1.0");
    expect(server.requests.length).toBe(0);
  });
  test("archives need room for what they become: at least their own size, or what they say", async () => {
    const bytes = CONTENT["train.zip"]!.length;
    const sized = source([published("train.zip", { bytes, unpack: "zip" })]);
    await expect(getSet(sized, options({ free: async () => 2 * bytes - 1 }))).rejects.toThrow("room");
    expect(server.requests.length).toBe(0);
    const plenty = [1e9, 1e9, 1e9]; // for the set, and for each download
    await expect(getSet(packed(), options({ free: async () => plenty.shift() ?? 3 }))).rejects.toThrow(
      /train\.zip: needs .* room/,
    );
    expect(listing()).not.toContain("Train/0/1.bin");
  });
  test("stopped and taken up: what was whole is not fetched again", async () => {
    const stop = new AbortController();
    const set = () => source([remote("plain.txt"), remote("sub/other.bin")]);
    const stopping = getSet(set(), {
      ...options({ signal: stop.signal }),
      onProgress: ({ stage, done }) => stage.includes("other.bin") && done >= 20_000 && stop.abort(),
    });
    behaviour = { stallAfter: 20_000 };
    await expect(stopping).rejects.toMatchObject({ code: "interrupted" });
    behaviour = {};
    expect(await findSet(set(), options())).toMatchObject({ presence: "part" });
    const before = server.requests.length;
    await getSet(set(), options());
    expect(server.requests.slice(before).map(({ url, headers }) => [url, headers.range])).toEqual([
      ["/sub/other.bin", "bytes=20000-"],
    ]);
    expect((await verifySet(set(), options())).right).toBe(true);
  });
  test("two at once: one fetches, the other waits and finds it done", async () => {
    const stages: string[] = [];
    const both = [0, 1].map((k) =>
      getSet(plain(), options({ onProgress: ({ stage }) => k === 1 && stages.push(stage) })),
    );
    const got = await Promise.all(both);
    expect(got.map(({ already }) => already).sort()).toEqual([false, true]);
    expect(server.requests.length).toBe(2);
    expect(listing()).toEqual(["plain.txt", "rheobase.json", "sub/other.bin"]);
  });
  test("a record that is damaged is named", async () => {
    mkdirSync(inSet(), { recursive: true });
    for (const text of ["{", "[]", '{"set":"set","complete":true,"files":[null]}']) {
      writeFileSync(inSet("rheobase.json"), text);
      await expect(findSet(plain(), options())).rejects.toThrow("rheobase.json: is not what was written there");
    }
  });
});
