/** The task `r-stdp`: networks that learn XOR by being rewarded, as often as Florian's do. */
import { wasm } from "../../backend/wasm/wasm.ts";
import { hash64 } from "../../base/hash.ts";
import { percent, seconds, whole } from "../../report/numbers.ts";
import { item, sections, table, wrap } from "../../report/terminal/layout.ts";
import { wilson } from "../interval.ts";
import { type LocalTask, requireOwn, writeData } from "../localTask.ts";
import type { OnProgress, TaskOptions, TaskReport } from "../options.ts";
import { filesOf, outputsOf } from "../outputs.ts";
import { provenanceOf } from "../provenance.ts";
import { peakBytes } from "../run.ts";
import type { Published } from "../task.ts";
import { experiment, hasLearned, meanRates, PATTERNS, type Rates, WINDOW } from "./learn.ts";
import { rewardedNetwork } from "./network.ts";

const [EPOCHS, EXPERIMENTS] = [200, 100];
const SOURCE = "Florian 2007, Neural Computation 19, 1468, section 4.3";
const PUBLISHED: readonly Published[] = [
  { source: SOURCE, network: "MSTDPET, as here, of 1,000 experiments", accuracy: 0.982 },
  { source: SOURCE, network: "MSTDP, without eligibility, of 1,000 experiments", accuracy: 0.991 },
];

/** The task on XOR. */
export const REWARDED: LocalTask = {
  name: "r-stdp",
  doc: "XOR of rate-coded inputs, learned by reward-modulated STDP with eligibility traces (Florian 2007)",
  takes: ["epochs", "samples"],
  writes: ["data"],
  train: async (options, onProgress) => {
    requireOwn(REWARDED, options);
    return train(options, onProgress);
  },
};

async function train(options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { seed, epochs = EPOCHS, samples: experiments = EXPERIMENTS } = options;
  const outputs = await outputsOf(options.out, REWARDED.writes);
  const net = rewardedNetwork();
  const window = Math.min(WINDOW, epochs);
  const [before, after]: [Rates[], Rates[]] = [[], []];
  const start = performance.now();
  for (let k = 0; k < experiments; k++) {
    const rates = await experiment(net, wasm, (seed + k) % 2 ** 32, epochs);
    before.push(meanRates(rates.slice(0, window)));
    after.push(meanRates(rates.slice(-window)));
    const right = after.filter(hasLearned).length;
    onProgress({ stage: "experiments", done: k + 1, total: experiments, note: `${right} learned` });
    await new Promise((turn) => setTimeout(turn)); // the event loop hears signals here
  }
  const document = {
    ...documentOf({ experiments, epochs, window, before, after, seconds: (performance.now() - start) / 1000 }),
    seed,
    files: filesOf(options.out),
    peakBytes: peakBytes(),
    provenance: await provenanceOf("train", options, filesOf(options.out)),
  };
  await writeData(outputs, document);
  return { document, text: textOf(document) };
}

const many = (n: number, what: string): string => `${whole(n)} ${what}${n === 1 ? "" : "s"}`;

interface Found {
  readonly experiments: number;
  readonly epochs: number;
  readonly window: number;
  readonly before: readonly Rates[];
  readonly after: readonly Rates[];
  readonly seconds: number;
}
function documentOf({ experiments, epochs, window, before, after, seconds: took }: Found) {
  const learned = after.filter(hasLearned).length;
  const interval = wilson(learned, experiments);
  return {
    kind: "rewarded" as const,
    task: REWARDED.name,
    head: [
      `XOR by reward: ${many(experiments, "experiment")} of ${many(epochs, "epoch")}, of four patterns of half a second each.`,
      "60 inputs, 60 hidden neurons, and one that answers; a spike of it is worth 1 where one input is on, and -1 where both are.",
    ],
    headline: {
      text: `${percent(learned / experiments)} of ${whole(experiments)} experiments learn XOR (95 % interval ${percent(interval.low)} to ${percent(interval.high)}).`,
      lines: [],
    },
    ...{ experiments, epochs, learned, share: learned / experiments, interval },
    patterns: PATTERNS.map(({ inputs, target }, k) => ({
      ...{ inputs, target },
      before: meanRates(before)[k]!,
      after: meanRates(after)[k]!,
    })),
    published: PUBLISHED,
    seconds: took,
    notes: [
      `Rates are means over the first and the last ${whole(window)} epochs. An experiment has learned where the answer to both inputs is weaker than that to either alone, as in the paper.`,
      "It states no accuracy of its own, since there is nothing but the four patterns, and no energy: nothing is deployed.",
    ],
    digest: hash64(...after.map((r) => Float64Array.from(r))),
  };
}

type Document = ReturnType<typeof documentOf> & { readonly files: readonly string[] };
function textOf(d: Document): string {
  return sections([
    d.head.map((line) => wrap(line)).join("\n"),
    wrap(d.headline.text),
    table([
      ["inputs", "worth of a spike", "answer before, Hz", "after, Hz"],
      ...d.patterns.map((p) => [p.inputs.join(" "), String(p.target), p.before.toFixed(1), p.after.toFixed(1)]),
    ]),
    table([
      ["learned", percent(d.share)],
      ...d.published.map((p) => [`published, ${p.network}`, percent(p.accuracy)]),
      ["time", seconds(d.seconds)],
    ]),
    d.notes.map((note) => item(note)).join("\n"),
    [`Digest of rates: ${d.digest}`, ...d.files.map((file) => `saved to ${file}`)].join("\n"),
  ]);
}
