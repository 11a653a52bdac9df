/**
 * The task `r-stdp`: networks that learn XOR by being rewarded, as often as Florian's do: 20 of 20 with seeds 1 to 20. A pattern
 * needs 1.5 to 2.8 µJ of one of them, 62 to 106 nJ of a conventional network of the same shape.
 */
import { threadedWasm, wasm } from "../../backend/wasm/wasm.ts";
import { hash64 } from "../../base/hash.ts";
import { writeArtefact } from "../../io/artefact.ts";
import { badFile, finite, integer, listOf, struct } from "../../io/check.ts";
import type { SavedTraining } from "../../io/checkpoint.ts";
import type { FindingsDocument } from "../../report/findingsDocument.ts";
import { bytes, joulesRange, percent, seconds, whole } from "../../report/numbers.ts";
import { findingsText } from "../../report/terminal/findings.ts";
import { wilson } from "../interval.ts";
import { type KeptWork, openKeeper } from "../keeper.ts";
import { requireUnwatched } from "../learningLog.ts";
import type { OnProgress, TaskOptions, TaskReport } from "../options.ts";
import { filesOf, outputsOf, writeReports } from "../outputs.ts";
import { type OwnTask, requireOwn } from "../ownTask.ts";
import { provenanceOf } from "../provenance.ts";
import { peakBytes, version } from "../run.ts";
import { energyNotes } from "../sentences.ts";
import type { Deployed } from "../session.ts";
import { resultDocument, sideDocument } from "../side.ts";
import { answersOf, CLASSES, deployedOf, ENCODER } from "./answer.ts";
import { experiment, hasLearned, meanRates, PATTERNS, type Rates, WINDOW } from "./learn.ts";
import { type Learned, PLASTIC, rewardedNetwork } from "./network.ts";

const [EPOCHS, EXPERIMENTS] = [200, 100];
const SOURCE = "Florian 2007, Neural Computation 19, 1468, section 4.3";
const PUBLISHED = [
  { source: SOURCE, network: "MSTDPET, as here, of 1,000 experiments", says: "98.2 %", share: 0.982 },
  { source: SOURCE, network: "MSTDP, without eligibility, of 1,000 experiments", says: "99.1 %", share: 0.991 },
];

/** The task on XOR. */
export const REWARDED: OwnTask = {
  name: "r-stdp",
  doc: "XOR of rate-coded inputs, learned by reward-modulated STDP with eligibility traces (Florian 2007)",
  takes: ["epochs", "samples"],
  train: (options, onProgress) => run("train", options, onProgress),
  compare: (options, onProgress) => run("compare", options, onProgress),
  explained: () => ({ net: rewardedNetwork(), encoder: ENCODER }),
};

/** The experiments that are done, and what the first network that learned has learned. */
interface Found {
  /** Rates at the start and at the end of each. */
  readonly before: readonly Rates[];
  readonly after: readonly Rates[];
  readonly seconds: number;
  /** The experiment whose network answers; the first until one has learned. */
  readonly shown: number;
  readonly learned: Learned;
}

async function run(command: "train" | "compare", options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  requireOwn(REWARDED, options);
  requireUnwatched(REWARDED.name, options.watch);
  const { seed, epochs = EPOCHS, samples: experiments = EXPERIMENTS } = options;
  const outputs = await outputsOf(options.out, command === "train" ? ["network", "page", "data"] : ["page", "data"]);
  const keeper = await openKeeper(command, REWARDED, { digest: "generated" }, options);
  const kept = keeper?.work("experiments", { epochs, experiments, seed });
  const found = await learnAll({ experiments, epochs, seed, kept, onProgress });
  using backend = threadedWasm(options.threads);
  const deployed = deployedOf(found.learned, found.after[found.shown]!);
  const answers = await answersOf(deployed, { seed, backend, onProgress, keeper });
  const document = {
    ...documentOf(found, answers, { epochs, experiments, seed }),
    files: filesOf(options.out),
    peakBytes: peakBytes(),
    provenance: await provenanceOf(command, options, filesOf(options.out)),
  } satisfies FindingsDocument & Record<string, unknown>;
  for (const { file } of outputs.filter((o) => o.kind === "network"))
    await save(file, deployed, { seed, epochs, accuracy: answers.spiking.result.accuracy });
  await writeReports(outputs, document);
  await keeper?.remove();
  return { document, ...findingsText(document) };
}

