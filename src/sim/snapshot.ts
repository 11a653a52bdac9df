/** What an engine needs to go on later, or elsewhere, as if nothing had happened. Plain data: `structuredClone` copies it. */
import type { Elements, Executable } from "../backend/backend.ts";
import { RunError } from "../base/errors.ts";
import type { State as DigestState } from "../base/hash.ts";
import type { Program, Role } from "../ir/program.ts";
import type { PendingEvents } from "./eventQueue.ts";
import { deliveryOf, type Ring } from "./lower/delivery.ts";
import { dueBuffers } from "./lower/deliveryTables.ts";
import type { Lowered } from "./lower/lower.ts";
import { partStarts } from "./lower/parts.ts";
import { keptBuffers } from "./lower/procedural.ts";
import type { SpikeSignal } from "./lower/signals.ts";
import { copiedTraces } from "./lower/traces.ts";

/** A copy of everything that changes in an engine. Plain data. */
export interface Snapshot {
  readonly step: number;
  readonly buffers: ReadonlyMap<string, Elements>;
  /** Delayed input spikes that have not arrived yet, by signal. */
  readonly pending: ReadonlyMap<string, PendingEvents>;
  readonly digest: DigestState;
  /** Weights of connections that are delivered by groups of delays, where a hook has changed them. */
  readonly weights: ReadonlyMap<string, Float64Array>;
}

const CHANGING: ReadonlySet<Role> = new Set(["state", "work", "parameter"]);

/** Buffers whose contents matter to later steps; values that the host gave are among them, because they may be delayed. */
function changing(l: Lowered, { buffers }: Program): string[] {
  const { sources, net, context } = l;
  const given = new Set([...sources.values.values()].filter((v) => v.node in net.inputs).map((v) => v.name));
  return buffers
    .filter((b) => (CHANGING.has(b.role) && !context.transients.has(b.name)) || given.has(b.name))
    .map((b) => b.name);
}

export const copyBuffers = (x: Executable, l: Lowered, program: Program): Map<string, Elements> =>
  new Map([...changing(l, program).map((name) => [name, x.array(name).slice()] as const), ...undivided(x, l)]);

export function restoreBuffers(
  x: Executable,
  l: Lowered,
  program: Program,
  { buffers, pending }: Pick<Snapshot, "buffers" | "pending">,
): void {
  const names = changing(l, program);
  const divided = undivided(x, l);
  const length = (name: string): number => (divided.get(name) ?? x.array(name)).length;
  const fits = (name: string): boolean => buffers.get(name)?.length === length(name);
  const unfit = names.find((name) => !fits(name)) ?? [...buffers.keys()].find((name) => !names.includes(name));
  const missing = [...l.sources.inputSpikes.values()].find((s) => !pending.has(s.name))?.name;
  if (unfit !== undefined || missing !== undefined)
    throw new RunError("shape-mismatch", "snapshot", `'${unfit ?? missing}' does not fit this engine`);
  for (const buffer of keptBuffers(l)) x.array(buffer).fill(0);
  for (const [name, values] of buffers) if (!divided.has(name)) x.array(name).set(values);
  if (l.context.parts === 1) return;
  for (const signal of l.sources.spikes.values()) divideSpikes(buffers, signal, x, l);
  eachRing(l, (ring, move) => move(x.array(ring.name), buffers.get(ring.name)!));
  for (const { buffer, stride } of copied(l))
    for (let at = 0, to = x.array(buffer); at < to.length; at += stride) to.set(buffers.get(buffer)!, at);
}

/** What lies part by part, as if there were one part: what a snapshot holds does not depend on threads. */
function undivided(x: Executable, l: Lowered): Map<string, Elements> {
  const out = new Map<string, Elements>();
  if (l.context.parts === 1) return out;
  for (const signal of l.sources.spikes.values()) wholeLists(out, signal, x, l);
  eachRing(l, (ring, move, length) => {
    const whole = x.array(ring.name).slice(0, length);
    whole.fill(0);
    move(whole, x.array(ring.name), true);
    out.set(ring.name, whole);
  });
  for (const { buffer, stride } of copied(l)) out.set(buffer, x.array(buffer).slice(0, stride));
  return out;
}
/** Of what each part has for itself, the same in all, how much one has. */
const copied = (l: Lowered) => [...copiedTraces(l), ...dueBuffers(l.context)];

/** Copies sums from an array that lies in parts to one that does not, or back. */
type Move = (to: Elements, from: Elements, together?: boolean) => void;
function eachRing(l: Lowered, visit: (ring: Ring, move: Move, length: number) => void): void {
  const { delivery, options, net } = l.context;
  const whole = deliveryOf(net, { ...options, parts: 1 }).rings;
  delivery.rings.forEach((ring, n) => {
    const one = whole[n]!;
    const move: Move = (to, from, together = false) => {
      for (const [k, { node, first, width }] of ring.ports.entries())
        for (let row = 0; row < ring.group; row++)
          for (let i = 0; i < l.context.size(node); i++) {
            const p = Math.floor(i / width);
            const divided = (p * ring.group + row) * ring.cells + first + i - p * width;
            const undivided = row * one.cells + one.ports[k]!.first + i;
            if (together) to[undivided] = from[divided]!;
            else to[divided] = from[undivided]!;
          }
    };
    visit(ring, move, one.group * one.cells);
  });
}

function wholeLists(out: Map<string, Elements>, signal: SpikeSignal, x: Executable, { context }: Lowered): void {
  const { node, list, counts, room } = signal;
  const [parts, ends] = [x.array(list), x.array(counts)];
  const starts = partStarts(context.size(node), context.parts);
  const [whole, lengths] = [new Uint32Array(parts.length), new Int32Array(context.options.samples * signal.rows)];
  for (let row = 0; row < lengths.length; row++)
    for (let p = 0; p < context.parts; p++) {
      const part = parts.subarray(row * room + starts[p]!, row * room + ends[signal.endAt(row, p)]!);
      if (part.length === 0) continue;
      whole.set(part, row * room + lengths[row]!);
      lengths[row]! += part.length;
    }
  out.set(list, whole).set(counts, lengths);
}
function divideSpikes(buffers: Snapshot["buffers"], signal: SpikeSignal, x: Executable, { context }: Lowered): void {
  const { node, list, counts, room } = signal;
  const [whole, lengths] = [buffers.get(list)!, buffers.get(counts)!];
  const [parts, ends] = [x.array(list), x.array(counts)];
  const starts = partStarts(context.size(node), context.parts);
  for (let row = 0; row < lengths.length; row++) {
    const spikes = whole.subarray(row * room, row * room + lengths[row]!);
    for (let p = 0; p < context.parts; p++) {
      const own = spikes.filter((i) => i >= starts[p]! && i < starts[p + 1]!);
      parts.set(own, row * room + starts[p]!);
      ends[signal.endAt(row, p)] = starts[p]! + own.length;
    }
  }
}
