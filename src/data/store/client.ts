/**
 * Requests over HTTP, by way of the proxies that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), with
 * redirections followed. What can be tried again is a `Transient`; all else is final. Node only.
 */
import type { Dispatcher } from "undici";
import { RunError, UsageError } from "../../base/errors.ts";
import { type Environment, environment } from "../../base/node.ts";
import { codeOf, reasonOf } from "./files.ts";

/** A failure that another try may not meet. */
export class Transient extends Error {
  /** What the server asks for, in ms. */
  readonly wait: number | undefined;

  constructor(problem: string, { wait, ...options }: ErrorOptions & { wait?: number | undefined } = {}) {
    super(problem, options);
    this.wait = wait;
  }
}
/** A failure of this address, which another address may not have. */
export class Refused extends Error {}

export interface ClientOptions {
  readonly env?: Environment;
  /** ms without a byte after which a connection counts as stalled. */
  readonly stall?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Response {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** Must be read to its end, or discarded. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly discard: () => void;
}

const MOST_REDIRECTIONS = 10;
const REDIRECTIONS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export class Client {
  readonly #dispatcher: Dispatcher;
  readonly #options: Required<Pick<ClientOptions, "stall">> & ClientOptions;

  /** Use `openClient`. */
  constructor(dispatcher: Dispatcher, options: Required<Pick<ClientOptions, "stall">> & ClientOptions) {
    this.#dispatcher = dispatcher;
    this.#options = options;
  }

  /** @throws {Transient | Refused}, or {RunError} `interrupted`, or {UsageError} for a proxy that refuses connections */
  async get(address: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    let url = this.#parse(address);
    for (let hop = 0; hop <= MOST_REDIRECTIONS; hop++) {
      const response = await this.#request(url, headers);
      const to = REDIRECTIONS.has(response.status) ? response.header("location") : undefined;
      if (to === undefined) return response;
      response.discard();
      url = redirected(url, to);
    }
    throw new Refused(`is redirected more than ${MOST_REDIRECTIONS} times`);
  }

  #parse(address: string): URL {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url && isHttp(url)) return url;
    throw new Refused(`'${address}' is no address of http or https`);
  }

