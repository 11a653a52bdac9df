/** Two runs, and the first step, population, neuron and variable in which they part. */
import { DataError, listNames, UsageError } from "../base/errors.ts";
import { requireFolder } from "../io/file.ts";
import { writeTrail } from "../io/trail.ts";
import type { Divergence } from "../sim/divergence/divergence.ts";
import { firstDivergence } from "../sim/divergence/lockstep.ts";
import { firstSpikeApart } from "../sim/divergence/times.ts";
import { liveWalker, recordTrail, trailWalker, type Walker, walkApart } from "../sim/divergence/trail.ts";
import { DEFAULTS, type Settings, settingsOf, settingsText } from "./diff/settings.ts";
import { isTrail, type Open, openRun, type Spec, specOf, timedSpikes, toldOf } from "./diff/sides.ts";
import { diffText, milliseconds } from "./diff/text.ts";
import type { OnProgress, TaskReport } from "./options.ts";
import { version } from "./run.ts";
import { requireLength } from "./subject/inputs.ts";
import { secondsOf } from "./subject/quantity.ts";

/** What `diff` is asked with. */
export interface DiffOptions {
  /** A network by its name in `SIMULATIONS`, a module, an artefact, a SONATA configuration, a trail, or a SONATA file of spikes. */
  readonly fileA: string;
  /** Default: the same. */
  readonly fileB?: string;
  /** Such as `engine=exact,seed=3`. */
  readonly a?: string;
  readonly b?: string;
  /** Of both. */
  readonly both?: string;
  /** What enters both networks, such as `drive=15Hz`; in place of what the files say. */
  readonly input?: readonly string[];
  /** How long, such as "200 ms"; by default what the first file says, or 1 s. */
  readonly duration?: string;
  /** Share of a variable's largest value that may differ; default 0. */
  readonly tolerance?: number;
  /** What times of spikes may differ by, where there are no steps to compare; by default the longer step. */
  readonly within?: string;
  /** Steps before that are shown; default 3. */
  readonly context?: number;
  /** Steps from one look to the next at most; of a trail: from one row of values to the next. */
  readonly every?: number;
  /** A trail to write of the first run, instead of comparing. */
  readonly save?: string;
}
/** A report, and whether the runs are equal. */
export interface DiffReport extends TaskReport {
  readonly equal: boolean;
}

/**
 * Compares two runs, or saves the trail of one.
 *
 * @throws {UsageError} for options that do not fit one another; {DataError} for files; {ModelError} for networks that cannot
 *   run, or whose variables are not the same
 */
export async function diff(options: DiffOptions, onProgress: OnProgress = () => {}): Promise<DiffReport> {
  const { fileA, fileB = fileA } = options;
  const common = settingsOf(options.both ?? "", "--both", DEFAULTS);
  if (options.save !== undefined) return save(options.save, options, common, onProgress);
  const [settingsA, settingsB] = [
    settingsOf(options.a ?? "", "--a", common),
    settingsOf(options.b ?? "", "--b", common),
  ];
  const trail = isTrail(fileB) ? await specOf(fileB, settingsB, options.b, "--b", options.input) : undefined;
  const a = await specOf(fileA, seededAs(trail, settingsA), options.a, "--a", options.input);
  const b = trail ?? (await specOf(fileB, seededAs(a, settingsB), options.b, "--b", options.input));
  const seconds = secondsIn(options, a, b);
  for (const spec of [a, b]) requireValues(spec, seconds);
  const { found, within, notes: more = [] } = await compared(a, b, seconds, options, onProgress);
  const equal = found.parting === undefined && found.spike === undefined;
  const [one, other] = [toldOf(a), toldOf(b)];
  const notes = [...notesOf(a, b), ...more];
  return {
    equal,
    document: {
      kind: "diff",
      equal,
      a: one,
      b: other,
      seconds,
      ...(within !== undefined && { within }),
      ...found,
      notes,
    },
    text: diffText({ a: one, b: other, found, seconds, notes, ...(within !== undefined && { within }) }),
  };
}

/** Beside a trail a run has the trail's seed, unless it was given another. */
function seededAs(spec: Spec | undefined, settings: Settings): Settings {
  const seed = spec?.kind === "trail" ? Number(spec.trail.settings.seed) : Number.NaN;
  return settings.seed === undefined && Number.isInteger(seed) ? { ...settings, seed } : settings;
}

