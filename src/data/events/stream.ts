/**
 * Recordings larger than memory: a file comes in pieces of any size, and goes out as chunks of events. What is held is one
 * piece, what of it is not decoded yet (at most a header or a packet), and one chunk.
 */
import { requireInteger } from "../../base/errors.ts";
import type { Opened, Piece } from "./format.ts";
import { type EventOptions, openEvents } from "./read.ts";
import { EventBuffer, type EventRecording } from "./recording.ts";

/** Options for reading events in chunks. */
export interface StreamOptions extends EventOptions {
  /** About how many events a chunk has, and at least, but for the last one; by default 65,536. */
  readonly chunk?: number;
}

/**
 * The same events as `readEvents` gives for all the bytes, in the same order, as recordings of some of them. None is empty.
 *
 * @param path what errors call the file
 * @param source bytes of the file, such as the `body` of a response, or `fileBytes(path)`
 * @throws {DataError} as `readEvents`, after the events that come before the fault
 */
export async function* streamEvents(
  path: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>,
  options: StreamOptions = {},
): AsyncGenerator<EventRecording> {
  const { chunk = 65_536 } = options;
  requireInteger("chunk", chunk, 1);
  const queue = new ByteQueue(path);
  const out = new EventBuffer();
  let opened: Opened | undefined;
  for await (const bytes of iterable(source)) {
    queue.push(bytes);
    opened ??= await openQueue(queue, false, options);
    if (!opened) continue;
    for (const full of decodeQueue(queue, opened, out, chunk)) yield full;
  }
  opened ??= (await openQueue(queue, true, options))!;
  for (const full of decodeQueue(queue, opened, out, chunk)) yield full;
  opened.decoder.finish(queue.piece(), 0);
  if (out.count > 0) yield out.take(opened.sensor);
}

async function openQueue(queue: ByteQueue, ended: boolean, options: EventOptions): Promise<Opened | undefined> {
  if (!ended && !queue.hasGrown()) return undefined;
  const opened = await openEvents(queue.piece(), ended, options);
  if (opened) queue.drop(opened.from);
  return opened;
}

function* decodeQueue(
  queue: ByteQueue,
  { decoder, sensor }: Opened,
  out: EventBuffer,
  chunk: number,
): Generator<EventRecording> {
  for (;;) {
    const taken = decoder.decode(queue.piece(), 0, out);
    if (taken === 0) return;
    queue.drop(taken);
    if (out.count >= chunk) yield out.take(sensor);
  }
}

/** Bytes that have come and are not used yet, in one array that grows by doubling. */
class ByteQueue {
  readonly #path: string;
  #bytes = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #dropped = 0;
  #tried = 0;

  constructor(path: string) {
    this.#path = path;
  }
  push(bytes: Uint8Array): void {
    const held = this.#to - this.#from;
    if (this.#to + bytes.length > this.#bytes.length) {
      const needed = held + bytes.length;
      const room = needed <= this.#bytes.length / 2 ? this.#bytes : new Uint8Array(2 * needed);
      room.set(this.#bytes.subarray(this.#from, this.#to));
      [this.#bytes, this.#from, this.#to] = [room, 0, held];
    }
    this.#bytes.set(bytes, this.#to);
    this.#to += bytes.length;
  }
  piece(): Piece {
    return { path: this.#path, bytes: this.#bytes.subarray(this.#from, this.#to), offset: this.#dropped };
  }
  drop(count: number): void {
    this.#from += count;
    this.#dropped += count;
  }
  /** Whether there is half as much again as when this last was so: a header that comes byte by byte is read log n times. */
  hasGrown(): boolean {
    const held = this.#to - this.#from;
    if (held < 1.5 * this.#tried) return false;
    this.#tried = held;
    return true;
  }
}

/** Some browsers do not iterate over streams yet. */
async function* iterable(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in source || Symbol.iterator in source) return yield* source;
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
