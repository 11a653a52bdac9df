/** One process at a time in the folder of a set. A process that was killed loses its lock after some seconds. Node only. */
import { RunError } from "../../base/errors.ts";
import { goOn, type Stop } from "./digest.ts";
import { codeOf, writing } from "./files.ts";

export interface Lock {
  /** Aborted when somebody else has taken it, as after a long sleep of the machine. */
  readonly lost: AbortSignal;
  readonly release: () => Promise<void>;
}

export interface LockOptions {
  readonly stop?: Stop | undefined;
  /** Called while another process has it. */
  readonly onWait?: () => void;
}

/** ms without a sign of life after which a lock is nobody's. */
const STALE = 10_000;
const LOOK = 200;

/** Waits until it has it. @throws {RunError} `interrupted` */
export async function lock(folder: string, { stop, onWait }: LockOptions = {}): Promise<Lock> {
  const { default: library } = await import("proper-lockfile");
  const lost = new AbortController();
  const options = {
    lockfilePath: `${folder}/.lock`,
    stale: STALE,
    update: STALE / 4,
    realpath: false,
    onCompromised: (cause: Error) =>
      lost.abort(new RunError("interrupted", folder, "another process has taken it over", { cause })),
  };
  for (;;) {
    goOn(folder, stop);
    try {
      const release = await writing(folder, () => library.lock(folder, options));
      return { lost: lost.signal, release: () => release().catch(() => {}) }; // one that is lost needs no release
    } catch (error) {
      if (codeOf(error) !== "ELOCKED" && codeOf((error as Error).cause) !== "ELOCKED") throw error;
      onWait?.();
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }
}
