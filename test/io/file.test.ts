import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { readArtefact, writeArtefact } from "../../src/io/artefact.ts";
import { isTaken, readBytes, requireFolder, sweep, writeBytes } from "../../src/io/file.ts";
import { network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";

/** Where the bytes of new files go instead; the files themselves are made all the same. */
let diverted: string | undefined;
/** What is done to files and folders, in order; and what fails. */
let trace: string[] = [];
let kept: ((temporary: string) => void) | undefined;
let failing: { readonly what: "write" | "sync" | "folder"; readonly code: string } | undefined;
function watchedHandle(handle: promises.FileHandle, name: string): promises.FileHandle {
  const fault = (what: string): void => {
    trace.push(`${what} ${name}`);
    if (failing?.what === what) throw Object.assign(new Error(`${failing.code}: injected`), { code: failing.code });
  };
  const [write, sync] = [handle.writeFile.bind(handle), handle.sync.bind(handle)];
  handle.writeFile = async (data) => {
    if (failing?.what === "write") await write((data as Uint8Array).subarray(0, (data as Uint8Array).length / 2));
    fault("write");
    await write(data);
  };
  handle.sync = async () => {
    fault(name === "folder" ? "folder" : "sync");
    await sync();
  };
  return handle;
}
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof promises>();
  const open: typeof real.open = async (path, flags, mode) => {
    const handle = await real.open(path, flags, mode);
    if (diverted === undefined) return watchedHandle(handle, flags === "r" ? "folder" : "file");
    await handle.close();
    return real.open(diverted, "w");
  };
  const rename: typeof real.rename = (from, to) => {
    trace.push("rename");
    kept?.(basename(String(from)));
    return real.rename(from, to);
  };
  return { ...real, open, rename };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
});
afterEach(() => {
  diverted = undefined;
  failing = undefined;
  trace = [];
  rmSync(folder, { recursive: true, force: true });
});

const OLD = Uint8Array.of(1, 2, 3);
const NEW = Uint8Array.of(4, 5);
const bytesOf = (path: string): Uint8Array => Uint8Array.from(readFileSync(path));
async function refusal(run: Promise<unknown>): Promise<DataError> {
  const error = await run.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof DataError) return error;
  throw error ?? new Error("accepted");
}

const net = network({ dt: 1e-3, populations: { a: population(2, lif()) }, output: "a" });
const artefact = {
  network: net,
  parameters: {},
  classes: [],
  provenance: { version: "0", seed: 0, dataDigest: "", metrics: {}, trainingOptions: {} },
};

test("an artefact, there and back", async () => {
  const path = join(folder, "a b ä.h5");
  await writeArtefact(path, artefact);
  expect((await readArtefact(path)).network.populations["a"]!.size).toBe(2);
  expect(readdirSync(folder)).toEqual(["a b ä.h5"]);
});
test("an artefact that cannot be saved leaves the old file as it was", async () => {
  const path = join(folder, "a.h5");
  writeFileSync(path, OLD);
  expect((await refusal(writeArtefact(path, { ...artefact, parameters: { x: new Float32Array(1) } }))).code).toBe(
    "unknown-name",
  );
  expect([bytesOf(path), readdirSync(folder)]).toEqual([OLD, ["a.h5"]]);
});
test("a file that is no artefact is named", async () => {
  const path = join(folder, "a.h5");
  writeFileSync(path, "text");
  expect((await refusal(readArtefact(path))).message).toBe(
    `${path}: not an HDF5 file (4 bytes that do not start with its signature)`,
  );
});

