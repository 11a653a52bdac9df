/** `rheobase data` as a child process, against a server of our own. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { randomStream } from "../../src/base/random.ts";
import { SOURCES } from "../../src/data/store/registry.ts";
import type { Source } from "../../src/data/store/source.ts";
import { type Handler, type Served, sendFile, serve } from "../data/store/server.ts";
import { writeIdx } from "./idx.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const random = randomStream(3, 1);
const BIG = Buffer.from(Uint8Array.from({ length: 2_000_000 }, () => random.below(256)));

let server: Served;
let handler: Handler;
let images: string;
beforeAll(async () => {
  images = mkdtempSync(join(tmpdir(), "rheobase-"));
  writeIdx(images, 300, 100);
  server = await serve((request, response, turn) => handler(request, response, turn));
});
afterAll(async () => {
  await server.close();
  rmSync(images, { recursive: true, force: true });
});
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rheobase-"));
  handler = (request, response) => sendFile(request, response, BIG);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const ABOUT = {
  title: "A set",
  holds: "things",
  licence: "none",
  citation: "nobody",
  reader: "none",
  call: "none()",
  page: "none",
};
const big = (): Source => ({ name: "big", ...ABOUT, files: [{ name: "big.bin", urls: [`${server.url}/big.bin`] }] });

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
/** @param env RHEOBASE_DATA is a folder of this test where nothing else is said */
function start(program: string, args: readonly string[], sources: readonly Source[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", program, ...args], {
    cwd: ROOT,
    env: { ...process.env, RHEOBASE_DATA: root, SOURCES: JSON.stringify(sources), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (err += text));
  const end = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, out, err })));
  return { child, end };
}
const data = (args: readonly string[], sources: readonly Source[] = [big()]): Promise<Ended> =>
  start("test/cli/dataSources.ts", ["data", ...args], sources).end;
const rheobase = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  start("src/cli/main.ts", args, [], env).end;

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await setTimeout(5)) if (Date.now() > end) throw new Error("never");
}
const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

