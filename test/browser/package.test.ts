/** The built package in a real browser: it loads, and what it computes there has the digests that it has in Node. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { build, createLogger, createServer } from "vite";
import { afterAll, describe, expect, test } from "vitest";
import { hash64 } from "../../src/base/hash.ts";
import * as data from "../../src/data/index.ts";
import * as rheobase from "../../src/index.ts";
import * as io from "../../src/io/index.ts";
import { aedat4File, evt3File, zstdRaw } from "../data/events/files.ts";
import { GOLDEN, unpack } from "../data/events/spikeFiles.ts";
import { media, numpy } from "../data/format/golden.ts";
import { extensible, samples, wav } from "../data/format/waveBytes.ts";

import { runCases, saved } from "./cases.js";
import { ENDINGS, readFormats } from "./formats.js";
import { type Headers, ISOLATION, serve } from "./server.ts";
import { ROOT, setup } from "./setup.ts";
import { visit } from "./visit.ts";

const { browser } = setup();
const tools = { rheobase, io, hash64, backend: rheobase.wasm };
const temporary = mkdtempSync(join(tmpdir(), "rheobase-browser-"));
afterAll(() => rmSync(temporary, { recursive: true }));

/** Results in Node, computed once; `page.js` and `app/main.js` offer the same two to the page. */
let inNode: ReturnType<typeof runCases> | undefined;
const expected = { run: () => (inNode ??= runCases(tools)), saved: () => saved(tools) };
async function resultsOf(page: Page, what: keyof typeof expected, threads = 1): Promise<unknown> {
  await page.waitForFunction(() => "rheobaseTest" in globalThis);
  return page.evaluate(`rheobaseTest.${what}(${threads})`);
}

