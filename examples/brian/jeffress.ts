/**
 * Brian's `synapses/jeffress`: a sound turns around the head, and each ear hears it later or earlier by what the ear's own
 * equations say. Without noise every spike is Brian's; with it, the detectors that fire follow the sound.
 */
import { allToAll, connect, network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must } from "../support/check.ts";

const dt = 2e-5;
let state = 1;
const rand = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
const sound = Float64Array.from(
  { length: 50_000 },
  () => 10 * Math.sqrt(-2 * Math.log(rand())) * Math.cos(2 * Math.PI * rand()),
);
const max_delay = 0.2 / 300; // between ears 20 cm apart, at 300 m/s
const num_neurons = 30;

const eqs_ears = `
dx/dt = (sound(t-delay)-x)/tau_ear+sigma_ear*(2./tau_ear)**.5*xi : 1 (unless refractory)
delay = distance*sin(theta) : second
distance : second # distance to the centre of the head in time units
dtheta/dt = angular_speed : radian
`;
const eqs_neurons = `
dv/dt = -v / tau + sigma * (2 / tau)**.5 * xi : 1
`;
const net = (sigma: number) => {
  const ear = neuron({
    name: "ear",
    equations: eqs_ears,
    timedArrays: { sound: { values: sound, dt } },
    parameters: { tau_ear: "1*ms", sigma_ear: sigma, angular_speed: { value: 2 * Math.PI, unit: "Hz" } },
    spike: "x>1",
    reset: "x = 0",
    refractory: "2.5*ms",
    method: "euler",
  });
  const detector = neuron({
    name: "detector",
    equations: eqs_neurons,
    parameters: { tau: "1*ms", sigma },
    spike: "v>1",
    reset: "v = 0",
    method: "euler",
  });
  return network({
    dt,
    schedule: "brian",
    populations: {
      ears: population(2, ear, { initial: { distance: [-0.5 * max_delay, 0.5 * max_delay] } }),
      neurons: population(num_neurons, detector),
    },
    connections: [
      connect("ears", "neurons", {
        connectivity: allToAll,
        port: "v",
        weight: 0.5,
        // Of the left ear it grows along the detectors, of the right one it shrinks.
        delay: `where(i==0, 1.0*j, 1.0*(N_post-j-1))/(N_post-1)*1.1*${max_delay}*second`,
      }),
    ],
  });
};

const quiet = await simulate(net(0), { duration: "1 s", type: "f64" });
/** All of it in one number: steps times neurons from 1, modulo a prime. */
const sum = ({ steps, indices }: { steps: ArrayLike<number>; indices: ArrayLike<number> }): number =>
  Array.from(steps).reduce((s, k, n) => (s + k * (indices[n]! + 1)) % 1000003, 0);
// Brian 2.5.1 with the same code and sound, both sigmas being 0: every spike of every neuron.
must("spikes of the ears", quiet.spikes.ears!.steps.length, 391, 0);
must("steps times ears", sum(quiet.spikes.ears!), 547006, 0);
must("spikes of the detectors", quiet.spikes.neurons!.steps.length, 138, 0);
must("steps times detectors", sum(quiet.spikes.neurons!), 343016, 0);

// With noise: delays are equal at `centre (1 + sin theta / 1.1)`, where theta = 2 pi t.
const noisy = await simulate(net(0.1), { duration: "1 s", seed: 1 });
const { steps, indices } = noisy.spikes.neurons!;
const centre = (num_neurons - 1) / 2;
const off = Array.from(steps, (k, n) => indices[n]! - centre * (1 + Math.sin(2 * Math.PI * k * dt) / 1.1));
const near = off.filter((x) => Math.abs(x) < 4);
// Brian 2.5.1 with eight seeds: 565 ± 28 spikes, a share of 0.659 ± 0.023 near the sound; here 4 of such deviations are allowed.
must("spikes with noise", off.length, 565, 112);
must("share of them within 4 detectors of the sound", near.length / off.length, 0.659, 0.1);
// Evenly spread over 8 detectors, 370 spikes would tell it to 0.12; Brian's eight spread by 0.15.
must("where these are, from the sound on", near.reduce((a, b) => a + b, 0) / near.length, 0, 0.6, "detectors");
