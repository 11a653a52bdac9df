/**
 * Inhibition that learns to balance excitation (Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011), in the setting of their
 * figure 1: a neuron hears eight channels, each of a hundred excitatory and twenty-five inhibitory inputs that rise and fall
 * together. Excitatory weights are fixed, and tuned to one channel. Inhibitory ones learn, from nothing: the neuron comes
 * back to its target of 5 Hz, and inhibition takes on the tuning of excitation (detailed balance). The rates of the inputs
 * are ours; what is left between the neuron's rate and the target is what it has in common with its inhibitory inputs.
 */
import { allToAll, connect, createEngine, inhibitoryStdp, network, neuron, population, wasm } from "rheobase";

const [CHANNELS, EXC, INH] = [8, 800, 200];
const target = 5;
const channelOf = (size: number) => Array.from({ length: size }, (_, k) => Math.floor((k * CHANNELS) / size));
/** Excitatory tuning of the supplement: the channel that is preferred is the fifth. */
const tuning = Array.from({ length: CHANNELS }, (_, k) => 0.3 + 1.1 / (1 + (k - 4) ** 4));

const channel = neuron({
  name: "channel",
  equations: "ds/dt = -s/tau + xi*(2/tau)**0.5 : 1",
  parameters: { tau: "50 ms" },
});
const afferent = neuron({
  name: "afferent",
  equations: "s : 1 (linked)",
  spike: "rand() < (15*Hz + 20*Hz*max(s, 0))*dt",
});
const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (gl*(el - v) + ge*(0*mV - v) + gi*(er - v))/C : volt (unless refractory)
    dge/dt = -ge/(5*ms) : siemens
    dgi/dt = -gi/(10*ms) : siemens`,
  parameters: { gl: "10 nS", el: "-60 mV", er: "-80 mV", C: "200 pF" },
  initial: { v: "-60 mV" },
  spike: "v > -50*mV",
  reset: "v = el",
  refractory: "5 ms",
});
const learning = inhibitoryStdp({ transmit: "gi += w", tau: "20 ms", eta: "0.002 nS", rho0: `${target} Hz` });
const linked = (size: number) => ({ linked: { s: { variable: "channel.s", index: channelOf(size) } } });
const net = network({
  dt: "0.2 ms",
  schedule: "brian",
  populations: {
    channel: population(CHANNELS, channel),
    exc: population(EXC, afferent, linked(EXC)),
    inh: population(INH, afferent, linked(INH)),
    cell: population(1, cell),
  },
  connections: [
    connect("exc", "cell", {
      port: "ge",
      connectivity: allToAll,
      weight: channelOf(EXC).map((k) => 0.14e-9 * tuning[k]!),
    }),
    connect("inh", "cell", { name: "plastic", port: "gi", weight: 0, synapse: learning }),
  ],
});

using engine = await createEngine(net, wasm, { seed: 1 });
const start = performance.now();
const rate = (seconds: number): number => engine.run(seconds * 5000).spikes.cell!.steps.length / seconds;
const before = rate(0.5);
for (let k = 1; k <= 5; k++) console.log(`to second ${4 * k}: ${rate(4).toFixed(1)} Hz`);
rate(20);
const after = rate(60);
console.log(`100.5 s of model time in ${((performance.now() - start) / 1000).toFixed(1)} s`);
console.log(`before: ${before.toFixed(1)} Hz; after: ${after.toFixed(2)} Hz`);

const w = engine.synapses("plastic").w!;
/** Mean weight of the inhibitory inputs of each channel. */
const learnt = new Float64Array(CHANNELS);
for (const [k, c] of channelOf(INH).entries()) learnt[c]! += w[k]! / (INH / CHANNELS);
const shares = [...learnt].map((x, c) => x / tuning[c]!);
const nS = (x: Iterable<number>): string => Array.from(x, (g) => (1e9 * g).toFixed(3)).join(" ");
console.log(`excitatory weights by channel: ${nS(tuning.map((x) => 0.14e-9 * x))} nS`);
console.log(`inhibitory weights by channel: ${nS(learnt)} nS`);
if (before < 30) throw new Error("without inhibition the neuron should fire fast");
if (Math.abs(after - target) > 1) throw new Error(`the rate should come back to ${target} Hz`);
if (Math.max(...shares) > 2 * Math.min(...shares)) throw new Error("inhibition should follow the tuning of excitation");