interface Configuration {
  readonly name: string;
  readonly headers: Headers;
  readonly isolated: boolean;
}
/** Compiling WebAssembly is all that the package asks of a policy. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";
const PAGES: readonly Configuration[] = [
  { name: "plain", headers: {}, isolated: false },
  { name: "cross-origin isolated", headers: ISOLATION, isolated: true },
  { name: "under a strict security policy", headers: { "Content-Security-Policy": POLICY }, isolated: false },
];

describe("without a bundler", () => {
  test.for(PAGES)("$name: every case as in Node", async ({ headers, isolated }, { skip }) => {
    const from = browser(skip);
    await using server = await serve(ROOT, headers);
    await using visited = await visit(from, server.origin, "test/browser/plain.html");
    expect(await resultsOf(visited.page, "run")).toEqual(await expected.run());
    expect(await visited.page.evaluate(() => crossOriginIsolated)).toBe(isolated);
    expect(visited.problems).toEqual([]);
  });

  test("two threads, isolated: every case as in Node on one", async ({ skip }) => {
    const from = browser(skip);
    await using server = await serve(ROOT, ISOLATION);
    await using visited = await visit(from, server.origin, "test/browser/plain.html");
    expect(await resultsOf(visited.page, "run", 3)).toEqual(await expected.run());
    expect(await visited.page.evaluate("rheobaseTest.threads(2)")).toBe(2);
    expect(visited.problems).toEqual([]);
  });

  test("addresses of 64 bits, which Chromium has, on two threads: every case as in Node", async ({ skip }) => {
    const from = browser(skip);
    await using server = await serve(ROOT, ISOLATION);
    await using visited = await visit(from, server.origin, "test/browser/plain.html");
    await visited.page.waitForFunction(() => "rheobaseTest" in globalThis);
    expect(await visited.page.evaluate("rheobaseTest.runWide(2)")).toEqual(await expected.run());
    expect(visited.problems).toEqual([]);
  });

  test("two threads, not isolated: one does it all, and says so once", async ({ skip }) => {
    const from = browser(skip);
    await using server = await serve(ROOT);
    await using visited = await visit(from, server.origin, "test/browser/plain.html");
    expect(await resultsOf(visited.page, "run", 2)).toEqual(await expected.run());
    expect(await visited.page.evaluate("rheobaseTest.threads(2)")).toBe(1);
    expect(visited.problems).toHaveLength(1);
    expect(visited.problems[0]).toContain("one thread, because this page is not cross-origin isolated");
  });

  test("an HDF5 file, where an import map says what h5wasm is: the bytes that Node writes", async ({ skip }) => {
    const from = browser(skip);
    await using server = await serve(ROOT);
    await using visited = await visit(from, server.origin, "test/browser/mapped.html");
    expect(await resultsOf(visited.page, "saved")).toEqual(await expected.saved());
    expect(visited.problems).toEqual([]);
  });

  test("recordings of events, and spike sets, from bytes: as they were written", async ({ skip }) => {
    const from = browser(skip);
    await using server = await serve(ROOT);
    await using visited = await visit(from, server.origin, "test/browser/mapped.html");
    const events = Array.from({ length: 60 }, (_, k) => ({ t: 1000 * k, x: 5 * k, y: 3 * k, p: k % 2 }));
    const inPage = (call: string, bytes: Uint8Array) =>
      visited.page.evaluate(
        `import("/dist/data/index.js").then(async (data) => { const file = { path: "f", bytes: Uint8Array.of(${bytes}) }; ${call} })`,
      );
    const read =
      "const { t, x, y, polarity } = await data.readEvents(file); return [t, x, y, polarity].map((c) => [...c]);";
    const columns = (["t", "x", "y", "p"] as const).map((name) => events.map((event) => event[name]));
    for (const bytes of [evt3File(events), aedat4File(events, { compression: 3, compress: zstdRaw })])
      expect(await inPage(read, bytes)).toEqual(columns);
    const sample = "const set = await data.openSpikeSet(file); return [set.count, ...set.sample(1).t];";
    const golden = unpack(GOLDEN["float16, oldest format"]);
    expect(await inPage(sample, golden)).toEqual([5, ...Array.from({ length: 7 }, (_, k) => 15_625 * k)]);
    const stream =
      'let n = 0; for await (const { count } of data.streamEvents("f", new Blob([file.bytes]).stream())) n += count; return n;';
    expect(await inPage(stream, evt3File(events))).toBe(60);
    expect(await inPage('return data.openSpikeSet("a.h5").catch((e) => e.message)', golden)).toContain(
      "a page has none",
    );
    expect(visited.problems).toEqual([]);
  });

  test("every entry point loads, with all its names", async ({ skip }) => {
    const from = browser(skip);
    const entries = entryPoints();
    await using server = await serve(ROOT);
    await using visited = await visit(from, server.origin, "test/browser/plain.html");
    const urls = entries.map((entry) => new URL(entry, server.origin).href);
    const names = `Promise.all(${JSON.stringify(urls)}.map(async (url) => Object.keys(await import(url)).sort()))`;
    const paths = entries.map((entry) => pathToFileURL(join(ROOT, entry)).href);
    const inNode = await Promise.all(paths.map(async (path) => Object.keys((await import(path)) as object).sort()));
    expect(await visited.page.evaluate(names)).toEqual(inNode);
    expect(visited.problems).toEqual([]);
  });

  test("what needs files says so", async ({ skip }) => {
    const from = browser(skip);
    await using server = await serve(ROOT);
    await using visited = await visit(from, server.origin, "test/browser/plain.html");
    const refusal = (call: string) =>
      visited.page.evaluate(`import("/dist/${call}.catch(({ code, message }) => code + ": " + message)`);
    const problem = (path: string) =>
      `unsupported: ${path}: is a file, and a page has none: fetch its bytes, and hand those over`;
    expect(await refusal('io/index.js").then((io) => io.readArtefact("a.h5"))')).toBe(problem("a.h5"));
    expect(await refusal('data/index.js").then((data) => data.digits())')).toBe(problem("digits"));
    expect(visited.problems).toEqual([]);
  });
});

/** Files of the package's `exports`. */
function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, { default?: string }>;
  };
  return Object.values(exports).flatMap((entry) => entry.default ?? []);
}