describe("the sets that there are", () => {
  test("list, within 80 columns; as JSON with all of them", async () => {
    const { code, out, err } = await rheobase(["data", "list"]);
    expect([code, err]).toEqual([0, ""]);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const json = await rheobase(["data", "list", "--json"]);
    expect(JSON.parse(json.out).sets.map(({ name }: Source) => name)).toEqual(SOURCES.map(({ name }) => name));
  });
  test("info, within 80 columns but for addresses", async () => {
    const { dataInfo } = await import("../../src/tasks/data.ts");
    for (const { name, call } of SOURCES) {
      const { text, document } = await dataInfo(name, { directory: root });
      expect(text).toContain(`read with  ${call} of rheobase/data\n`);
      expect(document["call"]).toBe(call);
      for (const line of text.split("\n"))
        if (!line.includes("http") && !line.startsWith("here")) expect(line.length, line).toBeLessThanOrEqual(80);
      expect(text).toMatch(name === "fsdd" ? /checksum not published/ : /./);
    }
  });
  test("an unknown one: code 2, and the known ones", async () => {
    const { code, out, err } = await rheobase(["data", "info", "mnits"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^rheobase: mnits: unknown data set; known: dvs128-gesture, .*voc2012\n$/);
  });
  test.each([
    [["data", "get"], "missing required argument 'name'", "Try: rheobase data get --help"],
    [["data", "fly"], "unknown command 'fly'", "Try: rheobase data --help"],
  ])("%j: code 2, and where to look", async (args, problem, hint) => {
    const { code, out, err } = await rheobase(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(problem);
    expect(err).toContain(hint);
  });
});

test("get, again, verify, and verify of what has changed", async () => {
  const got = await data(["get", "big"]);
  expect([got.code, got.err]).toEqual([0, ""]);
  expect(got.out).toContain("no checksum is published");
  expect(got.out).toContain("Cite: nobody");
  const again = JSON.parse((await data(["get", "big", "--json"])).out);
  expect([again.already, again.folder, again.files[0].bytes]).toEqual([true, `${root}/big`, BIG.length]);
  const right = await data(["verify", "big"]);
  expect([right.code, right.err]).toEqual([0, ""]);
  expect(right.out).toContain("compared with the SHA-256 of the first download, as none is published");
  rmSync(join(root, "big/big.bin"));
  const wrong = await data(["verify", "big", "--json"]);
  expect([wrong.code, JSON.parse(wrong.out).right, JSON.parse(wrong.out).files[0].state]).toEqual([
    1,
    false,
    "missing",
  ]);
});

test.each(["--data", "--dir"])("%s goes before RHEOBASE_DATA", async (flag) => {
  await data(["get", "big", flag, join(root, "else where")]);
  expect(sizeOf(join(root, "else where/big/big.bin"))).toBe(BIG.length);
});

test("what cannot be fetched: code 1, one line, nothing on stdout", async () => {
  handler = (_, response) => response.writeHead(404).end();
  const { code, out, err } = await data(["get", "big", "--json"]);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toBe(`rheobase: big.bin: ${server.url}/big.bin answers with status 404\n`);
});

describe("ended in the middle", () => {
  const part = () => join(root, "big/big.bin.part");
  const ranges = (from: number): (string | undefined)[] =>
    server.requests.slice(from).map(({ headers }) => headers.range);

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s: code %i, a line that says so, and the same command goes on", async (signal, expected) => {
    handler = (request, response) => sendFile(request, response, BIG, { stallAfter: 500_000 });
    const { child, end } = start("test/cli/dataSources.ts", ["data", "get", "big"], [big()]);
    await until(() => sizeOf(part()) === 500_000);
    child.kill(signal);
    const { code, out, err } = await end;
    expect([code, out]).toEqual([expected, ""]);
    expect(err).toBe("rheobase: stopped; what has come is kept, and the same command goes on from there\n");
    handler = (request, response) => sendFile(request, response, BIG);
    const before = server.requests.length;
    expect((await data(["get", "big"])).code).toBe(0);
    expect(ranges(before)).toEqual(["bytes=500000-"]);
    expect(Buffer.compare(readFileSync(join(root, "big/big.bin")), BIG)).toBe(0);
  });
  test("killed: the lock is taken over after a while, and the rest is fetched", async () => {
    handler = (request, response) => sendFile(request, response, BIG, { stallAfter: 500_000 });
    const { child, end } = start("test/cli/dataSources.ts", ["data", "get", "big"], [big()]);
    await until(() => sizeOf(part()) === 500_000);
    child.kill("SIGKILL");
    await end;
    handler = (request, response) => sendFile(request, response, BIG);
    const before = server.requests.length;
    expect((await data(["get", "big"])).code).toBe(0);
    expect(ranges(before)).toEqual(["bytes=500000-"]);
    expect(Buffer.compare(readFileSync(join(root, "big/big.bin")), BIG)).toBe(0);
  }, 60_000);
  test("two processes at once: one fetches, and both find it whole", async () => {
    handler = (request, response) => void globalThis.setTimeout(() => sendFile(request, response, BIG), 500);
    const before = server.requests.length;
    const both = await Promise.all([data(["get", "big", "--json"]), data(["get", "big", "--json"])]);
    expect(both.map(({ code, err }) => [code, err])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(both.map(({ out }) => JSON.parse(out).already).sort()).toEqual([false, true]);
    expect(server.requests.length - before).toBe(1);
    expect(Buffer.compare(readFileSync(join(root, "big/big.bin")), BIG)).toBe(0);
  });
});

describe("tasks and the cache", () => {
  const mnist = (): Source => ({
    ...ABOUT,
    name: "mnist",
    files: ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map((name) => ({
      name: `${name}-ubyte.gz`,
      urls: [`${server.url}/${name}-ubyte.gz`],
    })),
  });
  const cache = () => ({ RHEOBASE_DATA: "", XDG_CACHE_HOME: root });

  test.each([["mnist"], ["fashion-mnist"], ["ecg"]])(
    "%s that is not here: the command that gets it is named",
    async (task) => {
      const { code, out, err } = await rheobase(["train", task, "--out", join(root, "x.h5")], cache());
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(/needs (train-images|QTDB_train)/);
      expect(err).toContain(`searched ${root}/rheobase/`);
      expect(err).toContain(`rheobase data get ${task}`);
    },
  );
  test("what get puts into the cache is found by the task, without any option", async () => {
    handler = (request, response) =>
      sendFile(request, response, gzipSync(readFileSync(join(images, request.url!.slice(1, -3)))));
    const got = await start("test/cli/dataSources.ts", ["data", "get", "mnist"], [mnist()], cache()).end;
    expect([got.code, got.err]).toEqual([0, ""]);
    const training = ["train", "mnist", "--epochs", "1", "--encoder", "latency", "--out", join(root, "x.h5"), "--json"];
    const trained = await rheobase(training, cache());
    expect(trained.code).toBe(0);
    expect(trained.err).toMatch(/^training, after 3 updates: layer 'hidden' .* as good as dead.*\n$/); // of empty pictures
    expect(JSON.parse(trained.out).data.train).toBe(300);
  });
});
