/**
 * Short-term depression and facilitation (Tsodyks and Markram 1997, PNAS 94, 719): a spike uses a part of a synapse's
 * resources, which then recover. At a steady rate both settle where their closed forms say, and from the first spike on each
 * answer follows from the one before. What arrives is a current that a membrane filters, so that each postsynaptic
 * potential is known too. Numbers are those that `tsodyksMarkram` has for both kinds of synapse.
 */
import { connect, inputNode, network, neuron, oneToOne, population, tsodyksMarkram } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "./support/check.ts";

const dt = 1e-4;
const [tauM, tauIn] = [40e-3, 3e-3];
/** A current that decays, and the membrane that it moves: `v` is in units of the current. */
const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (I - v)/tauM : 1
    dI/dt = -I/tauIn : 1`,
  parameters: { tauM: "40 ms", tauIn: "3 ms" },
  port: "I",
});
const kinds = {
  depressing: { U: 0.5, tauRec: 0.8, tauFacil: undefined },
  facilitating: { U: 0.03, tauRec: 0.13, tauFacil: 0.53 },
};
type Kind = (typeof kinds)[keyof typeof kinds];
const rates = [5, 10, 20, 40];
const steps = Math.round(option("duration", 12) / dt);
const weight = 100;

/** Current and potential of one cell a rate, [rate][step], where each has a synapse and spikes of its own. */
async function answers({ U, tauRec, tauFacil }: Kind): Promise<{ I: Float64Array; v: Float64Array }[]> {
  const synapse = tsodyksMarkram({ port: "I", U, tauRec, ...(tauFacil !== undefined && { tauFacil }) });
  const net = network({
    dt,
    schedule: "brian",
    inputs: { axons: inputNode(rates.length) },
    populations: { cells: population(rates.length, cell) },
    connections: [connect("axons", "cells", { connectivity: oneToOne, weight, synapse })],
  });
  const events = rates
    .flatMap((_, i) => Array.from({ length: spikesOf(i) }, (_, k) => ({ step: k * interval(i), i })))
    .sort((a, b) => a.step - b.step);
  const { values } = await simulate(net, {
    steps,
    type: "f64",
    record: ["cells.I", "cells.v"],
    inputs: { axons: { steps: events.map((e) => e.step), indices: events.map((e) => e.i) } },
  });
  const of = (name: string, i: number) =>
    Float64Array.from({ length: steps }, (_, k) => values[name]![k * rates.length + i]!);
  return rates.map((_, i) => ({ I: of("cells.I", i), v: of("cells.v", i) }));
}
/** Steps between two spikes, and how many there are. */
const interval = (i: number): number => Math.round(1 / (rates[i]! * dt));
const spikesOf = (i: number): number => Math.floor(steps / interval(i));

/** `u·x` of each spike, from the one before, and in a train without end. */
function uses({ U, tauRec, tauFacil }: Kind, i: number): { each: number[]; settled: number } {
  const gap = interval(i) * dt;
  const E = Math.exp(-gap / tauRec);
  const e = tauFacil === undefined ? 0 : Math.exp(-gap / tauFacil);
  let [u, x] = [U, 1];
  const each = Array.from({ length: spikesOf(i) }, () => {
    const used = u * x;
    [u, x] = [U + u * (1 - U) * e, 1 - (1 - x + used) * E];
    return used;
  });
  const last = U / (1 - (1 - U) * e);
  return { each, settled: (last * (1 - E)) / (1 - (1 - last) * E) };
}

for (const [name, kind] of Object.entries(kinds)) {
  const found = await answers(kind);
  for (const [i, rate] of rates.entries()) {
    const { I, v } = found[i]!;
    const { each, settled } = uses(kind, i);
    // A step's values are those at its end, after the spike: what the current has gained is what remained of it less.
    const kept = Math.exp(-dt / tauIn);
    const gains = each.map((_, k) => {
      const at = k * interval(i);
      return (I[at]! - (at > 0 ? I[at - 1]! * kept : 0)) / weight;
    });
    must(`${name}, ${rate} Hz: worst spike`, Math.max(...gains.map((x, k) => Math.abs(x / each[k]! - 1))), 0, 1e-9);
    // What is left to settle shrinks by (1 - U)·max(e, E) a spike at least: after 60 at 5 Hz, 480 at 40 Hz, nothing.
    must("  where it settles", gains.at(-1)!, settled, 1e-6);
    // The greatest of all steps is at most half a step from the peak, where the slope falls by a/tauIn² a second and less.
    must("  greatest potential there", greatest(v, i), potential(settled, interval(i) * dt), 2e-5 * weight * settled);
  }
  const [slow, fast] = [uses(kind, 0), uses(kind, rates.length - 1)].map((x) => x.settled);
  console.log(`       40 Hz has ${(fast! / slow!).toFixed(2)} of what a spike at 5 Hz does`);
}

/** In the time after the last spike but one. */
function greatest(v: Float64Array, i: number): number {
  return Math.max(...v.subarray((spikesOf(i) - 2) * interval(i), (spikesOf(i) - 1) * interval(i)));
}
/**
 * The greatest of `v` in one interval of a train that has settled. Each spike adds `a (e^(-t/tauM) - e^(-t/tauIn))` with
 * `a = w·u·x·tauIn/(tauM - tauIn)`; of all spikes before, geometric sums; the slope is zero once.
 */
function potential(used: number, gap: number): number {
  const a = (weight * used * tauIn) / (tauM - tauIn);
  const [m, s] = [a / (1 - Math.exp(-gap / tauM)), a / (1 - Math.exp(-gap / tauIn))];
  const t = (Math.log((s * tauM) / (m * tauIn)) * tauM * tauIn) / (tauM - tauIn);
  return m * Math.exp(-t / tauM) - s * Math.exp(-t / tauIn);
}
