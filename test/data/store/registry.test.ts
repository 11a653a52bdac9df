/** The table of sources: complete, consistent, and true where files of it are here. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import * as api from "../../../src/data/index.ts";
import { digestsOf } from "../../../src/data/store/digest.ts";
import { mismatch } from "../../../src/data/store/download.ts";
import { partsOf } from "../../../src/data/store/names.ts";
import { SOURCES, sourceOf } from "../../../src/data/store/registry.ts";
import { type Algorithm, namesOf } from "../../../src/data/store/source.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const DIGITS: Readonly<Record<Algorithm, number>> = { sha256: 64, md5: 32, "git-blob": 40 };

test("holds the sets that tasks and readers are made for", () => {
  const names = SOURCES.map(({ name }) => name);
  for (const name of ["mnist", "fashion-mnist", "n-mnist", "dvs128-gesture", "shd", "ssc", "speech-commands", "fsdd"])
    expect(names).toContain(name);
  for (const name of ["ecg", "nab", "emg", "voc2007", "voc2012"]) expect(names).toContain(name);
});

test("no name is twice, aliases included; each leads to its set", () => {
  const all = SOURCES.flatMap(namesOf);
  expect(new Set(all).size).toBe(all.length);
  for (const source of SOURCES) for (const name of namesOf(source)) expect(sourceOf(name)).toBe(source);
  expect(() => sourceOf("mnits")).toThrow("mnits: unknown data set; known: dvs128-gesture,");
});

test.each(SOURCES.map((source) => [source.name, source] as const))("%s is complete and well-formed", (_, source) => {
  const { title, holds, licence, citation, reader, page, files, unpacked = [] } = source;
  expect(unpacked.length > 0).toBe(files.some(({ unpack }) => unpack !== undefined));
  for (const text of [title, holds, licence, citation, reader, page, ...unpacked]) expect(text).not.toBe("");
  expect(files.length).toBeGreaterThan(0);
  expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
  for (const { name, urls, bytes = 1, checksum, unpack } of files) {
    expect(partsOf(name, 0, (problem) => new Error(problem), true)?.join("/")).toBe(name);
    expect(urls.length).toBeGreaterThan(0);
    for (const url of urls) expect(new URL(url).protocol).toMatch(/^https?:$/);
    expect(Number.isSafeInteger(bytes) && bytes > 0).toBe(true);
    if (checksum) expect(checksum.value).toMatch(new RegExp(`^[0-9a-f]{${DIGITS[checksum.algorithm]}}$`));
    if (checksum) expect(checksum.source).not.toBe("");
    if (unpack) expect(name.endsWith(`.${unpack}`)).toBe(true);
  }
});

test.each(SOURCES.map(({ name, call }) => [name, call] as const))(
  "%s: %s is exported, and says without the files what it needs, where it looked, and how to get them",
  async (name, call) => {
    const [, read, of] = /^(\w+)\((.*)\)$/.exec(call)!;
    const named = new Map<string, unknown>(Object.entries(api)).get(read!);
    expect(named).toBeTypeOf("function");
    const given = of ? [JSON.parse(of)] : [];
    const reading = (named as (...all: unknown[]) => Promise<unknown>)(...given, { directory: "/nowhere" });
    await expect(reading).rejects.toMatchObject({ code: "missing-file", path: name });
    const message = `; searched /nowhere/.*, /nowhere\\. To get them: rheobase data get ${name}\\. If you have them, name the folder`;
    await expect(reading).rejects.toThrow(new RegExp(message));
  },
);

/** Sets that lie in the folder of real data, unchanged to the byte, and how many of their files. */
const COPIES: readonly (readonly [set: string, folder: string, least: number])[] = [
  ["ecg", "ecg-qtdb", 2],
  ["nab", "nab", 61],
];
for (const [set, folder, least] of COPIES)
  test(`${set}: published sizes and checksums are those of real files`, async ({ skip }) => {
    skip(!hasData(folder), NEEDS);
    const { files } = sourceOf(set);
    const there = files.filter(({ name }) => existsSync(`${dataFolder}/${folder}/${name}`));
    expect(there.length).toBeGreaterThanOrEqual(least);
    for (const file of there) {
      const problem = mismatch(file, await digestsOf(`${dataFolder}/${folder}/${file.name}`));
      expect([file.name, problem]).toEqual([file.name, undefined]);
    }
  });
