/** Two runs, and the first step, population, neuron and variable in which they part. */
import { UsageError } from "../base/errors.ts";
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
  /** A network by its name in `SIMULATIONS`, a module, an artefact, a SONATA configuration, or a trail. */
  readonly fileA: string;
  /** Default: the same. */
  readonly fileB?: string;
  /** Such as `engine=exact,seed=3`. */
  readonly a?: string;
  readonly b?: string;
  /** Of both. */
  readonly both?: string;
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
  const trail = isTrail(fileB) ? await specOf(fileB, settingsB, options.b, "--b") : undefined;
  const a = await specOf(fileA, seededAs(trail, settingsA), options.a, "--a");
  const b = trail ?? (await specOf(fileB, seededAs(a, settingsB), options.b, "--b"));
  const seconds = secondsIn(options, a, b);
  for (const spec of [a, b]) requireValues(spec, seconds);
  const { found, within } = await compared(a, b, seconds, options, onProgress);
  const equal = found.parting === undefined && found.spike === undefined;
  const [one, other] = [toldOf(a), toldOf(b)];
  const notes = notesOf(a, b);
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
    spec.kind === "trail" ? spec.trail.steps * spec.trail.dt : spec.subject.duration;
  const asked = duration === undefined ? undefined : secondsOf(duration, "--duration");
  if (asked !== undefined && !(asked > 0 && Number.isFinite(asked)))
    throw new UsageError("usage", "--duration", `must be above 0, got '${duration}'`);
  const longest = Math.min(...[a, b].map((x) => (x.kind === "trail" ? own(x)! : Number.POSITIVE_INFINITY)));
  if (asked !== undefined && asked > longest * (1 + 1e-9))
    throw new UsageError("usage", "--duration", `the trail is ${milliseconds(longest)} long`);
  return asked ?? Math.min(longest, own(a) ?? own(b) ?? DURATION);
}

/** Of files that were read otherwise than they stand: once where both are the same file. */
const notesOf = (...specs: readonly Spec[]): string[] => [
  ...new Set(specs.flatMap((spec) => (spec.kind === "trail" ? [] : spec.subject.notes))),
];

/** @throws {DataError} for values of fewer steps than there are */
function requireValues(spec: Spec, seconds: number): void {
  if (spec.kind === "trail") return;
  const { net, given } = spec.subject;
  requireLength(net, given, spec.settings.engine === "exact" ? 1 : Math.round(seconds / net.dt));
}

/** @throws {UsageError} for what is no time from 0 on */
function withinOf(text: string): number {
  const within = secondsOf(text, "--within");
  if (within >= 0 && Number.isFinite(within)) return within;
  throw new UsageError("out-of-range", "--within", `must be a time from 0 s on, got '${text}'`);
}
const dtOf = (spec: Spec): number => (spec.kind === "trail" ? spec.trail.dt : spec.subject.net.dt);

interface Compared {
  readonly found: Divergence;
  /** Of runs that were compared by the times of their spikes. */
  readonly within?: number;
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
  if (a.kind === "run" && b.kind === "run" && (exact || dtOf(a) !== dtOf(b)))
    return byTimes(a, b, seconds, { ...options, within: asked ?? Math.max(dtOf(a), dtOf(b)) }, onProgress);
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

async function byTimes(
  a: Run,
  b: Run,
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
  const [x, y] = [await timedSpikes(a, seconds, hear("run a")), await timedSpikes(b, seconds, hear("run b"))];
  const count = (all: typeof x): number => Object.values(all).reduce((sum, { times }) => sum + times.length, 0);
  // A step's time is a rounded multiple of dt.
  const spike = firstSpikeApart(x, y, within * (1 + 1e-9), seconds);
  return { within, found: { ...(spike && { spike }), steps: 0, spikes: { a: count(x), b: count(y) } } };
}

async function save(file: string, options: DiffOptions, common: Settings, onProgress: OnProgress): Promise<DiffReport> {
  const odd = (["fileB", "b", "tolerance", "within", "context"] as const).find((name) => options[name] !== undefined);
  if (odd !== undefined) throw new UsageError("usage", "--save", "saves the trail of one run, and compares none");
  if (!isTrail(file)) throw new UsageError("usage", file, "--save writes a file that ends in .trail");
  await requireFolder(file);
  const spec = await specOf(options.fileA, settingsOf(options.a ?? "", "--a", common), options.a, "--a");
  if (spec.kind === "trail" || spec.settings.engine === "exact")
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
