/**
 * Saves the trainings of a run on their way, so that whatever ends the process, a run with the same options goes on from
 * the last checkpoint and comes to the same result, bit for bit. One file holds the trainings that are done, as their
 * weights, and the one at hand. It is removed when the result is safe.
 */
import { DataError, RunError, requireInteger, UsageError } from "../base/errors.ts";
import { plainObject } from "../io/check.ts";
import { readCheckpoint, requireSame, type SavedTraining, writeCheckpoint } from "../io/checkpoint.ts";
import { isTaken, requireFolder, sweep } from "../io/file.ts";
import type { FitPosition } from "../learn/fit.ts";
import type { Trainer } from "../learn/trainer.ts";
import type { Design } from "./networks.ts";
import type { CheckpointOptions, TaskOptions } from "./options.ts";
import { filesOf } from "./outputs.ts";
import { version } from "./run.ts";
import type { Best } from "./selection.ts";
import type { Trained } from "./session.ts";
import type { Samples } from "./task.ts";
import { type Going, originOf, savedGoing, savedTrained, trainingIn } from "./trainingState.ts";

/**
 * Nothing where no checkpoint is asked for.
 *
 * @throws {UsageError} if there is a file already, without `resume`, or the artefact would go to the same file
 * @throws {DataError} `missing-file`; `bad-file` for one that is damaged, or of another run, with what differs; `write-failed`
 */
export async function openKeeper(
  command: string,
  task: { readonly name: string },
  data: { readonly digest: string },
  { checkpoint, out, seed, epochs, steps, encoder, neurons, samples, cell, learner }: TaskOptions,
): Promise<Keeper | undefined> {
  if (!checkpoint) return undefined;
  const { file, every, resume } = checkpoint;
  requireInteger("checkpoint.every", every, 1);
  await requireOtherFile(file, out);
  await requireFolder(file);
  const origin = {
    command,
    task: task.name,
    seed,
    epochs,
    steps,
    encoder,
    ...{ neurons, samples, cell, learner },
    data: data.digest,
    version: await version(),
  };
  const taken = await isTaken(file);
  if (taken && !resume)
    throw new UsageError("usage", file, "exists; go on from it (--resume), or remove it to start anew");
  if (!taken && resume) throw new DataError("missing-file", file, "there is no checkpoint to go on from");
  const trainings = resume ? await savedTrainings(file, origin) : [];
  await sweep(file);
  return new Keeper(checkpoint, JSON.parse(JSON.stringify(origin)), trainings);
}
async function savedTrainings(file: string, here: object): Promise<Iterable<[string, SavedTraining]>> {
  const { origin, trainings } = await readCheckpoint(file);
  requireSame(origin, here, file);
  return trainings;
}
async function requireOtherFile(file: string, out: TaskOptions["out"]): Promise<void> {
  const { resolve } = await import("node:path");
  if (filesOf(out).some((other) => resolve(file) === resolve(other)))
    throw new UsageError("usage", file, "the checkpoint and what --out writes need a file each");
}

/** A training, as far as it was saved, and how to save it further. */
export interface KeptTraining {
  readonly going?: Going;
  readonly trained?: Trained;
  /**
   * To be called after each batch: lets the event loop turn, and saves where that is due.
   * @throws {RunError} `interrupted`, after saving, if it is asked to stop; {DataError} `write-failed`
   */
  after(trainer: Trainer, position: FitPosition, best: Best | undefined): Promise<void>;
  /** To be called with the result. @throws {DataError} `write-failed` */
  finish(trained: Trained): Promise<void>;
}

/** What learns in a way of its own, as far as it was saved, and how to save it further: as its task has it. */
export interface KeptWork {
  readonly saved?: SavedTraining;
  /**
   * To be called after so many updates of whatever kind: lets the event loop turn, and saves where that is due.
   * @throws {RunError} `interrupted`, after saving, if it is asked to stop; {DataError} `write-failed`
   */
  after(updates: number, now: () => SavedTraining): Promise<void>;
}

