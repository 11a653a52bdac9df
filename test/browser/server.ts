/** A small server of files on 127.0.0.1, with the headers that a page's configuration asks for. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** What makes a page cross-origin isolated, so that it may share memory between workers. */
export const ISOLATION: Headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
export type Headers = Readonly<Record<string, string>>;

export interface Server extends AsyncDisposable {
  /** Ends in "/". */
  readonly origin: string;
}

/** Serves the files below a folder. */
export async function serve(root: string, headers: Headers = {}): Promise<Server> {
  const server = createServer((request, response) => void answer(root, headers, request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { origin: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: close };
}

async function answer(
  root: string,
  headers: Headers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname); // no ".." is left in it
  const file = join(root, normalize(path.endsWith("/") ? `${path}index.html` : path));
  const bytes = await readFile(file).catch(() => undefined);
  const type = TYPES[extname(file)] ?? "application/octet-stream";
  response.writeHead(bytes ? 200 : 404, { ...headers, "Content-Type": type, "Cache-Control": "no-store" }).end(bytes);
}
