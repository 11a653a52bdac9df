/**
 * Whether layers are alive, looked at early: where one is silent or fires always, what lies below learns nothing, and whoever
 * trains for hours should hear of it in the first minute.
 */
import type { Backend } from "../backend/backend.ts";
import { createEvaluator } from "../learn/evaluator.ts";
import { type FitPosition, silentLayers } from "../learn/fit.ts";
import type { Trainer } from "../learn/trainer.ts";
import { type Encoding, readerOf, TEST_EPOCH } from "./batches.ts";
import type { Design } from "./networks.ts";
import type { OnProgress } from "./options.ts";
import type { Samples } from "./task.ts";

export interface PulseOptions {
  readonly backend: Backend;
  readonly encoding: Encoding;
  readonly stage: string;
  readonly onProgress: OnProgress;
}

/** Updates before the first look, or those of an epoch where they are fewer: by then most layers have found their rates. */
const UPDATES = 100;
/** Samples looked at, at most. */
const SAMPLES = 32;

/** Looks after some updates, and once more after the first epoch if something was wrong; what is wrong is told as lines. */
export class Pulse {
  readonly #design: Design;
  readonly #samples: Samples;
  readonly #options: PulseOptions;
  #wasWrong = false;

  constructor(design: Design, samples: Samples, options: PulseOptions) {
    this.#design = design;
    this.#samples = samples;
    this.#options = options;
  }

  /** To be called after each batch. */
  async after(trainer: Trainer, { epoch, batches }: FitPosition): Promise<void> {
    if (epoch > 0 || !Object.values(this.#design.net.populations).some((p) => p.model.spike)) return;
    const all = Math.ceil(this.#samples.count / this.#design.training.batch);
    if (batches === Math.min(UPDATES, all)) return this.#look(trainer, `after ${count(batches, "update")}`);
    if (batches === all && this.#wasWrong) return this.#look(trainer, "after the first epoch");
  }

  async #look(trainer: Trainer, when: string): Promise<void> {
    const found = await this.#found(trainer);
    if (found.length > 0) this.#tell(found.map((what) => `${this.#options.stage}, ${when}: ${what}`));
    else if (this.#wasWrong) this.#tell([`${this.#options.stage}, ${when}: all layers fire now, and none always`]);
    this.#wasWrong = found.length > 0;
  }
  #tell(lines: readonly string[]): void {
    const { stage, onProgress } = this.#options;
    onProgress({ stage, done: 0, total: 0, lines });
  }

  async #found(trainer: Trainer): Promise<string[]> {
    const { net, training } = this.#design;
    const { backend, encoding } = this.#options;
    const batch = Math.min(SAMPLES, this.#samples.count);
    const options = { loss: training.loss, batch, parameters: trainer.deployed(), seed: encoding.seed };
    using evaluator = await createEvaluator(net, backend, options);
    const [first] = readerOf(this.#samples, encoding).pass({ batch, epoch: TEST_EPOCH, shuffle: true });
    return silentLayers(net, evaluator.evaluate(first!));
  }
}
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
