/** The names of all tasks, for help and messages: to load the tasks themselves would load most of the library. */
import type { OWN_TASKS } from "./ownTasks.ts";
import type { TASKS } from "./tasks.ts";

/** Each once: a task that is missing here, or has gone, does not compile. */
const NAMES: Readonly<Record<keyof typeof TASKS, "shared"> & Record<keyof typeof OWN_TASKS, "own">> = {
  digits: "shared",
  mnist: "shared",
  "fashion-mnist": "shared",
  "mnist-conv": "shared",
  "fashion-conv": "shared",
  "speech-digits": "shared",
  "emg-gestures": "shared",
  ecg: "shared",
  nmnist: "shared",
  smnist: "shared",
  "smnist-rows": "shared",
  unsupervised: "shared",
  adding: "own",
  "r-stdp": "own",
};

/** What `train`, `compare` and `explain` know. */
export const trainNames = (): string => Object.keys(NAMES).join(", ");
export const isTrainName = (name: string): boolean => Object.hasOwn(NAMES, name);
/** What `evaluate` knows too. */
export const sharedNames = (): string =>
  Object.entries(NAMES)
    .flatMap(([name, kind]) => (kind === "shared" ? [name] : []))
    .join(", ");
