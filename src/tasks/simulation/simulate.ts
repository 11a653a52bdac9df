/** A simulation from a name or a file to a report. */
import { listNames, UsageError } from "../../base/errors.ts";
import { connectedSizes } from "../../model/connection.ts";
import { synapseCount } from "../../model/connectivity/kinds.ts";
import type { Network } from "../../model/network.ts";
import type { HealthDocument, PopulationDocument, SimulateDocument } from "../../report/document.ts";
import { short, whole } from "../../report/numbers.ts";
import type { View } from "../../report/terminal/layout.ts";
import { simulateText } from "../../report/terminal/simulate.ts";
import { checkActivity, WINDOWS } from "../../sim/health/activity.ts";
import type { HealthFinding } from "../../sim/health/finding.ts";
import { checkStep } from "../../sim/health/step.ts";
import { secondsText } from "../explainQuantity.ts";
import type { OnProgress, TaskReport } from "../options.ts";
import { filesBySuffix, type Output, writeReport } from "../outputs.ts";
import { machineOf } from "../provenance.ts";
import { peakBytes, version } from "../run.ts";
import { silentInputs } from "../subject/inputs.ts";
import { thresholdOf } from "../threshold.ts";
import { windowsOf } from "./analysis.ts";
import { clockedRunner } from "./clocked.ts";
import { MOST_CURVES } from "./collected.ts";
import { commandOf, optionsOf } from "./command.ts";
import {
  intervalHistograms,
  type Looked,
  neuronRates,
  populationDocuments,
  rasterDocuments,
  sampledDocuments,
  secondsDone,
  weightHistograms,
} from "./document.ts";
import { exactRunner } from "./exact.ts";
import type { SimulationOptions } from "./options.ts";
import { type RecordedSynapses, type RecordPlan, recordPlan } from "./record.ts";
import { type Driven, type DriveOptions, drive } from "./run.ts";
import type { Runner } from "./runner.ts";
import { type Recorded, Streams } from "./streams.ts";
import { type SeededOptions, type Timed, timedSubject } from "./timed.ts";
import { requireLines, type ValueFile, valueFilesOf, writeSynapses } from "./valueFiles.ts";

const KINDS = { ".h5": "spikes", ".csv": "table", ".html": "page", ".json": "data" } as const;
type Kind = (typeof KINDS)[keyof typeof KINDS];

/** A report, and how the run ended. */
export interface SimulationReport extends TaskReport {
  readonly document: Readonly<Record<string, unknown>>;
  /** Stopped before its end by somebody. */
  readonly interrupted: boolean;
  /** Ended by what it ran into: a state that is no number, time that stands still. */
  readonly failed: boolean;
}

/**
 * Runs a network by name, from a module or from a file, and says what its neurons did, whether anything looks wrong,
 * and how long it took; writes spikes, a page and data.
 *
 * @throws {UsageError} for options and targets; {DataError} for files and inputs; {ModelError} for a network that cannot run
 */
export async function simulateTask(given: SimulationOptions, onProgress: OnProgress): Promise<SimulationReport> {
  requireSense(given);
  const outputs = await filesBySuffix(given.out, KINDS);
  const { subject, options } = await timedSubject(given);
  const wanted = [...subject.record, ...(options.record ?? [])];
  const isShown = outputs.some((o) => o.kind === "page" || o.kind === "data");
  const asked = recordPlan(wanted, subject.net);
  const plan = withDefaults(asked, subject, isShown);
  const planned = valueFilesOf(outputs, asked);
  requireTaken(asked, subject, planned);
  const start = performance.now();
  onProgress({ stage: "build", done: 0, total: 1 });
  using runner = await runnerOf(subject, plan, options);
  onProgress({ stage: "build", done: 1, total: 1 });
  const before = plan.synapses.map((of) => runner.look(of));
  requireLines(planned, before);
  const built = (performance.now() - start) / 1000;
  const recorded: Recorded = { net: subject.net, seed: options.seed, plan, collected: runner.collected };
  const streams = await Streams.open(recorded, outputs, planned);
  const driven = await streamed(streams, runner, { stop: options.stop, onProgress });
  const looked = plan.synapses.map((of, k): Looked => ({ of, before: before[k], after: runner.look(of) }));
  const values = planned.filter(({ what, k }) => what === "values" || looked[k]!.after !== undefined);
  const found: Found = { options, subject, plan, runner, driven, built, looked, outputs, values };
  const document = await documentOf(found);
  for (const { file, kind } of outputs) if (kind === "page" || kind === "data") await writeReport(file, kind, document);
  await writeSynapses(values, looked, recorded, (connection) => runner.ends(connection));
  const { interrupted, failed } = document;
  return {
    document: { ...document },
    text: simulateText(document),
    show: (view: View, quiet: boolean) => simulateText(document, view, quiet),
    interrupted,
    failed,
  };
}

