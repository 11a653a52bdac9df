/**
 * Where a sound comes from (Jeffress 1948): two ears hear the same noise at different times, delay lines carry their spikes
 * to thirty detectors of coincidence, and the detector whose delays make up for the difference fires most. Neurons and
 * figures are those of Brian's `synapses/jeffress`; here five sounds stand still.
 */
import { connect, network, neuron, pairs, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "./support/check.ts";

const dt = 2e-5;
const duration = option("duration", 2);
const azimuths = [-60, -30, 0, 30, 60]; // degrees
const maxDelay = 0.2 / 300; // between ears 20 cm apart, at 300 m/s
const detectors = 30;

let state = 1;
const rand = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
const randn = (): number => Math.sqrt(-2 * Math.log(rand())) * Math.cos(2 * Math.PI * rand());

/** Ear 2k is the left one of sound k. */
const ears = 2 * azimuths.length;
const shift = (ear: number): number =>
  ((ear % 2) - 0.5) * maxDelay * Math.sin((azimuths[Math.floor(ear / 2)]! * Math.PI) / 180);
const steps = Math.round(duration / dt);
const before = Math.ceil(maxDelay / dt);
const noise = azimuths.map(() => Float64Array.from({ length: steps + 2 * before }, () => 10 * randn()));
const heard = Float64Array.from({ length: steps * ears }, (_, n) => {
  const [k, ear] = [Math.floor(n / ears), n % ears];
  return noise[Math.floor(ear / 2)]![before + Math.floor(k - shift(ear) / dt)]!;
});

const ear = neuron({
  name: "ear",
  equations: "dx/dt = (sound(t, i)-x)/tau_ear+sigma_ear*(2./tau_ear)**.5*xi : 1 (unless refractory)",
  timedArrays: { sound: { values: heard, dt, columns: ears } },
  parameters: { tau_ear: "1*ms", sigma_ear: 0.1 },
  spike: "x>1",
  reset: "x = 0",
  refractory: "2.5*ms",
  method: "euler",
});
const detector = neuron({
  name: "detector",
  equations: "dv/dt = -v / tau + sigma * (2 / tau)**.5 * xi : 1",
  parameters: { tau: "1*ms", sigma: 0.1 },
  spike: "v>1",
  reset: "v = 0",
  method: "euler",
});
/** Each ear meets the detectors of its own sound; the left one's line grows along them, the right one's shrinks. */
const source = Array.from({ length: ears * detectors }, (_, k) => Math.floor(k / detectors));
const target = source.map((e, k) => Math.floor(e / 2) * detectors + (k % detectors));
const delay = source.map((e, k) => {
  const along = e % 2 === 0 ? k % detectors : detectors - 1 - (k % detectors);
  return Math.round(((along / (detectors - 1)) * 1.1 * maxDelay) / dt);
});
const net = network({
  dt,
  schedule: "brian",
  populations: { ears: population(ears, ear), detectors: population(azimuths.length * detectors, detector) },
  connections: [connect("ears", "detectors", { connectivity: pairs(source, target), port: "v", weight: 0.5, delay })],
});
const { spikes } = await simulate(net, { steps, seed: 1 });

const counts = azimuths.map(() => new Float64Array(detectors));
for (const n of spikes.detectors!.indices) counts[Math.floor(n / detectors)]![n % detectors]!++;
/** Mean over five neighbours, and where what is above half of its greatest lies on average. */
function middle(count: Float64Array): number {
  const smooth = count.map((_, k) => {
    const near = count.subarray(Math.max(0, k - 2), k + 3);
    return near.reduce((a, b) => a + b, 0) / near.length;
  });
  const half = Math.max(...smooth) / 2;
  const above = count.map((c, k) => (smooth[k]! > half ? c : 0));
  return above.reduce((sum, c, k) => sum + c * k, 0) / above.reduce((a, b) => a + b, 0);
}
const centre = (detectors - 1) / 2;
azimuths.forEach((azimuth, k) => {
  const sine = Math.sin((azimuth * Math.PI) / 180);
  const found = middle(counts[k]!);
  // Delays are equal at `centre (1 + sin / 1.1)`; detectors are one apart.
  must(`detector of a sound at ${azimuth} degrees`, found, centre * (1 + sine / 1.1), 1);
  const angle = (Math.asin(Math.max(-1, Math.min(1, 1.1 * (found / centre - 1)))) * 180) / Math.PI;
  must(
    "  so it is at",
    angle,
    azimuth,
    ((1.1 / centre / Math.cos((azimuth * Math.PI) / 180)) * 180) / Math.PI,
    "degrees",
  );
});
// For the sound in front, detectors whose delays differ by 0.5 ms and more hardly fire: Brian 2.5.1 has 0.084 over 5 s. Some
// hundred spikes of 2 s tell it to 12 %.
const front = counts[2]!;
const off = front.filter((_, j) => Math.abs(j - centre) * ((2.2 * maxDelay) / (detectors - 1)) > 0.5e-3);
const peak = front.subarray(centre - 1.5, centre + 2.5);
const mean = (x: Float64Array): number => x.reduce((a, b) => a + b, 0) / x.length;
must("rate 0.5 ms off the peak, of that at the peak", mean(off) / mean(peak), 0.084, 0.04);
