/** The doctor's findings for people, within 80 columns. */
import type { FeatureName } from "../backend/wasm/features.ts";
import { MEMORY64_SOURCE } from "../backend/wasm/memory.ts";
import type { PowerCounters } from "../energy/rapl.ts";
import { NONE, short } from "../report/numbers.ts";
import { item, sections, table, WIDTH, wrap } from "../report/terminal/layout.ts";

import type { Diagnosis } from "./doctorAdvice.ts";
import { canRun } from "./doctorMachine.ts";
import { PACKAGES, type PackageName } from "./doctorPlaces.ts";
import { SIMULATION, type Speed, TRAINING } from "./doctorSpeed.ts";

const LABEL = 20;

/** A label and what is to say of it, broken behind the label; a path that is too long has a line of its own. */
function row(label: string, value: string): string {
  const line = `${label.padEnd(LABEL)}${value}`;
  return line.length <= WIDTH ? line : wrap(line, " ".repeat(LABEL));
}
const rows = (lines: readonly (readonly [label: string, value: string])[]): string =>
  lines.map(([label, value]) => row(label, value)).join("\n");

/** With a third text, that is what to say where it is missing. */
const FEATURE_TEXT: Readonly<Record<FeatureName, readonly [name: string, use: string, missing?: string]>> = {
  simd: ["SIMD", "needed"],
  bulkMemory: ["bulk memory", "needed"],
  threads: ["threads", "used by --threads"],
  relaxedSimd: ["relaxed SIMD", "not used: results would differ between machines"],
  memory64: ["64-bit memory", "used beyond 4 GiB, up to 16", `networks end at 4 GiB: ${MEMORY64_SOURCE}`],
  tailCalls: ["tail calls", "not used"],
};

const energyText = (energy: PowerCounters): string =>
  energy.available ? `readable: ${energy.counters.map(({ domain }) => domain).join(", ")}` : energy.reason;

/** GiB, as memories are sold. */
const gibibytes = (n: number): string => `${short(n / 2 ** 30)} GiB`;

function machineRows({ machine: m, webGpu, energy }: Diagnosis): string {
  const features = Object.entries(FEATURE_TEXT).map(
    ([name, [label, use, missing = use]]) =>
      [label, m.webAssembly[name as FeatureName] ? `yes (${use})` : `no  (${missing})`] as const,
  );
  return sections([
    rows([
      ["Node", `${m.node} (V8 ${m.v8})`],
      ["system", `${m.platform} ${m.release}, ${m.architecture}`],
      ["processor", m.processor],
      ["cores", `${m.cores}, of which this process may use ${m.usableCores}`],
      ["memory", `${gibibytes(m.memoryBytes)}, of which ${gibibytes(m.freeMemoryBytes)} are free`],
    ]),
    `WebAssembly\n${rows(features)}`,
    rows([
      ["WebGPU", `${webGpu ? "yes" : "no "} (not used yet)`],
      ["energy counters", energyText(energy)],
    ]),
  ]).trimEnd();
}

function placeRows({ places: { packages, data, named, cache } }: Diagnosis): string {
  const found = (Object.keys(PACKAGES) as PackageName[]).map(
    (name) => [name, `${packages[name] ?? "not installed"} (${PACKAGES[name]})`] as const,
  );
  const sets = Object.entries(data).map(([name, folder]) => [name, folder ?? "not found"] as const);
  const disk = cache.freeBytes === undefined ? "" : `, ${short(cache.freeBytes / 1e9)} GB free on its disk`;
  return sections([
    `packages\n${rows(found)}`,
    `data\n${rows([
      ...sets,
      ["RHEOBASE_DATA", named ?? "not set"],
      ["cache", `${cache.folder} (${cache.exists ? "there" : "not there yet"}${disk})`],
    ])}`,
  ]).trimEnd();
}

function speedRows({ threads, simulation }: Speed): string {
  const of = (label: string, value: (t: Speed["threads"][number]) => number): string[] => [
    label,
    ...threads.map((t) => short(value(t))),
  ];
  const { inputs, hidden, classes, steps, batch } = TRAINING;
  const alone = [short(1e3 * simulation), ...threads.slice(1).map(() => NONE)];
  const model = SIMULATION.steps * SIMULATION.dt;
  return [
    table([
      ["speed (medians)", ...threads.map((t) => (t.threads === 1 ? "1 thread" : `${t.threads} threads`))],
      of("copy, read and written, GB/s", (t) => t.copy),
      of("multiply and add, GFLOP/s", (t) => t.mulAdd),
      of("load and add, G additions/s", (t) => t.loadAdd),
      of("a training step [1], ms", (t) => 1e3 * t.trainingStep),
      ["a simulation [2], ms", ...alone],
    ]),
    wrap(`[1] ${inputs}-${hidden}-${classes}, recurrent, ${steps} steps, batch ${batch}`, "    "),
    wrap(
      `[2] ${short(SIMULATION.neurons)} neurons, ${short(SIMULATION.density * SIMULATION.neurons)} synapses each, ${short(1e3 * model)} ms in steps of ${short(1e3 * SIMULATION.dt)} ms: ${short(model / simulation)} times as fast as the model's time`,
      "    ",
    ),
  ].join("\n");
}

export function doctorText(d: Diagnosis, advice: readonly string[]): string {
  const verdict = canRun(d.machine) ? "runs here" : "cannot run here";
  return sections([
    `Rheobase ${d.version} ${verdict}.`,
    machineRows(d),
    placeRows(d),
    d.speed ? speedRows(d.speed) : "",
    advice.length > 0 ? advice.map((a) => item(a)).join("\n") : "Nothing is missing.",
  ]);
}