/** Runs to the end, with files that grow meanwhile. Where that fails, what was written of a run stays as `NAME.part`. */
async function streamed(streams: Streams, runner: Runner, options: DriveOptions): Promise<Driven> {
  try {
    runner.collected.outlet = streams;
    const driven = await drive(runner, options);
    options.onProgress({ stage: "write", done: 0, total: 1 });
    await streams.finish();
    options.onProgress({ stage: "write", done: 1, total: 1 });
    return driven;
  } catch (error) {
    await streams.abandon({ keep: runner.collected.done > 0 });
    throw error;
  }
}

/** @throws {UsageError} for options that contradict each other */
function requireSense({ engine, dtype, dt }: SimulationOptions): void {
  if (engine !== "exact") return;
  if (dtype === "f32") throw new UsageError("usage", "--dtype f32", "the exact engine computes in f64");
  if (dt !== undefined) throw new UsageError("usage", "--dt", "the exact engine has no steps");
}

async function runnerOf(subject: Timed, plan: RecordPlan, options: SeededOptions): Promise<Runner> {
  const { seed, threads, dtype: type = "f32" } = options;
  if (options.engine === "exact") return exactRunner(subject, plan, subject.duration, seed);
  return clockedRunner(subject, plan, stepsOf(subject), { type, seed, threads });
}
/** @throws {UsageError} unless the duration is a whole number of steps */
function stepsOf({ duration, net: { dt } }: Timed): number {
  const steps = Math.round(duration / dt);
  if (steps >= 1 && Math.abs(duration / dt - steps) <= 1e-6 * steps) return steps;
  throw new UsageError(
    "out-of-range",
    "--duration",
    `must be a whole number of steps of ${secondsText(dt)}, and at least one; ${secondsText(duration)} is not, ${secondsText(round(Math.max(1, steps) * dt))} would be`,
  );
}

/** What a page shows where nobody said what to record: what the first neurons compare with their threshold, and weights that differ. */
const SHOWN_NEURONS = 2;
/** Seconds from one sample to the next: finer than a membrane's time constant, coarser than most steps. */
const SHOWN_EVERY = 1e-3;
const MOST_WEIGHTS = 5e6;
const MOST_FOR_NOTHING = 5e7;

/** Values that no file takes are drawn, and of a few neurons: the others would be recorded for nothing. */
function requireTaken({ values }: RecordPlan, { net, duration }: Timed, files: readonly ValueFile[]): void {
  const neurons = values.reduce((sum, v) => sum + v.neurons.length, 0);
  if (neurons <= MOST_CURVES || files.some(({ what }) => what === "values")) return;
  const steps = duration / net.dt;
  const count = values.reduce((sum, v) => sum + v.neurons.length * (steps / v.every), 0);
  if (count > MOST_FOR_NOTHING)
    throw new UsageError(
      "out-of-range",
      "--record",
      `${whole(count)} values of ${whole(neurons)} neurons would be recorded, and no file takes them: --out run.h5 or run.csv does, while the run goes on; or name some neurons ([0..9]) or an interval (@1ms)`,
    );
}
function withDefaults(given: RecordPlan, { net }: Timed, isShown: boolean): RecordPlan {
  const plan = { ...given, draws: isShown };
  if (!isShown) return plan;
  const values = plan.values.length > 0 ? [] : Object.keys(net.populations).flatMap((node) => membranes(net, node));
  const synapses = plan.synapses.length > 0 ? [] : differing(net);
  return { ...plan, values: [...plan.values, ...values], synapses: [...plan.synapses, ...synapses] };
}
function membranes(net: Network, node: string): RecordPlan["values"] {
  const { size, model } = net.populations[node]!;
  const variable = thresholdOf(net, node, {})?.variable ?? model.variables.find((v) => v.type === "float")?.name;
  if (variable === undefined || !model.outputs.includes(variable)) return [];
  const neurons = Array.from({ length: Math.min(size, SHOWN_NEURONS) }, (_, k) => k);
  return [{ node, variable, neurons, every: Math.max(1, Math.round(SHOWN_EVERY / net.dt)) }];
}
const differing = (net: Network): RecordedSynapses[] =>
  net.connections
    .filter((c) => c.weight.kind !== "constant" || c.synapse)
    .filter((c) => synapseCount(c.connectivity, connectedSizes(net, c.from.node, c.to.node)) <= MOST_WEIGHTS)
    .map((c) => ({ connection: c.name, variable: "w" }));