describe("writing", () => {
  test("replaces a file", async () => {
    const path = join(folder, "f");
    writeFileSync(path, OLD);
    await writeBytes(path, NEW);
    expect([bytesOf(path), readdirSync(folder)]).toEqual([NEW, ["f"]]);
  });
  test("follows a link", async () => {
    mkdirSync(join(folder, "there"));
    const [link, file] = [join(folder, "link"), join(folder, "there", "f")];
    writeFileSync(file, OLD);
    symlinkSync(file, link);
    await writeBytes(link, NEW);
    expect([bytesOf(file), lstatSync(link).isSymbolicLink(), readdirSync(join(folder, "there"))]).toEqual([
      NEW,
      true,
      ["f"],
    ]);
  });
  test("ten at once leave one of them, whole", async () => {
    const path = join(folder, "f");
    await Promise.all(Array.from({ length: 10 }, (_, k) => writeBytes(path, new Uint8Array(100_000).fill(k))));
    expect(new Set(bytesOf(path)).size).toBe(1);
    expect(readdirSync(folder)).toEqual(["f"]);
  });

  const cases: readonly [string, () => string, RegExp][] = [
    ["a folder that is a file", () => join(folder, "file", "f"), /ENOTDIR/],
    ["a folder that is not there", () => join(folder, "none", "f"), /ENOENT/],
    ["the name of a folder", () => join(folder, "sub"), /is there already, and is not a file/],
    ["a name that is too long", () => join(folder, "n".repeat(300)), /ENAMETOOLONG/],
    ["no name", () => "", /./],
  ];
  test.each(cases)("refuses %s", async (_, path, reason) => {
    writeFileSync(join(folder, "file"), OLD);
    mkdirSync(join(folder, "sub"));
    const error = await refusal(writeBytes(path(), NEW));
    expect([error.code, error.path]).toEqual(["write-failed", path()]);
    expect(error.message).toMatch(reason);
    expect(error.message).not.toContain(".tmp");
    expect([bytesOf(join(folder, "file")), readdirSync(folder).sort()]).toEqual([OLD, ["file", "sub"]]);
  });
  test("names the file that was asked for, not the temporary one", async () => {
    const path = join(folder, "none", "f");
    expect((await refusal(writeBytes(path, NEW))).message).toBe(`${path}: ENOENT: no such file or directory`);
  });
  test("refuses a device", async ({ skip }) => {
    skip(!existsSync("/dev/null"), "this system has no /dev/null");
    expect((await refusal(writeBytes("/dev/null", NEW))).message).toBe(
      "/dev/null: is there already, and is not a file",
    );
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });
  test("on a full disk the old file stays and the temporary one goes", async ({ skip }) => {
    skip(!existsSync("/dev/full"), "this system has no /dev/full");
    const path = join(folder, "f");
    writeFileSync(path, OLD);
    diverted = "/dev/full";
    const error = await refusal(writeBytes(path, NEW));
    expect([error.code, error.path]).toEqual(["write-failed", path]);
    expect(error.message).toContain("ENOSPC");
    expect([bytesOf(path), readdirSync(folder)]).toEqual([OLD, ["f"]]);
  });
  test("onto the disk before it takes its name, and the name after it", async () => {
    await writeBytes(join(folder, "f"), NEW);
    expect(trace).toEqual(["write file", "sync file", "rename", "folder folder"]);
  });
  test.each(["write", "sync"] as const)("a %s that fails half way: the old file stays", async (what) => {
    const path = join(folder, "f");
    writeFileSync(path, OLD);
    failing = { what, code: "EIO" };
    const error = await refusal(writeBytes(path, NEW));
    expect([error.code, error.path, error.message]).toEqual(["write-failed", path, `${path}: EIO: injected`]);
    expect([bytesOf(path), readdirSync(folder)]).toEqual([OLD, ["f"]]);
  });
  test("a folder that cannot be synced is told of, unless its kind never can", async () => {
    const path = join(folder, "f");
    failing = { what: "folder", code: "EIO" };
    expect((await refusal(writeBytes(path, NEW))).message).toBe(
      `${path}: is written, but a crash may bring the older file back: '${folder}' cannot be synced (EIO: injected)`,
    );
    expect([bytesOf(path), readdirSync(folder)]).toEqual([NEW, ["f"]]);
    failing = { what: "folder", code: "EINVAL" };
    await writeBytes(path, OLD);
    expect(bytesOf(path)).toEqual(OLD);
  });
  test("what killed writers left is swept away, and nothing else", async () => {
    const [path, other] = [join(folder, "f"), join(folder, "g")];
    const left: string[] = [];
    for (const file of [path, path, other]) {
      kept = (name) => left.push(name);
      await writeBytes(file, NEW);
    }
    kept = undefined;
    for (const name of left) writeFileSync(join(folder, name), OLD);
    writeFileSync(join(folder, ".mine.tmp"), OLD);
    await sweep(path);
    expect(readdirSync(folder).sort()).toEqual([left[2], ".mine.tmp", "f", "g"].sort());
  });
  test("into a folder that must not be written to", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may write everywhere");
    skip(process.platform === "win32", "Windows has no such folders");
    writeFileSync(join(folder, "f"), OLD);
    chmodSync(folder, 0o555);
    const error = await refusal(writeBytes(join(folder, "f"), NEW));
    chmodSync(folder, 0o755);
    expect([error.code, bytesOf(join(folder, "f"))]).toEqual(["write-failed", OLD]);
  });
});

test("whether a name is taken, and a folder open to us, is told beforehand", async () => {
  writeFileSync(join(folder, "f"), OLD);
  expect([await isTaken(join(folder, "f")), await isTaken(folder), await isTaken(join(folder, "g"))]).toEqual([
    true,
    true,
    false,
  ]);
  await requireFolder(join(folder, "new"));
  expect((await refusal(requireFolder(join(folder, "none", "f")))).message).toMatch(
    /none' that can be written to \(ENOENT\)$/,
  );
});

describe("reading refuses", () => {
  test.each<[string, () => string, string, RegExp]>([
    ["a file that is not there", () => join(folder, "none"), "missing-file", /there is no such file/],
    ["a file below a file", () => join(folder, "file", "f"), "missing-file", /there is no such file/],
    ["a folder", () => folder, "bad-file", /is not a file/],
    ["a name with a zero byte", () => "a\0b", "bad-file", /cannot be read/],
  ])("%s", async (_, path, code, reason) => {
    writeFileSync(join(folder, "file"), OLD);
    const error = await refusal(readBytes(path()));
    expect([error.code, error.path]).toEqual([code, path()]);
    expect(error.message).toMatch(reason);
  });
  test("a device that never ends", async ({ skip }) => {
    skip(!existsSync("/dev/zero"), "this system has no /dev/zero");
    expect((await refusal(readBytes("/dev/zero"))).message).toBe("/dev/zero: is not a file");
  });
});