const DURATION = 1;
function secondsIn({ duration }: DiffOptions, a: Spec, b: Spec): number {
  const own = (spec: Spec): number | undefined =>
    spec.kind === "trail" ? spec.trail.steps * spec.trail.dt : spec.kind === "run" ? spec.subject.duration : undefined;
  const asked = duration === undefined ? undefined : secondsOf(duration, "--duration");
  if (asked !== undefined && !(asked > 0 && Number.isFinite(asked)))
    throw new UsageError("usage", "--duration", `must be above 0, got '${duration}'`);
  const longest = Math.min(...[a, b].map((x) => (x.kind === "trail" ? own(x)! : Number.POSITIVE_INFINITY)));
  if (asked !== undefined && asked > longest * (1 + 1e-9))
    throw new UsageError("usage", "--duration", `the trail is ${milliseconds(longest)} long`);
  if (a.kind === "spikes" && b.kind === "spikes") return asked ?? Math.max(lastIn(a), lastIn(b));
  return asked ?? Math.min(longest, own(a) ?? own(b) ?? DURATION);
}

/** The double next to the last spike: what stands before it is all of the file. */
const lastIn = ({ spikes }: Extract<Spec, { kind: "spikes" }>): number =>
  Object.values(spikes).reduce((last, { times }) => Math.max(last, times[times.length - 1] ?? 0), 0) * (1 + 2 ** -52);

/** Of files that were read otherwise than they stand: once where both are the same file. */
const notesOf = (...specs: readonly Spec[]): string[] => [
  ...new Set(specs.flatMap((spec) => (spec.kind === "run" ? spec.subject.notes : []))),
];

/** @throws {DataError} for values of fewer steps than there are */
function requireValues(spec: Spec, seconds: number): void {
  if (spec.kind !== "run") return;
  const { net, given } = spec.subject;
  requireLength(net, given, spec.settings.engine === "exact" ? 1 : Math.round(seconds / net.dt));
}

/** @throws {UsageError} for what is no time from 0 on */
function withinOf(text: string): number {
  const within = secondsOf(text, "--within");
  if (within >= 0 && Number.isFinite(within)) return within;
  throw new UsageError("out-of-range", "--within", `must be a time from 0 s on, got '${text}'`);
}
/** Spikes of a file have no steps that are known. */
const dtOf = (spec: Spec): number =>
  spec.kind === "trail" ? spec.trail.dt : spec.kind === "run" ? spec.subject.net.dt : 0;

interface Compared {
  readonly found: Divergence;
  /** Of runs that were compared by the times of their spikes. */
  readonly within?: number;
  readonly notes?: readonly string[];
}
async function compared(
  a: Spec,
  b: Spec,
  seconds: number,
  options: DiffOptions,
  onProgress: OnProgress,
): Promise<Compared> {
  const asked = options.within === undefined ? undefined : withinOf(options.within);
  const exact = [a, b].some((x) => x.kind === "run" && x.settings.engine === "exact");
  const filed = a.kind === "spikes" || b.kind === "spikes";
  if (a.kind !== "trail" && b.kind !== "trail" && (filed || exact || dtOf(a) !== dtOf(b)))
    return byTimes(a, b, seconds, { ...options, within: asked ?? Math.max(dtOf(a), dtOf(b)) }, onProgress);
  if (filed)
    throw new UsageError(
      "usage",
      "diff",
      "compares spikes of a file with a run or another file of spikes, not a trail",
    );
  if (exact)
    throw new UsageError("usage", "engine=exact", "has no steps, and a trail is one of steps: compare two runs");
  if (asked !== undefined)
    throw new UsageError(
      "usage",
      "--within",
      "is of times of spikes, and these runs have their steps in common: --tolerance is of states",
    );
  const steps = wholeSteps(seconds, dtOf(a));
  const progress = (done: number): void => onProgress({ stage: "compare", done, total: steps });
  const { tolerance = 0, context = 3, every } = options;
  if (a.kind === "run" && b.kind === "run")
    return withRuns([a, b], ([x, y]) => ({
      found: firstDivergence(x!.side, y!.side, {
        ...{ steps, tolerance, context, onProgress: progress },
        ...(every !== undefined && { stretch: every }),
      }),
    }));
  return withRuns(
    [a, b].filter((x) => x.kind === "run"),
    (open) => {
      const runs = [...open];
      const walker = (spec: Spec): Walker =>
        spec.kind === "trail" ? trailWalker(spec.trail) : liveWalker(runs.shift()!.side);
      return { found: walkApart(walker(a), walker(b), { steps, tolerance, context, onProgress: progress }) };
    },
  );
}
function wholeSteps(seconds: number, dt: number): number {
  const steps = Math.round(seconds / dt);
  if (steps >= 1 && Math.abs(seconds / dt - steps) <= 1e-6 * steps) return steps;
  throw new UsageError("usage", "--duration", `must be a whole number of steps of ${dt} s, got ${seconds} s`);
}

