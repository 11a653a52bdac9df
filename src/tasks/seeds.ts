/**
 * The same task with several seeds, one after the other, and how far its figures spread. Of `emg-gestures` a seed says which
 * session is left out, so that the mean over all of them is that of leaving one out.
 */
import { UsageError } from "../base/errors.ts";
import { hash64 } from "../base/hash.ts";
import type { CompareDocument, SideDocument, TrainDocument } from "../report/document.ts";
import type { FindingsDocument } from "../report/findingsDocument.ts";
import { joules, percent, seconds, short } from "../report/numbers.ts";
import { findingsText } from "../report/terminal/findings.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { filesOf, outputsOf, writeReports } from "./outputs.ts";
import { provenanceOf } from "./provenance.ts";

/** One number of a result, and how it is written. */
interface Figure {
  readonly name: string;
  readonly value: number;
  readonly format: (value: number) => string;
}
type RunDocument = CompareDocument | TrainDocument | FindingsDocument;

const accurate = (x: number): string => percent(x, 2);
function ofSide(who: string, side: SideDocument): Figure[] {
  const { accuracy, balancedAccuracy, trainSeconds, energy } = side;
  return [
    { name: `${who}accuracy`, value: accuracy, format: accurate },
    ...(balancedAccuracy === undefined
      ? []
      : [{ name: `${who}accuracy, classes alike`, value: balancedAccuracy, format: accurate }]),
    { name: `${who}energy, 32-bit floats`, value: energy["f32"]!.total.typical, format: joules },
    { name: `${who}training time`, value: trainSeconds, format: seconds },
  ];
}
const FIGURES: { readonly [K in RunDocument["kind"]]: (d: Extract<RunDocument, { kind: K }>) => readonly Figure[] } = {
  train: (d) => ofSide("", d),
  compare: (d) => [...ofSide("spiking: ", d.spiking), ...ofSide("twin: ", d.twin)],
  findings: ({ figures }) => figures.map(({ share, ...f }) => ({ ...f, format: share ? (x) => percent(x) : short })),
};
const figuresOf = (d: RunDocument): readonly Figure[] => FIGURES[d.kind](d as never);

/** Mean, and the standard deviation of a sample, which one alone does not have. */
export function spreadOf(values: readonly number[]): { readonly mean: number; readonly sd: number | undefined } {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : undefined };
}

/** `net.seed3.h5` of `net.h5`. */
export const fileOfSeed = (file: string, seed: number): string => {
  const dot = file.lastIndexOf(".");
  return `${file.slice(0, dot)}.seed${seed}${file.slice(dot)}`;
};

type Work = (options: TaskOptions, onProgress: OnProgress) => Promise<TaskReport>;

/**
 * Runs the task once a seed. Pages and data are of all together; of networks there is a file a seed.
 *
 * @throws {UsageError} for a seed named twice, and for checkpoints; and what one run throws
 */
export async function overSeeds(
  command: "train" | "compare",
  work: Work,
  options: TaskOptions & { readonly seeds: readonly number[] },
  onProgress: OnProgress,
): Promise<TaskReport> {
  const { seeds, ...rest } = options;
  const twice = seeds.find((s, k) => seeds.indexOf(s) !== k);
  if (twice !== undefined) throw new UsageError("usage", "--seeds", `names ${twice} twice`);
  if (options.checkpoint) throw new UsageError("usage", "--checkpoint", "is of one seed, and --seeds names several");
  const outputs = await outputsOf(options.out, command === "train" ? ["network", "page", "data"] : ["page", "data"]);
  const networks = outputs.filter((o) => o.kind === "network").map((o) => o.file);
  const runs: RunDocument[] = [];
  for (const seed of seeds) {
    const out = networks.map((file) => fileOfSeed(file, seed));
    const telling: OnProgress = (p) => onProgress({ ...p, stage: `seed ${seed}, ${p.stage}` });
    const { document } = await work({ ...rest, seed, out }, telling);
    runs.push(document as unknown as RunDocument);
  }
  const files = [
    ...networks.flatMap((file) => seeds.map((s) => fileOfSeed(file, s))),
    ...outputs.filter((o) => o.kind !== "network").map((o) => o.file),
  ];
  const document = {
    ...summaryOf(runs, seeds),
    files,
    provenance: await provenanceOf(command, options, filesOf(options.out)),
  };
  await writeReports(outputs, document);
  return { document, ...findingsText(document) };
}

function summaryOf(runs: readonly RunDocument[], seeds: readonly number[]) {
  const each = runs.map(figuresOf);
  const [first] = each as [readonly Figure[]];
  const spreads = first.map(({ name, format }, k) => {
    const values = each.map((figures) => figures[k]!.value);
    return { name, format, values, ...spreadOf(values) };
  });
  const [main] = spreads;
  const sd = (s: (typeof spreads)[number]): string => (s.sd === undefined ? "-" : s.format(s.sd));
  return {
    kind: "findings" as const,
    task: runs[0]!.task,
    seed: seeds[0]!,
    seeds,
    head: runs[0]!.head.slice(0, 1),
    headline: {
      text: main
        ? `${main.name}: ${main.format(main.mean)} on average over ${seeds.length} seeds, with a standard deviation of ${sd(main)}.`
        : `${seeds.length} seeds.`,
      lines: [],
    },
    spreads: spreads.map(({ format: _, ...numbers }) => numbers),
    runs,
    figures: [],
    tables: [
      {
        title: "Over all seeds",
        rows: [
          ["", "mean", "sd", ...seeds.map((s) => `seed ${s}`)],
          ...spreads.map((s) => [s.name, s.format(s.mean), sd(s), ...s.values.map(s.format)]),
        ],
      },
    ],
    plots: [],
    published: publishedOf(runs[0]!),
    notes: ["Each seed draws weights, order, noise and what is split by chance anew; times are of this run."],
    digest: hash64(...runs.map((r) => r.digest)),
  };
}

const publishedOf = (d: RunDocument): FindingsDocument["published"] =>
  d.kind === "findings"
    ? d.published
    : (d.published ?? []).map(({ accuracy, ...p }) => ({ ...p, says: percent(accuracy) }));
