/** A comparison as text: the facts in columns, then who wins at what, then what a reader must know beside them. */
import type { Network } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import { storedBytes } from "./account.ts";
import type { Choice } from "./choose.ts";
import type { Comparison } from "./compare.ts";
import { breakEvenText, energyNotes, energyTables } from "./energyText.ts";
import type { EncoderName } from "./options.ts";
import type { Side } from "./side.ts";
import { bytes, item, NONE, percent, type Row, seconds, sections, table, whole, wrap } from "./text.ts";

export function compareText(c: Comparison): string {
  return sections([
    heading(c),
    table([["", "spiking", "twin"], ...learningRows(c), ...workRows(c)]),
    ...energyTables(columns(c)),
    breakEvenText(c.spiking.energy.f32),
    ["Who wins", ...c.verdict.map((v) => item(v.text))].join("\n"),
    ["Beside the numbers", ...notes(c).map(item)].join("\n"),
    `Digest of weights and answers: ${c.digest}   (${seconds(c.seconds)} in all)`,
  ]);
}

const columns = ({ spiking, twin }: Comparison) => [
  { title: "spiking", ...spiking },
  { title: "twin", ...twin },
  { title: "twin, zeros skipped", ...twin.zeroSkipping },
];

function heading({ task, spiking, seed, code, choice }: Comparison): string {
  return [wrap(`${task.name}: ${task.doc}`), networkLine(spiking.design.net, seed), inputLine(code, choice)].join("\n");
}

export function networkLine(net: Network, seed: number): string {
  const layers = [...Object.keys(net.inputs), ...Object.keys(net.populations)].map((node) => sizeOf(net, node));
  return wrap(`Network ${layers.join("-")}, ${net.steps} steps, seed ${seed}, one thread.`);
}

const INPUTS: Readonly<Record<EncoderName, string>> = {
  latency: "latency code",
  rate: "rate code",
  current: "constant current",
};
export function inputLine(code: EncoderName, choice: Choice | undefined): string {
  if (!choice) return wrap(`Input: ${INPUTS[code]}, as asked for.`);
  const tried = choice.candidates.map((c) => `${c.encoder} ${percent(c.accuracy)} with ${whole(c.spikes)} spikes`);
  const where = `${whole(choice.heldOut)} training samples held out of a short trial`;
  return wrap(`Input: ${INPUTS[code]}, chosen on ${where} (${tried.join(", ")}: ${choice.reason}).`);
}
export const threadsNote = (used: number): string[] =>
  used > 1 ? [`${used} threads shared the work; the results do not depend on how many.`] : [];

const row = (label: string, { spiking, twin }: Comparison, value: (side: Side) => string): Row => [
  label,
  value(spiking),
  value(twin),
];

const learningRows = (c: Comparison): Row[] => [
  row("test accuracy", c, (s) => percent(s.result.accuracy, 2)),
  row("test loss", c, (s) => s.result.loss.toFixed(3)),
  row("epochs", c, (s) => whole(s.design.training.epochs)),
  row("training time", c, (s) => seconds(s.trained.seconds)),
  row("training, samples/s", c, (s) => whole(s.trained.samplesPerSecond)),
  row("inference, samples/s", c, (s) => whole(s.result.samplesPerSecond)),
  row("memory to train", c, (s) => bytes(s.trained.bytes)),
  row("memory to answer", c, (s) => bytes(storedBytes(s.counts))),
];

const workRows = (c: Comparison): Row[] => [
  ...Object.entries(c.spiking.result.meanRate).map(
    ([node, rate]): Row => [`${node}, spikes a neuron and step`, rate.toFixed(3), NONE],
  ),
  ["an inference: spikes, input included", amount(spikesOf(c.spiking)), NONE],
  row("  additions", c, (s) => amount(s.counts.total.acs)),
  row("  multiply-additions", c, (s) => amount(s.counts.total.macs)),
  ["    if zeros are skipped", amount(c.spiking.counts.total.macs), amount(c.twin.counts.total.effectiveMacs)],
  row("  neuron updates", c, (s) => amount(s.counts.total.neuronUpdates)),
];
const amount = (n: number): string => (n === 0 ? NONE : whole(n));
const spikesOf = ({ counts, design, result }: Side): number =>
  counts.total.spikes + (design.encoder.kind === "current" ? 0 : result.inputEvents / result.samples);

function notes({ spiking, twin, threads, data }: Comparison): string[] {
  return [
    ...[spiking, twin].flatMap((s) => s.result.warnings),
    ...energyNotes(spiking.energy.f32),
    "Operations are those of the test set, averaged over its samples.",
    ...threadsNote(threads.used),
    `Data: ${data.source}. Licence: ${data.licence}.`,
  ];
}
