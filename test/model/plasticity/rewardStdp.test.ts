/** STDP under reward: one pair and one reward in closed form, and many against small steps of the equations. */
import { describe, expect, test } from "vitest";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { type RewardStdpOptions, rewardStdp } from "../../../src/model/plasticity/rewardStdp.ts";
import { outcome } from "../../sim/driven.ts";
import { arrivals, type Case, dt, inputsOf, pairOf, train } from "./tools.ts";

const [tauC, tauD, tauPlus, tauMinus] = [0.5, 0.2, 0.02, 0.03];
const rule = (more: Partial<RewardStdpOptions> = {}) =>
  rewardStdp({
    ...{ transmit: "ge += w", aPlus: 0.1, aMinus: 0.12, tauMinus: "30 ms", tauC: "0.5 s", tauD: "0.2 s", eta: "2 Hz" },
    wMin: -4,
    wMax: 4,
    ...more,
  });
/** Rewards by step: how often. */
type Rewards = Readonly<Record<number, number>>;
/** Weights after the last spike of the sources: it makes what is due. */
function weightsAfter(cases: readonly Case[], rewards: Rewards, of = rule()): Promise<number[]> {
  const net = pairOf({ synapse: of, weight: 0.5 }, { size: cases.length });
  const last = Math.max(...cases.flatMap((c) => [...c.pre, ...c.post]));
  const steps = Object.entries(rewards).flatMap(([k, n]) => Array.from({ length: n }, () => Number(k) - 1));
  const inputs = { ...inputsOf(cases), reward: { steps, indices: steps.map(() => 0) } };
  return outcome(net, last + 3, inputs, (e) => [...e.synapses("s").w!]);
}

describe("one pair, one reward, in closed form", () => {
  const kappa = 1 / tauC + 1 / tauD;
  const [REWARD, LOOK] = [6000, 9000];
  test.each([5, -5, 200, -200])("lag of %d steps, rewarded 0.01 to 0.5 s later", async (lag) => {
    const waits = [100, 1000, 5000];
    // A pair counts when its second spike comes.
    const first = (wait: number): number => REWARD - wait - Math.abs(lag);
    const cases = waits.map((wait): Case => {
      const [one, two] = [first(wait), REWARD - wait];
      return lag > 0 ? { pre: [one, LOOK], post: [two] } : { pre: [two, LOOK], post: [one] };
    });
    const found = await weightsAfter(cases, { [REWARD]: 1 });
    const s = Math.abs(lag) * dt;
    const c = lag > 0 ? 0.1 * Math.exp(-s / tauPlus) : -0.12 * Math.exp(-s / tauMinus);
    waits.forEach((wait, k) => {
      const grown = (1 - Math.exp(-kappa * (LOOK - REWARD) * dt)) / kappa;
      const expected = 2 * 4 * c * Math.exp((-wait * dt) / tauC) * grown;
      expect(Math.abs(found[k]! - 0.5 - expected)).toBeLessThan(1e-13);
      expect(Math.abs(expected)).toBeGreaterThan(1e-3);
    });
  });
  test("no reward, no change; a tonic level changes without one", async () => {
    const pair: Case = { pre: [1000, LOOK], post: [1020] };
    expect(await weightsAfter([pair], {})).toEqual([0.5]);
    const c = 0.1 * Math.exp((-20 * dt) / tauPlus);
    const [w] = await weightsAfter([pair], {}, rule({ tonic: 0.3 }));
    expect(w).toBeCloseTo(0.5 + 2 * 4 * 0.3 * c * tauC * (1 - Math.exp((-(LOOK - 1020) * dt) / tauC)), 12);
  });
  test("a weight is kept within bounds", async () => {
    const [w] = await weightsAfter(
      [{ pre: [1000, 3000], post: [1005] }],
      { 1100: 1 },
      rule({ wMax: 0.55, eta: "1 kHz" }),
    );
    expect(w).toBe(0.55);
  });
});

test("trains and rewards: small steps of the equations", async () => {
  const [pre, post] = [[...train(2, 30, 9000), 9500], train(3, 30, 9000)];
  const rewards: Rewards = { 1500: 1, 1501: 1, 4000: 3, 6000: 2 };
  // Euler's method with n parts of a step: the error falls with n, so that two give the limit to second order.
  const euler = (n: number): number => {
    let [c, d, w, x, y] = [0, 0, 0.5, 0, 0];
    const events = arrivals({ pre, post });
    for (let k = 0, next = 0; k <= 9500; k++) {
      for (; events[next]?.step === k; next++) {
        if (events[next]!.of === "pre") c -= 0.12 * y;
        else c += 0.1 * x;
        if (events[next]!.of === "pre") x += 1;
        else y += 1;
      }
      d += rewards[k] ?? 0;
      if (k === 9500) break;
      for (let part = 0; part < n; part++) {
        w += (0.2 * 4 * c * (d + 0.1) * dt) / n;
        c -= (c * dt) / n / tauC;
        d -= (d * dt) / n / tauD;
      }
      x *= Math.exp(-dt / tauPlus);
      y *= Math.exp(-dt / tauMinus);
    }
    return w;
  };
  const [coarse, fine] = [euler(10), euler(20)];
  const [found] = await weightsAfter([{ pre, post }], rewards, rule({ tonic: 0.1, eta: "0.2 Hz" }));
  expect(Math.abs(found! - (2 * fine - coarse))).toBeLessThan(1e-3 * Math.abs(fine - coarse) + 1e-9);
  expect(Math.abs(found! - 0.5)).toBeGreaterThan(1e-2);
});

test("the target must have the event and the amount", () => {
  const made = (text: Partial<RewardStdpOptions>) => () => {
    const cell = neuron({
      name: "cell",
      equations: "v : 1\nda : 1 (input)\nr = da : 1 (constant over dt)",
      spike: "v > 1",
      events: { paid: "r != 0" },
      port: "v",
    });
    return network({
      dt: "1 ms",
      schedule: "brian",
      inputs: { x: inputNode(1) },
      populations: { cell: population(1, cell) },
      connections: [connect("x", "cell", { port: "v", synapse: rule({ transmit: "v += w", ...text }) })],
    });
  };
  expect(made({})).toThrow("connection x>cell.v: 'cell' has no event 'rewarded'; known: paid");
  expect(made({ event: "paid", reward: "r" })).not.toThrow();
});
