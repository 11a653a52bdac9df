/** Fetching a file from servers that behave and servers that do not. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomStream } from "../../../src/base/random.ts";
import { type ClientOptions, openClient, redirected } from "../../../src/data/store/client.ts";
import { type DownloadOptions, download } from "../../../src/data/store/download.ts";
import type { Checksum, RemoteFile } from "../../../src/data/store/source.ts";
import { type FileOptions, type Handler, proxy, type Served, sendFile, serve } from "./server.ts";

const random = randomStream(7, 1);
const BYTES = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.below(256)));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const SUM: Checksum = { algorithm: "sha256", value: sha256(BYTES), source: "this test" };
/** Tried again at once. */
const retry = { times: 3, first: 1, longest: 4 };

let folder: string;
let server: Served | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const target = (): string => join(folder, "f.bin");
const part = (): string => `${target()}.part`;
const remote = (url: string, more: Partial<RemoteFile> = {}): RemoteFile => ({ name: "f.bin", urls: [url], ...more });

interface Fetch extends Omit<Partial<DownloadOptions>, "client"> {
  readonly file?: Partial<RemoteFile>;
  readonly client?: ClientOptions;
}
async function fetchIt(url: string, { file, client: options, ...more }: Fetch = {}) {
  const client = await openClient({ env: {}, stall: 2000, ...options });
  try {
    return await download(remote(url, file), target(), { client, retry, ...more });
  } finally {
    await client.close();
  }
}
/** Serves the file, a bit otherwise on each request. */
async function serving(...turns: FileOptions[]): Promise<Served> {
  server = await serve((request, response, turn) => send(request, response, turns[turn] ?? turns.at(-1)));
  return server;
}
const send = (request: IncomingMessage, response: ServerResponse, o?: FileOptions): void =>
  sendFile(request, response, BYTES, { arrived: (end) => existsSync(part()) && statSync(part()).size >= end, ...o });
async function answering(handler: Handler): Promise<Served> {
  server = await serve(handler);
  return server;
}
/** The whole file is there under its name, and nothing beside it. */
function expectWhole(bytes: Buffer = BYTES): void {
  expect(Buffer.compare(readFileSync(target()), bytes)).toBe(0);
  expect(readdirSync(folder)).toEqual(["f.bin"]);
}
/** As a process that was killed leaves it. */
function leave(bytes: Uint8Array, record?: object): void {
  writeFileSync(part(), bytes);
  if (record) writeFileSync(`${part()}.json`, JSON.stringify(record));
}

