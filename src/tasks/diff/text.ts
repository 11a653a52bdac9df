/** What was found, in words and in a table. */

import { short, whole } from "../../report/numbers.ts";
import { sections, table, wrap } from "../../report/terminal/layout.ts";
import type { Divergence, Parting, SpikeParting, Value } from "../../sim/divergence/divergence.ts";

export interface Told {
  /** One line each. */
  readonly a: string;
  readonly b: string;
  readonly found: Divergence;
  /** Seconds that were compared. */
  readonly seconds: number;
  /** On how files were read. */
  readonly notes: readonly string[];
  /** Whether runs were compared by the times of their spikes alone, and what these may differ by. */
  readonly within?: number;
}

export function diffText({ a, b, found, seconds, notes, within }: Told): string {
  const { parting, spike } = found;
  const head = `a  ${a}\nb  ${b}`;
  const said = notes.map((note) => wrap(note)).join("\n");
  if (!parting && !spike) return sections([head, wrap(equalText(found, seconds, within)), said]);
  return sections([
    head,
    parting ? partingText(parting) : "",
    spike ? wrap(spikeText(spike, within)) : parting ? "The spikes are the same, there and after it." : "",
    said,
  ]);
}

function equalText({ steps, spikes }: Divergence, seconds: number, within?: number): string {
  const share = `${whole(spikes.a)} spikes in ${milliseconds(seconds)}`;
  if (within === undefined)
    return `The runs are equal: ${whole(steps)} steps, ${share}, every variable of every neuron.`;
  return `Spike by spike the runs are the same within ${milliseconds(within)}: ${share} (b: ${whole(spikes.b)}).`;
}

/** Milliseconds, with as many digits as tell steps apart. */
export const milliseconds = (s: number): string => `${Number((1e3 * s).toPrecision(9))} ms`;

const whenOf = ({ step, time }: Pick<Parting, "step" | "time">): string =>
  step < 0 ? "before the first step" : `in step ${whole(step)}, at ${milliseconds(time)}`;
function whereOf({ connection, synapse, source, target, population, neuron, trial, variable }: Parting): string {
  if (connection !== undefined) {
    if (variable === "bias") return `in the bias of '${connection}' for neuron ${target}`;
    if (synapse === undefined) return `in the number of synapses of '${connection}'`;
    return `in '${variable}' of synapse ${synapse} of '${connection}' (from neuron ${source} to neuron ${target})`;
  }
  const what = variable === "spike" ? "whether" : `in '${variable}' of`;
  const who = neuron === undefined ? `'${population}'` : `neuron ${neuron} of '${population}'`;
  return `${what} ${who}${trial === undefined ? "" : `, trial ${trial},`}${variable === "spike" ? " fires" : ""}`;
}

function partingText(p: Parting): string {
  const of = p.connection === undefined ? "neurons" : "synapses";
  const others =
    p.others.length > 0 ? `, and so do ${p.others.slice(0, 6).join(", ")}${p.others.length > 6 ? ", …" : ""}` : "";
  const share =
    p.differing === undefined
      ? ""
      : ` ${whole(p.differing)} ${p.differing === 1 ? of.slice(0, -1) : of} differ${p.differing === 1 ? "s" : ""} in it${others}.`;
  const lines = [wrap(`The runs part ${whenOf(p)}: ${whereOf(p)}.${share}`)];
  if (p.a && p.b) lines.push(valuesTable(p));
  if (p.seen) lines.push(wrap(seenText(p.seen)));
  return lines.join("\n\n");
}
const seenText = ({ step, neuron, a, b }: NonNullable<Parting["seen"]>): string =>
  `Which neuron, only digests know; in step ${whole(step)}, of which values were kept, the first that differs is neuron ${neuron}: ${a} and ${b}.`;

function valuesTable({ a, b, ulps, before, step }: Parting): string {
  const difference = Math.abs(a!.value - b!.value);
  const apart = ulps === undefined || a!.value === b!.value ? "" : `${ulps} ${a!.stored} apart`;
  const bits = (x: Value): string => (x.bits === undefined ? "" : `${x.stored} ${x.bits}`);
  const now = step < 0 ? "start" : `step ${step}`;
  return table([
    ["", "a", "b", "difference"],
    ...before.map((e) => [
      e.step < 0 ? "start" : `step ${e.step}`,
      String(e.a),
      String(e.b),
      e.a === e.b ? "" : short(Math.abs(e.a - e.b)),
    ]),
    [now, String(a!.value), String(b!.value), difference === 0 ? "" : difference.toExponential(2)],
    ...(a!.bits === undefined && b!.bits === undefined ? [] : [["", bits(a!), bits(b!), apart]]),
  ]);
}

function spikeText({ population, neuron, a, b, number }: SpikeParting, within?: number): string {
  const at = (x: number | undefined): string => (x === undefined ? "has none" : `fires at ${milliseconds(x)}`);
  const by = within === undefined ? "" : ` by more than ${milliseconds(within)}`;
  return `The first spike that differs${by} is number ${number + 1} of neuron ${neuron} of '${population}': a ${at(a)}, b ${at(b)}.`;
}