interface Found {
  readonly options: SeededOptions;
  readonly subject: Timed;
  readonly plan: RecordPlan;
  readonly runner: Runner;
  readonly driven: Driven;
  /** Seconds that it took to build. */
  readonly built: number;
  readonly looked: readonly Looked[];
  readonly outputs: readonly Output<Kind>[];
  readonly values: readonly ValueFile[];
}

async function documentOf(f: Found): Promise<SimulateDocument> {
  const { options, subject, runner, driven, outputs, values } = f;
  const { collected } = runner;
  const seconds = secondsDone(collected);
  const populations = populationDocuments(subject.net, collected);
  const health = findings(f).map((x): HealthDocument => ({ ...x }));
  const rate = meanRate(populations, seconds);
  const { rasters, notes } = rasterDocuments(collected);
  const traces = sampledDocuments(subject.net, collected);
  const { undrawn } = collected;
  const work = runner.work();
  const factor = seconds > 0 ? driven.seconds / seconds : Number.POSITIVE_INFINITY;
  const files = [...outputs, ...values].map((o) => o.file);
  return {
    kind: "simulate",
    target: options.target,
    head: headOf(f),
    headline: { text: headlineOf(f, rate, seconds, factor), lines: [] },
    engine: options.engine ?? "clocked",
    type: options.engine === "exact" ? "f64" : (options.dtype ?? "f32"),
    dt: subject.net.dt,
    seed: options.seed,
    threads: { allowed: options.threads, used: runner.threads },
    duration: subject.duration,
    simulated: seconds,
    interrupted: driven.interrupted,
    failed: driven.finding !== undefined,
    buildSeconds: f.built,
    runSeconds: driven.seconds,
    realTimeFactor: factor,
    populations,
    rate,
    ...(subject.rate &&
      seconds >= subject.duration * (1 - 1e-9) && {
        known: { ...subject.rate, rate, within: rate >= subject.rate.low && rate <= subject.rate.high },
      }),
    health,
    work: { spikes: populations.reduce((sum, p) => sum + (p.spikes ?? 0), 0), ...work },
    binSeconds: collected.binTicks * collected.extent.tick,
    neuronRates: neuronRates(collected),
    intervals: intervalHistograms(collected),
    weights: weightHistograms(f.looked),
    ...(rasters && { rasters }),
    traces,
    notes: [
      ...notesOf(f),
      ...notes,
      ...(undrawn > 0 ? [`${undrawn} more curves were recorded; the first ${traces.length} are shown.`] : []),
    ],
    files,
    provenance: {
      version: await version(),
      ...(await machineOf()),
      date: new Date().toISOString(),
      options: optionsOf(options),
      command: commandOf(options),
    },
    peakBytes: peakBytes(),
    digest: runner.digest,
  };
}

function meanRate(populations: readonly PopulationDocument[], seconds: number): number {
  const spiking = populations.filter((p) => p.spiking);
  const [spikes, size] = [spiking.reduce((n, p) => n + (p.spikes ?? 0), 0), spiking.reduce((n, p) => n + p.size, 0)];
  return size === 0 || seconds === 0 ? 0 : spikes / size / seconds;
}

/** What ended the run comes first. */
function findings({ subject: { net, given }, runner, driven, options }: Found): HealthFinding[] {
  const { collected } = runner;
  const exact = options.engine === "exact";
  const counts = [...collected.bins].map(
    ([node, bins]) => [node, windowsOf(bins, collected.usedBins, WINDOWS)] as const,
  );
  const activity = checkActivity(net, {
    seconds: secondsDone(collected),
    counts: Object.fromEntries(counts),
    silentInputs: silentInputs(net, given),
    exact,
  });
  const ended = driven.finding ? [driven.finding] : [];
  // Where a run has come to grief, spikes up to the last piece say nothing of a population that was silent so far.
  const odd = driven.finding ? activity.filter((f) => f.code !== "silent") : activity;
  const told = (f: HealthFinding): boolean => ended.some((e) => e.advice.includes(f.says));
  const grown = driven.finding ? [] : runner.findings;
  return [...ended, ...grown, ...(exact ? [] : checkStep(net)).filter((f) => !told(f)), ...odd];
}

