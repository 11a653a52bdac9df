import { describe, expect, test } from "vitest";
import { resonateAndFire } from "../../../src/model/neuron/resonateAndFire.ts";
import { cell } from "../cell.ts";

const [b, omega] = [-0.1, 1]; // of a millisecond
const model = resonateAndFire();
const constants = new Map(model.parameters.map((p) => [p.name, p.value]));
const neuron = (dt: number, values = {}) =>
  cell(model, { dt: dt / 1000, connected: new Set(["x", "i"]), constants, values });

test.each([0.05, 0.5, 3])("free, it is the damped oscillation z e^(b + i omega)t, in steps of %d ms", (dt) => {
  const c = neuron(dt, { x: 0.6, y: 0.2 });
  for (let k = 1; k * dt < 60; k++) {
    expect(c.step()).toBe(false);
    const [r, phi] = [Math.exp(b * k * dt), omega * k * dt];
    // A contraction: roundings of 2^-53 a step, and of the phase, 2^-53 · 60.
    expect(Math.abs(c.state.x! - r * (0.6 * Math.cos(phi) - 0.2 * Math.sin(phi)))).toBeLessThan(1e-14);
    expect(Math.abs(c.state.y! - r * (0.6 * Math.sin(phi) + 0.2 * Math.cos(phi)))).toBeLessThan(1e-14);
  }
});
test("a steady current: z settles at i/(-b - i omega)", () => {
  const c = neuron(1);
  for (let k = 0; k < 400; k++) c.step({ i: 100 }); // 0.1/ms
  // x = -b I/(b² + omega²), y = omega I/(b² + omega²).
  expect(c.state.x).toBeCloseTo((0.1 * 0.1) / 1.01, 14);
  expect(c.state.y).toBeCloseTo(0.1 / 1.01, 14);
});
test("a spike starts it anew from i", () => {
  const c = neuron(0.1, { x: 3 });
  let steps = 0;
  while (!c.step()) expect(steps++).toBeLessThan(100);
  expect([c.state.x, c.state.y]).toEqual([0, 1]);
  expect(c.step()).toBe(false);
});

describe("doublets (Izhikevich 2001)", () => {
  const [weight, dt] = [1.1, 0.05];
  /** Whether the closed form of both pulses ever exceeds 1. */
  const exceeds = (first: number, apart: number): boolean => {
    for (let t = dt; t < 40; t += dt) {
      const one = first * weight * Math.exp(b * t) * Math.sin(omega * t);
      const s = t - apart;
      if (one + (s > 0 ? weight * Math.exp(b * s) * Math.sin(omega * s) : 0) > 1) return true;
    }
    return false;
  };
  const fires = (first: number, apart: number): boolean => {
    const c = neuron(dt);
    const second = Math.round(apart / dt);
    return Array.from({ length: 800 }, (_, k) =>
      c.step({ x: (k === 0 ? first * weight : 0) + (k === second ? weight : 0) }),
    ).some((x) => x);
  };
  const apart = Array.from({ length: 30 }, (_, k) => 0.5 * (k + 1));
  test("fires where the closed form says, for all distances of two pulses", () => {
    for (const d of apart) expect([d, fires(1, d)]).toEqual([d, exceeds(1, d)]);
  });
  test("which is one period apart, and not half of it; after inhibition it is the other way round", () => {
    const period = (2 * Math.PI) / omega;
    expect([fires(0, 1), fires(1, period), fires(1, period / 2)]).toEqual([false, true, false]);
    expect([fires(-1, period), fires(-1, period / 2)]).toEqual([false, true]);
  });
});
