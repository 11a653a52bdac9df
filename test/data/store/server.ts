/** A server on 127.0.0.1 that serves bytes as well, or as badly, as it is told to. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse, turn: number) => void;

export interface Served {
  readonly url: string;
  readonly port: number;
  /** Range headers of the requests so far, in order; "" where there was none. */
  readonly ranges: string[];
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

export async function serve(handler: Handler): Promise<Served> {
  const [ranges, requests]: [string[], IncomingMessage[]] = [[], []];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? "");
    requests.push(request);
    handler(request, response, requests.length - 1);
  });
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}`, port, ranges, requests, close: () => closed(server) };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export interface FileOptions {
  /** Takes ranges; default true. */
  readonly ranges?: boolean;
  readonly etag?: string | null;
  /** Sends so many bytes of an answer and then drops the connection, once `arrived` says that they are there. */
  readonly dropAfter?: number;
  /** @param end of the bytes in the file. A connection that drops takes along what its reader has not read yet. */
  readonly arrived?: (end: number) => boolean;
  /** Sends so many bytes and then nothing more. */
  readonly stallAfter?: number;
}

/** Answers with a file as RFC 9110 has it, as far as options allow. */
export function sendFile(request: IncomingMessage, response: ServerResponse, bytes: Buffer, o: FileOptions = {}): void {
  const etag = o.etag === undefined ? `"${createHash("md5").update(bytes).digest("hex")}"` : o.etag;
  const [, asked] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const same = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const from = asked !== undefined && o.ranges !== false && same ? Number(asked) : 0;
  if (etag !== null) response.setHeader("etag", etag);
  if (from > 0 && from >= bytes.length) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  const body = bytes.subarray(from);
  response.setHeader("content-length", body.length);
  if (from > 0) response.setHeader("content-range", `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
  response.statusCode = from > 0 ? 206 : 200;
  const cut = o.dropAfter ?? o.stallAfter;
  if (cut === undefined || cut >= body.length) return void response.end(body);
  response.write(body.subarray(0, cut));
  if (o.dropAfter === undefined) return;
  const arrived = o.arrived ?? (() => true);
  const watch = setInterval(() => {
    if (!arrived(from + cut)) return;
    clearInterval(watch);
    response.destroy();
  }, 5);
}

/** A proxy: forwards plain requests and opens tunnels, and counts both. */
export async function proxy(): Promise<{
  url: string;
  forwarded: string[];
  tunnels: string[];
  close(): Promise<void>;
}> {
  const [forwarded, tunnels]: [string[], string[]] = [[], []];
  const { request } = await import("node:http");
  const server = createServer((incoming, outgoing) => {
    forwarded.push(incoming.url!);
    const target = new URL(incoming.url!);
    const onward = request(
      { host: "127.0.0.1", port: target.port, path: target.pathname, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    tunnels.push(incoming.url!);
    const onward = connect(Number(incoming.url!.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on("error", () => {});
  });
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}`, forwarded, tunnels, close: () => closed(server) };
}