  async #request(url: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
    const { stall, signal } = this.#options;
    try {
      const {
        statusCode,
        headers: got,
        body,
      } = await this.#dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: "GET",
        // Bytes as they are: lengths and ranges count those.
        headers: { "user-agent": "rheobase", accept: "*/*", "accept-encoding": "identity", ...headers },
        headersTimeout: stall,
        bodyTimeout: stall,
        ...(signal && { signal }),
      });
      body.on("error", () => {}); // of one that is discarded; whoever reads it meets the error there
      return {
        status: statusCode,
        header: (name) => ([] as (string | undefined)[]).concat(got[name])[0],
        chunks: this.#read(body, url),
        discard: () => void body.destroy(),
      };
    } catch (error) {
      throw this.#told(error, url);
    }
  }

  async *#read(body: AsyncIterable<Uint8Array>, url: URL): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw this.#told(error, url);
    }
  }

  #told(error: unknown, url: URL): Error {
    const { stall, signal } = this.#options;
    if (signal?.aborted)
      return signal.reason instanceof RunError ? signal.reason : new RunError("interrupted", url.href, "stopped");
    const code = codeOf(error);
    if (code === "ENOTFOUND") {
      const { hostname = url.hostname } = error as { hostname?: string }; // a proxy's, where that is not found
      return new Refused(`there is no host '${hostname}'${this.#byWayOf(url)}, or no network`, { cause: error });
    }
    const proxy = proxyFor(this.#options.env ?? {}, url);
    if (code === "ECONNREFUSED" && proxy && isOf(proxy.address, error, url))
      return new UsageError("usage", proxy.name, `names a proxy that refuses connections (${refusals(error)})`, {
        cause: error,
      });
    if (UNTRUSTED.test(code) || PROXY.test(reasonOf(error))) return new Refused(reasonOf(error), { cause: error });
    if (STALLED.test(code)) return new Transient(`nothing came for ${stall / 1000} s`, { cause: error });
    const by = code === "ECONNREFUSED" ? "" : this.#byWayOf(url); // one that refuses was told above
    const problem = UNREACHED.test(code) ? `there is no way to it${by}` : "the connection was lost";
    return new Transient(`${problem} (${reasonOf(error) || code})`, { cause: error });
  }

  /** Where a proxy is named, it may be what is wrong. */
  #byWayOf(url: URL): string {
    const proxy = proxyFor(this.#options.env ?? {}, url);
    return proxy ? `, by way of ${proxy.name}` : "";
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

const STALLED = /^UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT$/;
const UNREACHED = /^E(CONNREFUSED|HOSTUNREACH|NETUNREACH)$/;
const UNTRUSTED = /CERT|^ERR_TLS|^ERR_SSL|^UNABLE_TO|SELF_SIGNED/;
/** As undici says that a proxy wants a password, or opens no way. */
const PROXY = /Proxy (Authentication|response)/;

const isHttp = ({ protocol }: URL): boolean => protocol === "http:" || protocol === "https:";

/** @throws {Refused} where the way would leave HTTP, or what protects it */
export function redirected(from: URL, to: string): URL {
  if (!URL.canParse(to, from)) throw new Refused(`is redirected to '${to}', which is no address`);
  const url = new URL(to, from);
  if (!isHttp(url) || (from.protocol === "https:" && url.protocol === "http:"))
    throw new Refused(`is redirected from ${from.protocol}// to ${url.protocol}//, which is not followed`);
  return url;
}

const STALL = 30_000;

const proxyNamed = (env: Environment, name: string): string => env[name.toLowerCase()] || env[name] || "";
/** The proxy that the environment has for an address, unless NO_PROXY names it; that of HTTP serves both where it is alone. */
function proxyFor(env: Environment, { protocol }: URL): { readonly name: string; readonly address: URL } | undefined {
  const names = protocol === "https:" ? ["HTTPS_PROXY", "HTTP_PROXY"] : ["HTTP_PROXY"];
  const name = names.find((n) => proxyNamed(env, n) !== "");
  return name === undefined ? undefined : { name, address: new URL(proxyNamed(env, name)) };
}

/** Node tries every address of a host, and tells all of their failures. */
const failuresOf = (error: unknown): readonly unknown[] => (error instanceof AggregateError ? error.errors : [error]);
const refusals = (error: unknown): string => failuresOf(error).map(reasonOf).join(", ");
/** Whether it was the proxy that refused, and not a host that NO_PROXY names. */
function isOf(proxy: URL, error: unknown, asked: URL): boolean {
  if (portOf(proxy) === portOf(asked) && proxy.hostname !== asked.hostname) return false; // either's
  return failuresOf(error).every((e) => String((e as { port?: unknown }).port) === portOf(proxy));
}
const portOf = ({ port, protocol }: URL): string => port || (protocol === "https:" ? "443" : "80");

/** @throws {UsageError} where it is no address; it is not repeated, as it may hold a password */
function proxyOf(env: Environment, name: string): string {
  const address = proxyNamed(env, name);
  if (address === "" || (URL.canParse(address) && isHttp(new URL(address)))) return address;
  throw new UsageError("usage", name, "is no address of http or https, such as http://proxy.example:3128");
}

/** @throws {UsageError} where a proxy of the environment is no address */
export async function openClient({ env = environment(), stall = STALL, signal }: ClientOptions = {}): Promise<Client> {
  const { EnvHttpProxyAgent } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: proxyOf(env, "HTTP_PROXY"),
    httpsProxy: proxyOf(env, "HTTPS_PROXY"),
    noProxy: proxyNamed(env, "NO_PROXY"),
    proxyTunnel: false, // plain HTTP is asked of the proxy itself: many let no tunnel through to port 80
    connect: { timeout: stall },
  });
  return new Client(dispatcher, { env, stall, signal });
}