interface LearnAll {
  readonly experiments: number;
  readonly epochs: number;
  readonly seed: number;
  readonly kept: KeptWork | undefined;
  readonly onProgress: OnProgress;
}
const windowOf = (epochs: number): number => Math.min(WINDOW, epochs);
async function learnAll({ experiments, epochs, seed, kept, onProgress }: LearnAll): Promise<Found> {
  const net = rewardedNetwork();
  let found: Found | undefined = kept?.saved && foundIn(kept.saved);
  for (let k = found?.after.length ?? 0; k < experiments; k++) {
    const start = performance.now();
    const { rates, learned } = await experiment(net, wasm, (seed + k) % 2 ** 32, epochs);
    const seconds = (found?.seconds ?? 0) + (performance.now() - start) / 1000;
    const before = [...(found?.before ?? []), meanRates(rates.slice(0, windowOf(epochs)))];
    const after = [...(found?.after ?? []), meanRates(rates.slice(-windowOf(epochs)))];
    const isFirst = !found || (!hasLearned(found.after[found.shown]!) && hasLearned(after[k]!));
    found = {
      before,
      after,
      seconds,
      ...(isFirst ? { shown: k, learned } : { shown: found!.shown, learned: found!.learned }),
    };
    onProgress({
      stage: "experiments",
      done: k + 1,
      total: experiments,
      note: `${after.filter(hasLearned).length} learned`,
    });
    await turn();
    await kept?.after((k + 1) * epochs, () => savedIn(found!));
  }
  return found!;
}
/** The event loop hears signals here. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const rates = listOf(listOf(finite));
const state = struct<Omit<Found, "learned">>({ before: rates, after: rates, seconds: finite, shown: integer(0) });
const savedIn = ({ learned, ...rest }: Found): SavedTraining => ({
  state: rest,
  arrays: new Map(Object.entries(learned)),
});
function foundIn(saved: SavedTraining): Found {
  const learned = PLASTIC.map((c) => {
    const w = saved.arrays.get(c);
    if (w instanceof Float32Array) return [c, w] as const;
    throw badFile("checkpoint", `lacks the weights of ${c}`);
  });
  return { ...state(saved.state, "checkpoint.state"), learned: Object.fromEntries(learned) as Learned };
}

interface SaveOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly accuracy: number;
}
async function save(
  file: string,
  { net, parameters, loss }: Deployed,
  { seed, epochs, accuracy }: SaveOptions,
): Promise<void> {
  await writeArtefact(file, {
    ...{ network: net, parameters, encoder: ENCODER, classes: CLASSES },
    provenance: {
      version: await version(),
      ...{ seed, task: REWARDED.name, dataDigest: "generated" },
      metrics: { accuracy },
      trainingOptions: { loss, epochs },
    },
  });
}

const many = (n: number, what: string): string => `${whole(n)} ${what}${n === 1 ? "" : "s"}`;

type Answers = Awaited<ReturnType<typeof answersOf>>;
interface Amounts {
  readonly experiments: number;
  readonly epochs: number;
  readonly seed: number;
}
function documentOf(found: Found, { spiking, twin, data }: Answers, { experiments, epochs, seed }: Amounts) {
  const { before, after, seconds: took, shown } = found;
  const right = after.filter(hasLearned).length;
  const interval = wilson(right, experiments);
  const patterns = PATTERNS.map(({ inputs, target }, k) => ({
    ...{ inputs, target },
    before: meanRates(before)[k]!,
    after: meanRates(after)[k]!,
  }));
  return {
    kind: "findings" as const,
    task: REWARDED.name,
    seed,
    head: [
      `XOR by reward: ${many(experiments, "experiment")} of ${many(epochs, "epoch")}, of four patterns of half a second each.`,
      "60 inputs, 60 hidden neurons, and one that answers; a spike of it is worth 1 where one input is on, and -1 where both are.",
    ],
    headline: {
      text: `${percent(right / experiments)} of ${whole(experiments)} experiments learn XOR (95 % interval ${percent(interval.low)} to ${percent(interval.high)}).`,
      lines: [],
    },
    ...{ experiments, epochs, learned: right, share: right / experiments, interval, patterns, seconds: took },
    spiking: { experiment: shown, ...resultDocument(spiking.result), counts: spiking.counts, energy: spiking.energy },
    twin: sideDocument(twin),
    tables: [
      {
        title: "What was learned",
        rows: [
          ["inputs", "worth of a spike", "answer before, Hz", "after, Hz"],
          ...patterns.map((p) => [p.inputs.join(" "), String(p.target), p.before.toFixed(1), p.after.toFixed(1)]),
        ],
      },
      {
        title: "One network as it answers, and its twin",
        rows: [
          ["", "spiking", "twin"],
          ["right answers", ...[spiking, twin].map((s) => percent(s.result.accuracy))],
          ...Object.entries(spiking.result.meanRate).map(([node, rate]) => [
            `${node}, spikes a neuron and step`,
            rate.toFixed(4),
            "",
          ]),
          ["energy of a pattern, 32 bits", ...[spiking, twin].map((s) => joulesRange(s.energy.f32.total))],
          ["  8 bits", ...[spiking, twin].map((s) => joulesRange(s.energy.int8.total))],
          ["time to learn", seconds(took / experiments), seconds(twin.trained.seconds)],
          ["memory to answer", ...[spiking, twin].map((s) => bytes(s.result.bytes))],
        ],
      },
    ],
    figures: [
      { name: "experiments that learn", value: right / experiments, share: true },
      { name: "right answers of one", value: spiking.result.accuracy, share: true },
    ],
    plots: [],
    published: PUBLISHED,
    notes: [
      `Rates are means over the first and the last ${whole(windowOf(epochs))} epochs. An experiment has learned where the answer to both inputs is weaker than that to either alone, as in the paper.`,
      `The network that answers is that of experiment ${whole(shown + 1)}: one input is on where it spikes more often than half-way between the rates that it learned, in ${whole(data.test.count)} presentations. The twin has the same shape, has the inputs as numbers, and learned with labels.`,
      ...energyNotes(spiking.energy.f32),
    ],
    digest: hash64(...after.map((r) => Float64Array.from(r)), spiking.result.predictions),
  };
}
