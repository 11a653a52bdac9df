/**
 * Two oscillators near a Hopf bifurcation, joined by a gap junction: each is drawn towards the other's state. With equal
 * amplitudes the phase between them obeys `φ' = Δω - 2 g sin φ`, and `r² = 1 - g (1 - cos φ)` (g in units of 1/τ), so that
 * all is known: the phase at which they lock, their amplitude, and how fast they slip where they cannot.
 */
import { connect, network, neuron, pairs, population, synapse } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "./support/check.ts";

const tau = 20e-3;
const hopf = neuron({
  name: "hopf",
  equations: `
    dx/dt = ((1 - x**2 - y**2)*x + Ix)/tau - omega*y : 1
    dy/dt = ((1 - x**2 - y**2)*y + Iy)/tau + omega*x : 1
    Ix : 1
    Iy : 1
    omega : Hz (constant)`,
  parameters: { tau: "20 ms", omega: "1 Hz" },
  method: "rk4",
});
const gap = synapse({
  name: "gap",
  equations: `
    Ix_post = w*(x_pre - x_post) : 1 (summed)
    Iy_post = w*(y_pre - y_post) : 1 (summed)`,
});

/** Phase of the second ahead of the first, and the amplitude of the first, at the end of each step. */
async function pair(
  g: number,
  difference: number,
  dt: number,
): Promise<{ phase: Float64Array; amplitude: Float64Array }> {
  const omega = [2 * Math.PI * 20, 2 * Math.PI * 20 + difference];
  const net = network({
    dt,
    schedule: "brian",
    populations: { cells: population(2, hopf, { initial: { x: [1, 1] }, parameters: { omega } }) },
    connections: [connect("cells", "cells", { connectivity: pairs([0, 1], [1, 0]), weight: g, synapse: gap })],
  });
  const steps = Math.round(option("duration", 2) / dt);
  const { values } = await simulate(net, { steps, type: "f64", record: ["cells.x", "cells.y"] });
  const [x, y] = [values["cells.x"]!, values["cells.y"]!];
  const phase = new Float64Array(steps);
  for (let k = 0, turns = 0; k < steps; k++) {
    const [x1, x2, y1, y2] = [x[2 * k]!, x[2 * k + 1]!, y[2 * k]!, y[2 * k + 1]!];
    const now = Math.atan2(x1 * y2 - y1 * x2, x1 * x2 + y1 * y2);
    turns += k > 0 ? Math.round((phase[k - 1]! - now - 2 * Math.PI * turns) / (2 * Math.PI)) : 0;
    phase[k] = now + 2 * Math.PI * turns;
  }
  return { phase, amplitude: phase.map((_, k) => Math.hypot(x[2 * k]!, y[2 * k]!)) };
}

const g = 0.2; // 2 g / tau = 20 / s
const dt = 1e-5;
// A sum is what the states were as the step began, so that the coupling acts half a step late on average: the partner has
// turned by omega dt / 2 meanwhile. That much, twice, is allowed.
const late = 2 * Math.PI * 20 * dt;
{
  const { phase, amplitude } = await pair(g, 10, dt);
  const locked = Math.asin((10 * tau) / (2 * g));
  must("phase at which they lock", phase.at(-1)!, locked, late, "rad");
  must("amplitude there", amplitude.at(-1)!, Math.sqrt(1 - g * (1 - Math.cos(locked))), late);
}
{
  const { phase } = await pair(g, 30, dt);
  // Slips of 2 pi each: from the first to the last time that the phase passes such a multiple upwards.
  const passed = Array.from(phase.keys()).filter(
    (k) => k > 0 && Math.floor(phase[k]! / (2 * Math.PI)) > Math.floor(phase[k - 1]! / (2 * Math.PI)),
  );
  const slips = (passed.length - 1) / ((passed.at(-1)! - passed[0]!) * dt);
  must("slips", slips, Math.sqrt(30 ** 2 - ((2 * g) / tau) ** 2) / (2 * Math.PI), 0.01, "a second");
}
