/** Sides of a comparison: runs that are made here, trails of runs that were, and spikes that anyone has left in a file. */
import { interpret } from "../../backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../backend/wasm/wasm.ts";
import { DataError, UsageError } from "../../base/errors.ts";
import { readBytes } from "../../io/file.ts";
import { isSealed } from "../../io/seal.ts";
import { readSonataSpikes, type SonataSpikeTrain } from "../../io/sonata/readSpikes.ts";
import { readTrail } from "../../io/trail.ts";
import { whyOnePart } from "../../model/timing.ts";
import { ClockedSide } from "../../sim/divergence/side.ts";
import type { TimedSpikes } from "../../sim/divergence/times.ts";
import type { Trail } from "../../sim/divergence/trail.ts";
import { createEngine } from "../../sim/engine.ts";
import { createExactEngine } from "../../sim/exact/engine.ts";
import { stepInputs, timeInputs } from "../subject/given.ts";
import { DEFAULT_SEED, type Subject, subjectOf } from "../subject/subject.ts";
import { type SeededSettings, type Settings, settingsText } from "./settings.ts";

/** What is compared, before anything runs. */
export type Spec =
  | { readonly kind: "spikes"; readonly file: string; readonly spikes: Readonly<Record<string, TimedSpikes>> }
  | { readonly kind: "trail"; readonly file: string; readonly trail: Trail }
  | { readonly kind: "run"; readonly file: string; readonly settings: SeededSettings; readonly subject: Subject };

const TRAIL = ".trail";
export const isTrail = (file: string): boolean => file.toLowerCase().endsWith(TRAIL);

/** @throws {UsageError} for a file of another kind, or settings of a trail; {DataError} for what it holds */
export async function specOf(
  file: string,
  settings: Settings,
  asked: string | undefined,
  option: string,
  input: readonly string[] | undefined,
): Promise<Spec> {
  if (isTrail(file)) {
    if (asked !== undefined) throw new UsageError("usage", option, `'${file}' is a trail: it was run as it was`);
    return { kind: "trail", file, trail: await readTrail(file) };
  }
  const spikes = await spikesOf(file);
  if (spikes) {
    if (asked !== undefined) throw new UsageError("usage", option, `'${file}' holds spikes: nothing of it is run`);
    return { kind: "spikes", file, spikes };
  }
  const { seed = DEFAULT_SEED, dt } = settings;
  const subject = await subjectOf(file, {
    seed,
    ...(dt !== undefined && { dt }),
    ...(input && { input }),
    others: [TRAIL],
  });
  return { kind: "run", file, settings: { ...settings, seed: settings.seed ?? subject.seed ?? DEFAULT_SEED }, subject };
}

/** What an HDF5 file holds that is no artefact, but has spikes as SONATA lays them out: in seconds, in order of time. */
async function spikesOf(file: string): Promise<Readonly<Record<string, TimedSpikes>> | undefined> {
  if (!/\.(h5|hdf5)$/i.test(file)) return undefined;
  const bytes = await readBytes(file);
  if (isSealed(bytes)) return undefined;
  try {
    const found = await readSonataSpikes({ path: file, bytes });
    return Object.fromEntries([...found].map(([name, train]) => [name, inSeconds(train)]));
  } catch (error) {
    if (error instanceof DataError) return undefined; // whoever reads artefacts says what is wrong
    throw error;
  }
}
function inSeconds({ timestamps, nodeIds }: SonataSpikeTrain): TimedSpikes {
  const order = Uint32Array.from({ length: timestamps.length }, (_, k) => k).sort(
    (a, b) => timestamps[a]! - timestamps[b]! || nodeIds[a]! - nodeIds[b]!,
  );
  return {
    times: Float64Array.from(order, (k) => timestamps[k]! / 1000),
    indices: nodeIds.map((_, k) => nodeIds[order[k]!]!),
  };
}

/** In one line. */
export function toldOf(spec: Spec): string {
  if (spec.kind === "spikes") {
    const all = Object.entries(spec.spikes).map(([name, s]) => `${s.times.length} of '${name}'`);
    return `${spec.file}: spikes, ${all.join(", ")}`;
  }
  if (spec.kind === "run") return `${spec.file}: ${settingsText(spec.settings)}`;
  const { version, settings, steps } = spec.trail;
  const how = Object.entries(settings).map(([name, x]) => `${name} ${x}`);
  return `${spec.file}: ${steps} steps recorded by Rheobase ${version}, ${how.join(", ")}`;
}

/** A clocked run that is open. Give it back with `dispose`. */
export interface Open {
  readonly side: ClockedSide;
  dispose(): void;
}
export async function openRun({ subject, settings }: Extract<Spec, { kind: "run" }>): Promise<Open> {
  const { net, parameters, given } = subject;
  const { dtype: type, seed, threads } = settings;
  const team = settings.backend === "wasm" && threads > 1 ? threadedWasm(threads) : undefined;
  const backend = team ?? (settings.backend === "wasm" ? wasm : interpret);
  // However small the network: whoever asks for threads wants to know what they do.
  const parts = team && !whyOnePart(net) ? { parts: threads } : {};
  const engine = await createEngine(net, backend, {
    type,
    seed,
    sources: given.sources,
    ...(parameters && { parameters }),
    ...parts,
  });
  const side = new ClockedSide(engine, { inputs: (from, count) => stepInputs(net, given, from, count) });
  const dispose = (): void => {
    engine.dispose();
    team?.dispose();
  };
  return { side, dispose };
}

const STRETCH = 1024;
/** Spikes of a file up to some time, or of a whole run by their times, on any engine. */
export async function timedSpikes(
  spec: Exclude<Spec, { kind: "trail" }>,
  seconds: number,
  onProgress: (share: number) => void,
): Promise<Readonly<Record<string, TimedSpikes>>> {
  if (spec.kind === "spikes")
    return Object.fromEntries(Object.entries(spec.spikes).map(([n, s]) => [n, until(s, seconds)]));
  const { subject, settings } = spec;
  const { net, parameters, given } = subject;
  if (settings.engine === "exact") {
    const engine = createExactEngine(net, {
      seed: settings.seed,
      sources: given.sources,
      ...(parameters && { parameters }),
    });
    return engine.run(seconds, { inputs: timeInputs(given, 0, seconds) }).spikes;
  }
  const { side, dispose } = await openRun(spec);
  try {
    const steps = Math.round(seconds / net.dt);
    const out = new Map<string, { times: number[]; indices: number[] }>();
    while (side.done < steps) {
      const from = side.done;
      for (const [node, spikes] of Object.entries(side.advance(Math.min(STRETCH, steps - from)).spikes)) {
        const own = out.get(node) ?? out.set(node, { times: [], indices: [] }).get(node)!;
        for (let k = 0; k < spikes.steps.length; k++) {
          own.times.push((from + spikes.steps[k]!) * net.dt);
          own.indices.push(spikes.indices[k]!);
        }
      }
      onProgress(side.done / steps);
    }
    return Object.fromEntries(out);
  } finally {
    dispose();
  }
}
function until({ times, indices }: TimedSpikes, end: number): TimedSpikes {
  const count = Array.prototype.filter.call(times, (t: number) => t < end).length;
  return { times: Array.prototype.slice.call(times, 0, count), indices: Array.prototype.slice.call(indices, 0, count) };
}
