import { describe, expect, test } from "vitest";
import { type SeAdLifOptions, seAdLif } from "../../../src/model/neuron/seAdLif.ts";
import { numbers } from "../../sim/run.ts";
import { cell } from "../cell.ts";

const connected = new Set(["i"]);
/** Membrane and adaptation of a neuron that never fires, left alone at u = 1, w = 0. `a` as the paper counts it (q = 1). */
function free(a: number, dt: number, steps: number, options: SeAdLifOptions = {}): { u: number; w: number }[] {
  const model = seAdLif({ tauU: "25 ms", tauW: "60 ms", a, q: 1, vTh: 1e9, ...options });
  const c = cell(model, { dt, connected, values: { u: 1 } });
  return Array.from({ length: steps }, () => {
    c.step();
    return { u: c.state.u!, w: c.state.w! };
  });
}
const [tauU, tauW] = [0.025, 0.06];

describe("seAdLif", () => {
  test("is the published step in every variable: u from the old w, reset, w from the new u and the new spike", () => {
    const steps = 3000;
    const drive = Array.from({ length: steps }, numbers(9)).map((x, t) => 12 * x + 25 * Math.sin(t / 40) + 20);
    const c = cell(seAdLif({ a: 0.4, b: 0.9 }), { dt: 1e-3, connected });
    const [alpha, beta] = [Math.exp(-1 / 15), Math.exp(-1 / 180)];
    let [u, w, spikes] = [0, 0, 0];
    for (const x of drive) {
      const before = alpha * u + (1 - alpha) * (x - w);
      const s = Number(before > 1);
      u = before * (1 - s);
      w = beta * w + (1 - beta) * (0.4 * u + 0.9 * s) * 60;
      spikes += s;
      expect(Number(c.step({ i: x }))).toBe(s);
      // A dozen roundings of 2^-53 a step on numbers below 64, forgotten with 1/(1 - beta) = 180 steps: below 2e-11.
      expect(Math.abs(c.state.u! - u)).toBeLessThan(2e-11);
      expect(Math.abs(c.state.w! - w)).toBeLessThan(2e-11);
    }
    expect(spikes).toBeGreaterThan(100);
    expect(spikes).toBeLessThan(steps / 2);
  });

  /**
   * Without spikes a step is a linear map of (u, w) with determinant αβ, whatever `a`: two shears and a scaling. So
   * u_t = r^t (cos φt + c sin φt) with r² = αβ and 2 r cos φ the trace.
   */
  test.each([10, 120, 282])("below threshold it is the damped oscillation of its matrix: a = %d", (a) => {
    const [alpha, beta] = [Math.exp(-1 / 25), Math.exp(-1 / 60)];
    const trace = alpha + beta - (1 - beta) * a * (1 - alpha);
    const r = Math.sqrt(alpha * beta);
    const phi = Math.acos(trace / (2 * r));
    const c = (alpha / r - Math.cos(phi)) / Math.sin(phi); // u_1 = α
    for (const [k, { u }] of free(a, 1e-3, 400).entries()) {
      const t = k + 1;
      // Roundings of 2^-53 a step in a map that shrinks; the phase of the closed form errs by 2^-53·φt.
      expect(Math.abs(u - r ** t * (Math.cos(phi * t) + c * Math.sin(phi * t)))).toBeLessThan(1e-12);
    }
  });
  // Baronig et al. 2025, Fig. 3b: tauU = 25 ms, tauW = 60 ms, a = 120; the continuous neuron's decay is 0.972 a millisecond.
  test("decays as published where forward Euler grows", () => {
    // The adaptation swings √(a tauU/tauW) times as far as the membrane.
    const amplitude = ({ u, w }: { u: number; w: number }): number => Math.hypot(u * Math.sqrt((120 * tauU) / tauW), w);
    const path = free(120, 1e-3, 1001);
    const rate = (amplitude(path[1000]!) / amplitude(path[0]!)) ** (1 / 1000);
    expect(rate).toBeGreaterThan(0.9715);
    expect(rate).toBeLessThan(0.9725);
    const [alpha, beta] = [Math.exp(-1 / 25), Math.exp(-1 / 60)];
    let [u, w] = [1, 0];
    for (let t = 0; t < 1000; t++) [u, w] = [alpha * u - (1 - alpha) * w, beta * w + (1 - beta) * 120 * u];
    expect(amplitude({ u, w })).toBeGreaterThan(10);
  });
  /** τu u' = -u - w, τw w' = -w + a u: u = e^{-gt} (cos ωt + c sin ωt). */
  test("tends to the differential equations, error of order dt", () => {
    const a = 20;
    const [x, y] = [1 / tauU, 1 / tauW];
    const g = (x + y) / 2;
    const omega = Math.sqrt(x * y * (1 + a) - g * g);
    const c = (g - x) / omega; // u'(0) = -x
    const exact = (t: number): number => Math.exp(-g * t) * (Math.cos(omega * t) + c * Math.sin(omega * t));
    const worst = [1e-3, 5e-4, 2.5e-4, 1.25e-4].map((dt) =>
      Math.max(...free(a, dt, Math.round(0.05 / dt)).map(({ u }, k) => Math.abs(u - exact((k + 1) * dt)))),
    );
    for (let k = 1; k < worst.length; k++) {
      const order = Math.log2(worst[k - 1]! / worst[k]!);
      expect(order).toBeGreaterThan(0.9);
      expect(order).toBeLessThan(1.1);
    }
  });
});