describe("arrives whole", () => {
  test("at once; with its own digests", async () => {
    const { url } = await serving({});
    const got = await fetchIt(url, { file: { checksum: SUM, bytes: BYTES.length } });
    expect([got.url, got.bytes, got.of.sha256]).toEqual([url, BYTES.length, SUM.value]);
    expectWhole();
  });
  test("by md5, and by git's name of the content (a golden one: git hash-object of 'hello\\n')", async () => {
    const bytes = Buffer.from("hello\n");
    const { url } = await answering((_, response) => response.end(bytes));
    const checksum: Checksum = {
      algorithm: "git-blob",
      value: "ce013625030ba8dba906f756967f9e9ca394464a",
      source: "git",
    };
    await fetchIt(url, { file: { checksum } });
    const md5: Checksum = { algorithm: "md5", value: "b1946ac92492d2347c6235b4d2611184", source: "md5sum" };
    await fetchIt(url, { file: { checksum: md5 } });
    expectWhole(bytes);
  });
  test("without a length (chunked)", async () => {
    const { url } = await answering((_, response) => {
      response.write(BYTES.subarray(0, 1000));
      response.end(BYTES.subarray(1000));
    });
    await fetchIt(url, { file: { checksum: SUM } });
    expectWhole();
  });
  test("after redirections", async () => {
    const { url, requests } = await answering((request, response) => {
      if (request.url === "/there") return sendFile(request, response, BYTES);
      response.writeHead(302, { location: request.url === "/" ? "/again" : "/there" }).end();
    });
    await fetchIt(`${url}/`, { file: { checksum: SUM } });
    expect(requests.map((r) => r.url)).toEqual(["/", "/again", "/there"]);
    expectWhole();
  });
  test("progress rises to the size of the file", async () => {
    const { url } = await serving({ dropAfter: 100_000 }, {});
    const seen: number[] = [];
    await fetchIt(url, {
      onBytes: (done, total) => {
        seen.push(done);
        expect(total ?? BYTES.length).toBe(BYTES.length);
      },
    });
    expect(seen.at(-1)).toBe(BYTES.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});

describe("goes on where it was", () => {
  test("dropped connections: each request asks for the rest only", async () => {
    const { url, ranges } = await serving({ dropAfter: 100_000 }, { dropAfter: 50_000 }, {});
    await fetchIt(url, { file: { checksum: SUM } });
    expectWhole();
    expect(ranges[0]).toBe("");
    expect(ranges.slice(1)).toEqual(["bytes=100000-", "bytes=150000-"]);
  });
  test("more drops than tries, as long as it gets further", async () => {
    const { url, requests } = await serving({ dropAfter: 40_000 });
    await fetchIt(url, { file: { checksum: SUM } });
    expect(requests.length).toBe(8); // ceil(300,000 / 40,000), and three tries are allowed without progress
    expectWhole();
  });
  test("a stalled connection is given up and taken up again", async () => {
    const { url, ranges } = await serving({ stallAfter: 100_000 }, {});
    await fetchIt(url, { file: { checksum: SUM }, client: { stall: 1000 } });
    expect(ranges).toEqual(["", "bytes=100000-"]);
    expectWhole();
  });
  test("a part of an earlier process, by entity tag", async () => {
    const { url, requests } = await serving({ etag: '"1"' });
    leave(BYTES.subarray(0, 123_456), { url, validator: '"1"' });
    await fetchIt(url);
    expect(requests.map(({ headers }) => [headers.range, headers["if-range"]])).toEqual([["bytes=123456-", '"1"']]);
    expectWhole();
  });
  test("the file has changed on the server: begun anew", async () => {
    const { url } = await serving({ etag: '"2"' });
    leave(Buffer.alloc(123_456, 1), { url, validator: '"1"' });
    await fetchIt(url);
    expectWhole();
  });
  test("a part of which nothing tells that it belongs to the file: begun anew", async () => {
    const { url, ranges } = await serving({});
    leave(Buffer.alloc(1000, 1));
    await fetchIt(url);
    expect(ranges).toEqual([""]);
    expectWhole();
  });
  test("with a checksum the part is used; where it was another file's, all is fetched once more", async () => {
    const { url, ranges } = await serving({});
    leave(Buffer.alloc(1000, 1));
    await fetchIt(url, { file: { checksum: SUM } });
    expect(ranges).toEqual(["bytes=1000-", ""]);
    expectWhole();
  });
  test("a record cut short counts as none", async () => {
    const { url, ranges } = await serving({});
    leave(BYTES.subarray(0, 10));
    writeFileSync(`${part()}.json`, '{"url":"htt');
    await fetchIt(url);
    expect(ranges).toEqual([""]);
    expectWhole();
  });
  test("416: the part was whole", async () => {
    const { url, ranges } = await serving({});
    leave(BYTES);
    await fetchIt(url, { file: { checksum: SUM } });
    expect(ranges).toEqual([`bytes=${BYTES.length}-`]);
    expectWhole();
  });
  test("416: the part is longer than the file: begun anew", async () => {
    const { url, ranges } = await serving({});
    leave(Buffer.concat([BYTES, BYTES]));
    await fetchIt(url, { file: { checksum: SUM } });
    expect(ranges).toEqual([`bytes=${2 * BYTES.length}-`, ""]);
    expectWhole();
  });
  test("a whole part of a published size is not asked for again", async () => {
    const { url, ranges } = await serving({});
    leave(BYTES);
    await fetchIt(url, { file: { checksum: SUM, bytes: BYTES.length } });
    expect(ranges).toEqual([]);
    expectWhole();
  });
  test("a rest without a length of its own that ends too early is not the rest", async () => {
    const { url, ranges } = await answering((request, response, turn) => {
      if (turn !== 1) return send(request, response, turn === 0 ? { dropAfter: 100_000 } : {});
      response.writeHead(206, { "content-range": `bytes 100000-${BYTES.length - 1}/${BYTES.length}` });
      response.write(BYTES.subarray(100_000, 150_000));
      response.end();
    });
    await fetchIt(url);
    expect(ranges).toEqual(["", "bytes=100000-", "bytes=150000-"]);
    expectWhole();
  });
  test("a weak entity tag promises nothing: begun anew", async () => {
    const { url, ranges } = await serving({ etag: 'W/"1"', dropAfter: 100_000 }, { etag: 'W/"1"' });
    await fetchIt(url);
    expect(ranges).toEqual(["", ""]);
    expectWhole();
  });
  test("a date will do where there is no tag", async () => {
    const date = "Wed, 21 Oct 2015 07:28:00 GMT";
    const { url, requests } = await answering((request, response, turn) => {
      response.setHeader("last-modified", date);
      const same = request.headers["if-range"] === date;
      if (same) delete request.headers["if-range"];
      send(request, response, { etag: null, ...(turn === 0 && { dropAfter: 100_000 }) });
    });
    const asked: (string | undefined)[] = [];
    await fetchIt(url, { onBytes: () => asked.push(requests.at(-1)?.headers.range) });
    expect(new Set(asked)).toEqual(new Set([undefined, "bytes=100000-"]));
    expectWhole();
  });
  test("a server without ranges: from the beginning each time", async () => {
    const { url, ranges } = await serving({ ranges: false, dropAfter: 100_000 }, { ranges: false });
    await fetchIt(url, { file: { checksum: SUM } });
    expect(ranges).toEqual(["", "bytes=100000-"]);
    expectWhole();
  });
  test("a server that sends another range than was asked for is not believed", async () => {
    const { url } = await answering((request, response, turn) => {
      if (turn > 0 || !request.headers.range) return sendFile(request, response, BYTES);
      response.writeHead(206, { "content-range": `bytes 5-${BYTES.length - 1}/${BYTES.length}` });
      response.end(BYTES.subarray(5));
    });
    leave(BYTES.subarray(0, 1000));
    await fetchIt(url, { file: { checksum: SUM } });
    expectWhole();
  });
});

describe("gives up, and says why", () => {
  const failing = async (fetching: Promise<unknown>, message: RegExp | string): Promise<void> => {
    await expect(fetching).rejects.toMatchObject({ code: "download-failed", path: "f.bin" });
    await expect(fetching).rejects.toThrow(message);
    expect(existsSync(target())).toBe(false);
  };
  test("404, at once", async () => {
    const { url, requests } = await answering((_, response) => response.writeHead(404).end());
    await failing(fetchIt(url), `f.bin: ${url} answers with status 404`);
    expect(requests.length).toBe(1);
  });
  test("503, after some tries", async () => {
    const { url, requests } = await answering((_, response) => response.writeHead(503).end());
    await failing(fetchIt(url), "answers with status 503, 4 times");
    expect(requests.length).toBe(4);
  });
  test("503 and then well: Retry-After is waited for", async () => {
    const { url } = await answering((request, response, turn) =>
      turn === 0 ? response.writeHead(503, { "retry-after": "1" }).end() : sendFile(request, response, BYTES),
    );
    const start = performance.now();
    await fetchIt(url, { retry: { ...retry, longest: 250 } });
    expect(performance.now() - start).toBeGreaterThan(240);
    expectWhole();
  });
  test("a wrong checksum: both are named, and who publishes the right one; nothing is kept", async () => {
    const { url } = await serving({});
    const checksum = { ...SUM, value: "0".repeat(64) };
    await failing(
      fetchIt(url, { file: { checksum } }),
      `has the sha256 ${SUM.value}, and not ${"0".repeat(64)} as published (this test)`,
    );
    expect(readdirSync(folder)).toEqual([]);
  });
  test("another size than published: before anything is fetched", async () => {
    const { url } = await serving({});
    await failing(fetchIt(url, { file: { bytes: 17 } }), "has 300000 bytes, and not 17 as published");
  });
  test("more than published, without a length", async () => {
    const { url } = await answering((_, response) => {
      response.write(BYTES);
      response.end();
    });
    await failing(fetchIt(url, { file: { bytes: 1000 } }), "sends more than 1000 bytes");
  });
  test("fewer than published, without a length", async () => {
    const { url } = await answering((_, response) => {
      response.write("abc");
      response.end();
    });
    await failing(fetchIt(url, { file: { bytes: 1000 } }), "has 3 bytes, and not 1000 as published");
  });
  test("a connection that drops at the same byte again and again", async () => {
    const { url, requests } = await serving({ ranges: false, dropAfter: 5000 });
    await failing(fetchIt(url, { file: { checksum: SUM } }), "the connection was lost");
    expect(requests.length).toBe(4); // the first, which gets further than nothing, and three tries
  });
  test("a server that never answers", async () => {
    const { url } = await answering(() => {});
    const fetching = fetchIt(url, { client: { stall: 300 }, retry: { times: 1, first: 1, longest: 1 } });
    await failing(fetching, "nothing came for 0.3 s, 2 times");
  });
  test("nobody there", async () => {
    const { url, close } = await serving({});
    await close();
    server = undefined;
    await failing(fetchIt(url), /there is no way to it \(.*ECONNREFUSED/);
  });
  test("redirections without end, and to what is not HTTP", async () => {
    const { url } = await answering((request, response) =>
      response.writeHead(302, { location: request.url === "/file" ? "file:///etc/hosts" : "/" }).end(),
    );
    await failing(fetchIt(`${url}/`), "is redirected more than 10 times");
    await failing(fetchIt(`${url}/file`), "is redirected from http:// to file://, which is not followed");
  });
  test("a redirection that gives up TLS", () => {
    const [safe, plain] = [new URL("https://a/b"), new URL("http://a/b")];
    expect(() => redirected(safe, "http://a/c")).toThrow(
      "is redirected from https:// to http://, which is not followed",
    );
    expect(redirected(safe, "../c").href).toBe("https://a/c");
    expect(redirected(plain, "https://d/").href).toBe("https://d/");
    expect(() => redirected(plain, "http://[")).toThrow("which is no address");
  });
  test("mirrors: the next address is asked; when all fail, all are named", async () => {
    const { url } = await answering((request, response) =>
      request.url === "/good" ? sendFile(request, response, BYTES) : response.writeHead(403).end(),
    );
    await failing(
      fetchIt("", { file: { urls: [`${url}/a`, `${url}/b`] } }),
      /\/a answers with status 403; .*\/b answers/,
    );
    const got = await fetchIt("", { file: { urls: [`${url}/a`, `${url}/good`], checksum: SUM } });
    expect(got.url).toBe(`${url}/good`);
    expectWhole();
  });
  test("no room on the disk: said before it is written", async () => {
    const { url } = await serving({});
    const fetching = fetchIt(url, { free: async () => 200_000 });
    await expect(fetching).rejects.toMatchObject({ code: "write-failed" });
    await expect(fetching).rejects.toThrow("needs 0.3 MB more, and the disk has room for 0.2");
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("stopped: the part stays, and the next call goes on from it", async () => {
  const { url, ranges } = await serving({ stallAfter: 100_000 }, {});
  const stop = new AbortController();
  const fetching = fetchIt(url, {
    client: { signal: stop.signal, stall: 5000 },
    stop: stop.signal,
    onBytes: (done) => done >= 100_000 && stop.abort(),
  });
  await expect(fetching).rejects.toMatchObject({ code: "interrupted" });
  expect(readFileSync(part()).length).toBe(100_000);
  await fetchIt(url);
  expect(ranges).toEqual(["", "bytes=100000-"]);
  expectWhole();
});

describe("proxies of the environment", () => {
  test("HTTP_PROXY is asked, and NO_PROXY is not", async () => {
    const { url } = await serving({});
    const between = await proxy();
    try {
      await fetchIt(url, { client: { env: { HTTP_PROXY: between.url } } });
      expect([between.forwarded, between.tunnels]).toEqual([[`${url}/`], []]);
      expectWhole();
      await fetchIt(url, { client: { env: { http_proxy: between.url, no_proxy: "127.0.0.1" } } });
      expect(between.forwarded.length).toBe(1);
    } finally {
      await between.close();
    }
  });
  test.each(["nonsense", "ftp://a.example", "proxy.example:3128"])("'%s' is no address of one", async (address) => {
    const fetching = fetchIt("http://127.0.0.1:9/", { client: { env: { http_proxy: address } } });
    await expect(fetching).rejects.toMatchObject({ code: "usage", path: "HTTP_PROXY" });
  });
  test("one that refuses connections is named at once, and nothing is tried again", async () => {
    const retry = { times: 5, first: 60_000, longest: 60_000 };
    const away = await serving({});
    const between = await proxy();
    await between.close();
    const urls = [`${away.url}/a`, `${away.url}/b`];
    for (const [name, to] of [
      ["HTTP_PROXY", urls],
      ["HTTPS_PROXY", ["https://127.0.0.1:9/"]],
      ["HTTP_PROXY", ["https://127.0.0.1:9/"]], // serves both where it is alone
    ] as const) {
      const fetching = fetchIt("", { client: { env: { [name]: between.url } }, retry, file: { urls: to } });
      await expect(fetching).rejects.toMatchObject({ name: "UsageError", code: "usage", path: name });
      await expect(fetching).rejects.toThrow(/names a proxy that refuses connections \(connect ECONNREFUSED/);
    }
  });
  test("a host that NO_PROXY names may refuse, and be tried again", async () => {
    const [away, between] = [await serve(() => {}), await proxy()];
    await away.close();
    const env = { HTTP_PROXY: between.url, NO_PROXY: "127.0.0.1" };
    const fetching = fetchIt(away.url, { client: { env }, retry: { times: 2, first: 1, longest: 1 } });
    await expect(fetching).rejects.toThrow(/there is no way to it \(connect ECONNREFUSED.*\), 3 times/);
    await between.close();
  });
  test("HTTPS_PROXY opens a tunnel", async () => {
    const { port } = await serving({});
    const between = await proxy();
    try {
      // Our server speaks no TLS: what counts is whom the client asks.
      const fetching = fetchIt(`https://127.0.0.1:${port}/`, {
        client: { env: { HTTPS_PROXY: between.url } },
        retry: { times: 0, first: 1, longest: 1 },
      });
      await expect(fetching).rejects.toMatchObject({ code: "download-failed" });
      expect(between.tunnels).toEqual([`127.0.0.1:${port}`]);
    } finally {
      await between.close();
    }
  });
});