export class Keeper {
  readonly #options: CheckpointOptions;
  readonly #origin: object;
  readonly #trainings: Map<string, SavedTraining>;
  /** What the file holds, in words. */
  #held: string | undefined;

  /** Use `openKeeper`. */
  constructor(options: CheckpointOptions, origin: object, trainings: Iterable<[string, SavedTraining]>) {
    this.#options = options;
    this.#origin = origin;
    this.#trainings = new Map(trainings);
    if (options.resume) this.#held = "what this run went on from";
  }

  /** @throws {DataError} `bad-file` if another training is saved under this name, with what differs */
  training(name: string, design: Design, samples: Samples): KeptTraining {
    const { file } = this.#options;
    const origin = originOf(design, samples);
    const saved = this.#trainings.get(name);
    const { origin: known, ...found } = saved ? trainingIn(saved, `${file}.trainings.${name}`) : { origin };
    requireSame(known, origin, `${file}.trainings.${name}`);
    return {
      ...found,
      after: (trainer, position, best) => this.#after(name, origin, trainer, { position, best }),
      finish: (trained) => this.#save(name, savedTrained(origin, trained), `the end of '${name}'`),
    };
  }

  /**
   * @param origin what the work must share with what is saved, as plain data
   * @throws {DataError} `bad-file` if other work is saved under this name, with what differs
   */
  work(name: string, origin: object): KeptWork {
    const path = `${this.#options.file}.trainings.${name}`;
    const found = this.#trainings.get(name);
    if (found) requireSame(found.state["origin" as keyof object], origin, path);
    let last = 0;
    return {
      ...(found && { saved: { state: stateIn(found, path), arrays: found.arrays } }),
      after: async (updates, now) => {
        await turn();
        const { every, stop } = this.#options;
        if (!stop?.aborted && Math.floor(updates / every) === Math.floor(last / every)) return;
        last = updates;
        const { state, arrays } = now();
        await this.#save(name, { state: { origin, state }, arrays }, `update ${updates} of '${name}'`);
        this.#stopIfAsked();
      },
    };
  }

  async #after(name: string, origin: object, trainer: Trainer, at: Omit<Going, "snapshot">): Promise<void> {
    await turn();
    const { every, stop } = this.#options;
    if (!stop?.aborted && trainer.updates % every !== 0) return;
    trainer.requireFinite(); // broken weights must not take the place of good ones
    const snapshot = trainer.snapshot();
    await this.#save(name, savedGoing(origin, { snapshot, ...at }), `update ${snapshot.updates} of '${name}'`);
    this.#stopIfAsked();
  }

  /** Between trainings. @throws {RunError} `interrupted` if it is asked to stop */
  async pause(): Promise<void> {
    await turn();
    this.#stopIfAsked();
  }
  #stopIfAsked(): void {
    if (this.#options.stop?.aborted)
      throw new RunError("interrupted", this.#options.file, `stopped, and saved at ${this.#held}`);
  }

  async #save(name: string, training: SavedTraining, what: string): Promise<void> {
    const { file } = this.#options;
    this.#trainings.set(name, training);
    try {
      await writeCheckpoint(file, { origin: this.#origin, trainings: this.#trainings });
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      const rest = this.#held === undefined ? "nothing was saved before" : `the file still holds ${this.#held}`;
      const problem = `${cause.message.slice(cause.path.length + 2)}; training ends at ${what}, and ${rest}`;
      throw new DataError(cause.code, file, problem, { cause });
    }
    this.#held = what;
  }

  /** When all is done and safe. A file that cannot be removed is harmless: the next run tells of it. */
  async remove(): Promise<void> {
    const { rm } = await import("node:fs/promises");
    await rm(this.#options.file, { force: true }).catch(() => {});
  }
}

const stateIn = ({ state }: SavedTraining, path: string): object =>
  plainObject((state as { state?: unknown }).state, `${path}.state`);

/** Signals are heard only when the event loop turns. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
