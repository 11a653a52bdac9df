/**
 * A batch is worked through in shards: each takes its run of chunks, one after the other, and keeps what it sums (the
 * gradients) in a copy of its own. How many there are follows from the network and never from the number of threads,
 * so that the order of every sum, and with it every bit, is the same on one thread and on many.
 */
import { along, loop, type Node, place } from "../../ir/program.ts";
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Network } from "../../model/network.ts";
import type { Context } from "./context.ts";

/** More shards than this would serve few machines, and each costs memory. */
const MOST = 8;
/** Bytes that the copies of what shards sum may take together: some way beyond the caches, adding them up costs too much. */
const ROOM = 2 ** 24;

/** @param sums numbers that each shard sums, such as one gradient a parameter */
export function shardsFor(chunks: number, sums: number, type: FloatType, room = ROOM): number {
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, room / Math.max(1, sums * BYTES[type]))));
  return Math.min(chunks, Math.max(2, Math.min(MOST, fitting)));
}

/**
 * Where nothing but a few numbers is summed: a shard costs next to nothing, and the smaller the last ones are, the less threads
 * wait for each other at the end.
 */
const MOST_ANSWERING = 32;
export const shardsAnswering = (chunks: number): number => Math.min(chunks, MOST_ANSWERING);

/** Samples of a chunk at most: beyond that nothing is gained. */
const MOST_SAMPLES = 4;
/**
 * Bytes of one row a neuron and step that a chunk may keep. It keeps two or three such arrays (sums and tape, errors), which
 * pass on to the next part of the work through a second-level cache of 2 MB. T6 with 784 steps and 256 neurons: 252 ms of
 * CPU a step with chunks of 4 samples, 222 with 1; T1 with 100 steps: 29.9 with 4, 31.8 with 1.
 */
const KEPT = 2 ** 19;

/** Samples that go forward and backward together. */
export function samplesOfChunk({ populations }: Network, steps: number, type: FloatType): number {
  const neurons = Object.values(populations).reduce((sum, p) => sum + p.size, 0);
  const fitting = Math.floor(KEPT / Math.max(1, steps * neurons * BYTES[type]));
  return Math.max(1, Math.min(MOST_SAMPLES, fitting));
}

/**
 * Where sums are used after every step: fewer shards, because in each step all copies are cleared and added up. T6 with liquid
 * neurons (328,000 parameters, batch 128, CPU of a step of time): 5.6 ms with 2 shards of 64 samples, 6.0 with 4 of 32, 6.7
 * with 8 of 16, 9.1 where 8 shards take 4 samples at a time.
 */
const ROOM_ABREAST = 2 ** 22;
const MOST_ABREAST = 64;
export const shardsAbreast = (batch: number, sums: number, type: FloatType): number =>
  shardsFor(batch, sums, type, ROOM_ABREAST);
export const samplesAbreast = (batch: number, sums: number, type: FloatType): number =>
  Math.min(MOST_ABREAST, Math.ceil(batch / shardsAbreast(batch, sums, type)));

/** Buffers that the host fills before a batch: the first chunk of each shard, and how many it has. */
export const SHARDS = { first: "shard.first", chunks: "shard.chunks" } as const;

/** The loop over all chunks of a batch. `before` runs once a shard. */
export function overChunks(c: Context, before: readonly Node[], body: readonly Node[]): Node[] {
  const { shards } = c.options;
  const number = (name: string) => place(c.buffer(name, "i32", shards, "argument"), 0, along("shard", 1));
  const chunks = loop("chunk", number(SHARDS.chunks), body, { from: number(SHARDS.first) });
  return [loop("shard", shards, [...before, chunks], { parallel: true, scratch: true })];
}

/** First chunk of each shard, and after the last shard the number of chunks: as even as can be. */
export const shardStarts = (chunks: number, shards: number): number[] =>
  Array.from({ length: shards + 1 }, (_, k) => Math.floor((k * chunks) / shards));