const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString("base64");
/** One or more of each format. */
const FILES: Readonly<Record<string, string>> = {
  "a.csv": base64('x,"a ""b""",day\n1.5,é,2020-02-29\n-2,"c\n,d",2020-03-01 01:02:03\n'),
  "a.arff": base64("@relation r\n@attribute x real\n@attribute c {a,'b c'}\n@data\n1,'b c'\n{1 a}\n"),
  "a.wav": base64(wav([extensible(1, { bits: 24, channels: 2 }), samples([1, 2, 3, 4, 5, 0x86])])),
  "a.npy": numpy.arrays.find(({ type }) => type === ">f2")!.bytes,
  "a.npz": numpy.deflated,
  "a.png": media.png["transparent"]![0],
  "b.png": media.png["grey16"]![0],
  "a.jpg": media.jpeg["progressive"]![0],
  "a.xml": base64(
    "<annotation><size><width>9</width><height>8</height></size><object><name>a</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>",
  ),
};
test("there is a file of each format", () => {
  expect(new Set(Object.keys(FILES).map((name) => name.split(".").at(-1)))).toEqual(new Set(ENDINGS));
});

/** `rheobase/io` reads files too, in Node alone; and libhdf5 is large. */
const EXPECTED_WARNINGS = [/"node:(path|fs\/promises)" has been externalized/, /chunks are larger than 500 kB/];

describe("bundled by Vite", () => {
  test("every case, the file, and files of every format, as in Node", async ({ skip }) => {
    const from = browser(skip);
    const warnings: string[] = [];
    const warn = (text: string): unknown => warnings.push(text);
    const customLogger = { ...createLogger("silent"), warn, warnOnce: warn, error: warn } as ReturnType<
      typeof createLogger
    >;
    const root = join(ROOT, "test/browser/app");
    await build({
      root,
      configFile: false,
      logLevel: "warn",
      customLogger,
      build: { outDir: temporary, emptyOutDir: true },
    });
    expect(warnings.filter((text) => !EXPECTED_WARNINGS.some((known) => known.test(text)))).toEqual([]);
    await using server = await serve(temporary, ISOLATION);
    await using visited = await visit(from, server.origin, "index.html");
    expect(await resultsOf(visited.page, "run")).toEqual(await expected.run());
    expect(await resultsOf(visited.page, "run", 2)).toEqual(await expected.run());
    expect(await resultsOf(visited.page, "saved")).toEqual(await expected.saved());
    const read = await visited.page.evaluate(`rheobaseTest.formats(${JSON.stringify(FILES)})`);
    expect(read).toEqual(await readFormats(data, FILES));
    expect(visited.problems).toEqual([]);
  });
});

const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};
/** A project that has the package among its modules, as npm puts it there: Vite bundles those before it serves them. */
function installedProject(): string {
  const project = join(temporary, "project");
  const modules = join(project, "node_modules");
  for (const path of ["dist", "package.json"])
    cpSync(join(ROOT, path), join(modules, "rheobase", path), { recursive: true });
  for (const name of Object.keys(dependencies)) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  for (const path of ["src/base", "test/browser/app", "test/browser/cases.js", "test/browser/formats.js"]) {
    mkdirSync(join(project, path, ".."), { recursive: true });
    cpSync(join(ROOT, path), join(project, path), { recursive: true });
  }
  return project;
}

test("served by Vite while it is developed: every case as in Node, on one thread and on two", async ({ skip }) => {
  const from = browser(skip);
  const project = installedProject();
  const server = await createServer({
    root: join(project, "test/browser/app"),
    configFile: false,
    customLogger: createLogger("silent"),
    server: { host: "127.0.0.1", headers: ISOLATION, fs: { allow: [project, ROOT] } }, // on the first free port
  });
  try {
    await server.listen();
    const origin = server.resolvedUrls?.local[0] ?? "";
    await using visited = await visit(from, origin, "index.html");
    expect(await resultsOf(visited.page, "run")).toEqual(await expected.run());
    expect(await resultsOf(visited.page, "run", 2)).toEqual(await expected.run());
    expect(visited.problems).toEqual([]);
    const urls = await visited.page.evaluate(() => performance.getEntriesByType("resource").map((e) => e.name));
    expect(urls.filter((url) => /deps\/rheobase\.js/.test(url))).toHaveLength(1); // bundled, and not file by file
  } finally {
    await server.close();
  }
});
