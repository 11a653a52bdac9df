/** What a training tells while it runs, beside its progress: lines for people, JSON lines, TensorBoard's event files. */
import { DataError, UsageError } from "../base/errors.ts";
import { fileSystem } from "../base/node.ts";
import { type LogFile, openLog } from "../io/learning/logFile.ts";
import { type Scalar, scalarRecord, versionRecord } from "../io/learning/tfEvents.ts";
import type { EpochReport } from "../learn/fit.ts";
import { percent, short } from "../report/numbers.ts";
import type { OnProgress, WatchOptions } from "./options.ts";
import type { Look } from "./selection.ts";

/** One epoch of one training. */
export interface WatchedEpoch {
  /** Which network, such as `spiking network`. */
  readonly stage: string;
  readonly report: EpochReport;
  /** What the held-out samples said of it, where somebody looked. */
  readonly look?: Look | undefined;
}
export interface LearningLog extends Disposable {
  epoch(what: WatchedEpoch): void;
}

/** @throws {UsageError} where somebody asks to watch what has neither losses nor gradients */
export function requireUnwatched(name: string, watch: WatchOptions = {}): void {
  const [asked] = Object.keys(watch);
  if (asked === undefined) return;
  const flag = asked === "terminal" ? "--watch" : `--${asked}`;
  throw new UsageError("usage", flag, `${name} learns without losses and gradients: there is nothing to tell an epoch`);
}

interface Run {
  readonly command: string;
  readonly task: string;
  readonly seed: number;
}

/**
 * Opens all that is asked for, before any work is done; nothing where nothing is.
 * @throws {DataError} `write-failed`
 */
export async function openLearningLog(
  { terminal = false, log, tensorboard }: WatchOptions,
  run: Run,
  onProgress: OnProgress,
): Promise<LearningLog | undefined> {
  const told: LearningLog[] = [];
  if (terminal) told.push(inTerminal(onProgress));
  if (log !== undefined) told.push(asLines(await openLog(log), run));
  if (tensorboard !== undefined) told.push(asEvents(await openLog(await eventFile(tensorboard))));
  if (told.length === 0) return undefined;
  return {
    epoch: (what) => {
      for (const t of told) t.epoch(what);
    },
    [Symbol.dispose]: () => {
      for (const t of told) t[Symbol.dispose]();
    },
  };
}

const inTerminal = (onProgress: OnProgress): LearningLog => ({
  epoch: ({ stage, ...what }) => onProgress({ stage, done: 0, total: 0, lines: linesOf(stage, what) }),
  [Symbol.dispose]: () => {},
});

/** For people: the epoch, its layers, its parameters. */
export function linesOf(stage: string, { report, look }: Omit<WatchedEpoch, "stage">): string[] {
  const { epoch, loss, accuracy, watch } = report;
  const held = look ? `, held out ${percent(look.accuracy)}` : "";
  const right = Number.isNaN(accuracy) ? "" : `, accuracy ${percent(accuracy)}`; // where answers are near or far, and not right
  const head = `${stage}, epoch ${epoch + 1}: loss ${loss.toFixed(4)}${right}${held}`;
  const layers = Object.entries(watch?.layers ?? {}).map(
    ([node, { rate, support, dead, saturated, neurons }]) =>
      `  ${node}: rate ${rate.toFixed(4)}, support ${support.toFixed(3)}, dead ${dead} and saturated ${saturated} of ${neurons}`,
  );
  const parameters = Object.entries(watch?.parameters ?? {}).map(
    ([name, { gradient, change }]) => `  ${name}: gradient ${short(gradient)}, changed by ${percent(change, 2)}`,
  );
  return [head, ...layers, ...parameters];
}

const asLines = (file: LogFile, run: Run): LearningLog => ({
  epoch: ({ stage, report, look }) => {
    const { validation: _, ...numbers } = report;
    const line = { time: new Date().toISOString(), ...run, stage, ...numbers, ...(look && { heldOut: look }) };
    file.append(`${JSON.stringify(line)}\n`);
  },
  [Symbol.dispose]: () => file.close(),
});

/** A name that TensorBoard looks for, and that no other run has. */
async function eventFile(folder: string): Promise<string> {
  const { mkdir } = await fileSystem(folder);
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new DataError("write-failed", folder, `cannot be made (${cause.code})`, { cause });
  });
  const { join } = await import("node:path");
  return join(folder, `events.out.tfevents.${Math.floor(Date.now() / 1000)}.rheobase.${process.pid}`);
}

function asEvents(file: LogFile): LearningLog {
  file.append(versionRecord(Date.now() / 1000));
  return {
    epoch: (what) => file.append(scalarRecord(Date.now() / 1000, what.report.epoch, scalarsOf(what))),
    [Symbol.dispose]: () => file.close(),
  };
}

/** As plots, grouped by what they show. */
export function scalarsOf({ stage, report, look }: WatchedEpoch): Scalar[] {
  const named = (group: string, numbers: Readonly<Record<string, number>>): Scalar[] =>
    Object.entries(numbers)
      .filter(([, value]) => !Number.isNaN(value))
      .map(([name, value]) => ({ tag: `${stage}/${group}${name}`, value }));
  const { loss, penalty, accuracy, seconds, watch } = report;
  return [
    ...named("", { loss, penalty, accuracy, seconds }),
    ...(look ? named("held out ", { loss: look.loss, accuracy: look.accuracy }) : []),
    ...Object.entries(watch?.layers ?? {}).flatMap(([node, { rate, support, dead, saturated, neurons }]) =>
      named("", {
        [`rate/${node}`]: rate,
        [`support/${node}`]: support,
        [`dead/${node}`]: dead / neurons,
        [`saturated/${node}`]: saturated / neurons,
      }),
    ),
    ...Object.entries(watch?.parameters ?? {}).flatMap(([name, { gradient, change }]) =>
      named("", { [`gradient/${name}`]: gradient, [`change/${name}`]: change }),
    ),
  ];
}
