/** What this machine can do for Rheobase, how fast it is, and what would help. */
import { type PowerCounters, powerCounters } from "../energy/rapl.ts";
import { adviceFor, type Diagnosis } from "./doctorAdvice.ts";
import { canRun, machine } from "./doctorMachine.ts";
import { findPlaces } from "./doctorPlaces.ts";
import { type Speed, speed } from "./doctorSpeed.ts";
import { doctorText } from "./doctorText.ts";
import type { OnProgress, TaskReport } from "./options.ts";
import { version } from "./run.ts";

/** Takes some four seconds, of which measuring takes most. */
export async function doctor(onProgress: OnProgress): Promise<TaskReport & { readonly works: boolean }> {
  const found = await machine();
  const works = canRun(found);
  const counts = found.webAssembly.threads && found.usableCores > 1 ? [1, 2] : [1];
  const diagnosis: Diagnosis = {
    version: await version(),
    machine: found,
    webGpu: "gpu" in (globalThis.navigator ?? {}),
    energy: await powerCounters(),
    places: await findPlaces(),
    speed: works ? await speed(counts, onProgress) : undefined,
  };
  const advice = adviceFor(diagnosis);
  return { works, document: documentOf(diagnosis, advice), text: doctorText(diagnosis, advice) };
}

/** JSON has no `undefined`: what is not there is null. */
function documentOf(d: Diagnosis, advice: readonly string[]): Record<string, unknown> {
  const nulls = (x: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(x).map(([key, value]) => [key, value ?? null]));
  const { packages, data, named, cache } = d.places;
  return {
    version: d.version,
    works: canRun(d.machine),
    machine: d.machine,
    webGpu: d.webGpu,
    energyCounters: energyDocument(d.energy),
    packages: nulls(packages),
    data: { named: named ?? null, sets: nulls(data) },
    cache: nulls({ ...cache }),
    speed: d.speed ? speedDocument(d.speed) : null,
    advice,
  };
}

const energyDocument = (energy: PowerCounters) =>
  energy.available
    ? { available: true, counters: energy.counters.map(({ domain, file }) => ({ domain, file })) }
    : { available: false, reason: energy.reason };

const speedDocument = ({ threads, simulation }: Speed) => ({
  threads: threads.map(({ threads, copy, mulAdd, loadAdd, trainingStep }) => ({
    threads,
    copyGBs: copy,
    mulAddGFlops: mulAdd,
    loadAddGAdds: loadAdd,
    trainingStepSeconds: trainingStep,
  })),
  simulationSeconds: simulation,
});
