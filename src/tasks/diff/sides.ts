/** Sides of a comparison: runs that are made here, and trails of runs that were. */
import { interpret } from "../../backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../backend/wasm/wasm.ts";
import { UsageError } from "../../base/errors.ts";
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
): Promise<Spec> {
  if (isTrail(file)) {
    if (asked !== undefined) throw new UsageError("usage", option, `'${file}' is a trail: it was run as it was`);
    return { kind: "trail", file, trail: await readTrail(file) };
  }
  const { seed = DEFAULT_SEED, dt } = settings;
  const subject = await subjectOf(file, { seed, ...(dt !== undefined && { dt }), others: [TRAIL] });
  return { kind: "run", file, settings: { ...settings, seed: settings.seed ?? subject.seed ?? DEFAULT_SEED }, subject };
}

/** In one line. */
export function toldOf(spec: Spec): string {
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
/** Spikes of a whole run by their times, on any engine. */
export async function timedSpikes(
  spec: Extract<Spec, { kind: "run" }>,
  seconds: number,
  onProgress: (share: number) => void,
): Promise<Readonly<Record<string, TimedSpikes>>> {
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