type Run = Extract<Spec, { kind: "run" }>;
async function withRuns<T>(specs: readonly Spec[], use: (open: readonly Open[]) => T | Promise<T>): Promise<T> {
  const open: Open[] = [];
  try {
    for (const spec of specs) open.push(await openRun(spec as Run));
    return await use(open);
  } finally {
    for (const one of open) one.dispose();
  }
}

type Timed = Exclude<Spec, { kind: "trail" }>;
type Spikes = Awaited<ReturnType<typeof timedSpikes>>;
/**
 * A file may have spikes of some populations only: those that both have are compared.
 *
 * @returns them, and the names of the others
 * @throws {DataError} `shape-mismatch` where there is none
 */
function common([a, x]: [Timed, Spikes], [b, y]: [Timed, Spikes]): readonly [Spikes, Spikes, string[]] {
  if (a.kind === "run" && b.kind === "run") return [x, y, []];
  const [here, there] = [Object.keys(x), Object.keys(y)];
  const both = here.filter((name) => there.includes(name));
  if (both.length === 0)
    throw new DataError(
      "shape-mismatch",
      a.file,
      `has no population in common with ${b.file}: ${listNames(here)} here, ${listNames(there)} there`,
    );
  const of = (all: Spikes): Spikes => Object.fromEntries(both.map((name) => [name, all[name]!]));
  return [of(x), of(y), [...here, ...there].filter((name) => !both.includes(name))];
}

async function byTimes(
  a: Timed,
  b: Timed,
  seconds: number,
  { tolerance, within }: Pick<DiffOptions, "tolerance"> & { readonly within: number },
  onProgress: OnProgress,
): Promise<Compared> {
  if (tolerance)
    throw new UsageError(
      "usage",
      "--tolerance",
      "is of states, and these runs have no steps in common: --within is of times",
    );
  const hear =
    (stage: string) =>
    (share: number): void =>
      onProgress({ stage, done: Math.round(100 * share), total: 100 });
  const spikesOf = async (of: Timed, stage: string): Promise<[Timed, Spikes]> => [
    of,
    await timedSpikes(of, seconds, hear(stage)),
  ];
  const [x, y, others] = common(await spikesOf(a, "run a"), await spikesOf(b, "run b"));
  const count = (all: typeof x): number => Object.values(all).reduce((sum, { times }) => sum + times.length, 0);
  // A step's time is a rounded multiple of dt. Of files nothing lies beyond the end.
  const end = a.kind === "spikes" && b.kind === "spikes" ? Number.POSITIVE_INFINITY : seconds;
  const spike = firstSpikeApart(x, y, within * (1 + 1e-9), end);
  const notes = others.length > 0 ? [`Spikes of ${listNames(others)} are on one side alone, and not compared.`] : [];
  return { within, notes, found: { ...(spike && { spike }), steps: 0, spikes: { a: count(x), b: count(y) } } };
}

async function save(file: string, options: DiffOptions, common: Settings, onProgress: OnProgress): Promise<DiffReport> {
  const odd = (["fileB", "b", "tolerance", "within", "context"] as const).find((name) => options[name] !== undefined);
  if (odd !== undefined) throw new UsageError("usage", "--save", "saves the trail of one run, and compares none");
  if (!isTrail(file)) throw new UsageError("usage", file, "--save writes a file that ends in .trail");
  await requireFolder(file);
  const spec = await specOf(options.fileA, settingsOf(options.a ?? "", "--a", common), options.a, "--a", options.input);
  if (spec.kind !== "run" || spec.settings.engine === "exact")
    throw new UsageError("usage", "--save", "saves the trail of a clocked run");
  const seconds = secondsIn(options, spec, spec);
  const steps = wholeSteps(seconds, dtOf(spec));
  requireValues(spec, seconds);
  const { settings } = spec;
  const { every = 1 } = options;
  const hear = (done: number): void => onProgress({ stage: "run", done, total: steps });
  const told = { file: spec.file, ...settings };
  const trail = await withRuns([spec], async ([run]) =>
    recordTrail(run!.side, { ...{ steps, every, settings: told, onProgress: hear }, version: await version() }),
  );
  await writeTrail(file, await trail);
  const spikes = Object.values(trail.spikes).reduce((sum, x) => sum + x.steps.length, 0);
  return {
    equal: true,
    document: { kind: "trail", file, steps, every, spikes, settings: told },
    text: `${file}: ${steps} steps of ${spec.file} (${settingsText(settings)}), ${spikes} spikes.\n`,
  };
}