function headOf({ options, subject, runner }: Found): string[] {
  const { net, given, from } = subject;
  const neurons = Object.values(net.populations).reduce((sum, p) => sum + p.size, 0);
  const sizes = `${whole(neurons)} neurons, ${synapsesText(net, runner)}; ${runner.says}; seed ${options.seed}.`;
  const inputs = Object.entries(net.inputs).map(
    ([name, { size }]) => `${name} (${whole(size)}): ${inputText(given, name)}`,
  );
  return [from, sizes, ...(inputs.length > 0 ? [`Inputs: ${inputs.join("; ")}.`] : [])];
}
function synapsesText(net: Network, { synapses }: Runner): string {
  if (synapses !== undefined) return `${whole(synapses)} synapses`;
  const expected = net.connections.reduce(
    (sum, c) => sum + synapseCount(c.connectivity, connectedSizes(net, c.from.node, c.to.node)),
    0,
  );
  return `about ${whole(expected)} synapses`;
}
function inputText({ data, sources }: Timed["given"], name: string): string {
  const source = sources[name];
  if (source?.kind === "poisson")
    return typeof source.rate === "number" ? `Poisson, ${short(source.rate)} Hz each` : "Poisson, a rate each";
  if (source?.kind === "array") return "spikes at given times";
  if (source)
    return `a spike every ${typeof source.interval === "number" ? secondsText(source.interval) : source.interval}`;
  const given = data.get(name);
  if (!given) return "silent, because nothing was given";
  return given.kind === "spikes" ? `${whole(given.times.length)} spikes as given` : "values as given";
}

function headlineOf({ driven, subject }: Found, rate: number, seconds: number, factor: number): string {
  const spiking = Object.values(subject.net.populations).some((p) => p.model.spike);
  const pace = paceOf(factor);
  const took = `${secondsText(round(seconds))} of model time took ${short(driven.seconds)} s, ${pace}`;
  const ended = endOf(driven);
  if (seconds === 0)
    return driven.finding ? "The run failed in its first piece." : "Interrupted before anything was run.";
  return `${spiking ? `${short(rate)} spikes a second and neuron; ` : ""}${took}.${ended}`;
}
function endOf({ finding, interrupted }: Driven): string {
  if (finding) return " Then the run failed.";
  return interrupted ? " Then it was interrupted." : "";
}
function paceOf(factor: number): string {
  if (Math.abs(factor - 1) < 0.05) return "as long as it lasted";
  return factor < 1
    ? `${short(1 / factor)} times faster than real time`
    : `${short(factor)} times slower than real time`;
}
const round = (x: number): number => Number(x.toPrecision(6));

function notesOf({ subject, plan, runner, driven, looked }: Found): string[] {
  const silent = silentInputs(subject.net, subject.given);
  const unseen = looked.filter((l) => l.after === undefined).map((l) => `${l.of.connection}.${l.of.variable}`);
  return [
    ...(silent.length > 0
      ? [
          `Nothing was given to ${silent.map((s) => `'${s}'`).join(", ")}: ${silent.length > 1 ? "they are" : "it is"} silent. --input ${silent[0]}=15Hz gives Poisson spikes, for example.`,
        ]
      : []),
    ...subject.notes,
    ...(driven.interrupted
      ? [
          `Interrupted: ${secondsText(round(secondsDone(runner.collected)))} of ${secondsText(subject.duration)} were run.`,
        ]
      : []),
    ...(plan.spikes
      ? [`Spikes are kept of ${listNames(plan.spikes.map((s) => s.node))}; rates are of all neurons.`]
      : []),
    ...(unseen.length > 0 ? [`The exact engine shows no weights of sparse connections: ${listNames(unseen)}.`] : []),
    ...(runner.threads > 1
      ? [`${runner.threads} threads shared the work; the results do not depend on how many.`]
      : []),
  ];
}
