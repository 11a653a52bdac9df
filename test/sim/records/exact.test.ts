import { beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../../src/model/connection.ts";
import { pairs as pairsOf } from "../../../src/model/connectivity.ts";
import { population } from "../../../src/model/network.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import type { ExactRecording } from "../../../src/sim/exact/recording.ts";
import type { Series } from "../../../src/sim/records/memorySink.ts";
import type { Records } from "../../../src/sim/records/spec.ts";
import { poissonSource } from "../../../src/sim/spikeSource.ts";
import { alphaCell, driven } from "../exact/networks.ts";

const net = driven(
  { a: population(4, alphaCell, { initial: { v: [0.1, 0.3, 0.5, 0.9] } }) },
  [
    connect("stim", "a", { connectivity: pairsOf([0, 0, 1, 1], [0, 1, 2, 3]), port: "x", weight: 8, delay: "0.1 ms" }),
    connect("a", "a", { connectivity: pairsOf([0, 1, 2, 3], [1, 2, 3, 0]), port: "g", weight: 0.5, delay: "3 ms" }),
  ],
  { size: 2 },
);
const options = { seed: 5, record: ["a.v"], sources: { stim: poissonSource(100) } };
const DURATION = 0.5;
const every = 0.003;
const times = Array.from({ length: Math.ceil(DURATION / every) }, (_, k) => k * every);

let all: ExactRecording;
beforeAll(() => {
  all = createExactEngine(net, options).run(DURATION, { sampleAt: times });
});
const records: Records = {
  s: { kind: "spikes", of: "a", neurons: [0, 2] },
  v: { kind: "variable", of: "a.v", every: "3 ms", neurons: [3, 1], windows: [{ from: "30 ms", to: "300 ms" }] },
  r: { kind: "rate", of: "a", bin: "50 ms" },
  near: { kind: "spikes", of: "a", trigger: { on: { spike: "a", neurons: [3] }, before: "2 ms", after: "1 ms" } },
  late: { kind: "rate", of: "a", bin: "50 ms", neurons: [1, 2], windows: [{ from: "120 ms", to: "400 ms" }] },
  newest: { kind: "variable", of: "a.g", every: 0.01, last: 7 },
};
const spikes = (keep: (t: number, i: number) => boolean) =>
  [...all.spikes.a!.times].map((t, k) => [t, all.spikes.a!.indices[k]!] as const).filter(([t, i]) => keep(t, i));
const pairs = ({ ticks, indices }: Series) => [...ticks].map((t, k) => [t, indices[k]!]);

test("against the whole recording of the same run", () => {
  const run = createExactEngine(net, options).run(DURATION, { records });
  expect(run.digest).toBe(all.digest);
  expect(run.spikes).toEqual({});
  const { s, v, r, near, late, newest } = run.records;
  expect(s!.ticks.length).toBeGreaterThan(5);
  expect(pairs(s!)).toEqual(spikes((_, i) => i === 0 || i === 2));
  const rows = times.map((_, k) => k).filter((k) => k >= 10 && k < 100);
  expect([...v!.ticks]).toEqual(rows.map((k) => times[k]));
  expect([...v!.values]).toEqual(rows.flatMap((k) => [all.values["a.v"]![4 * k + 3]!, all.values["a.v"]![4 * k + 1]!]));
  expect([...r!.values].map((x) => Math.round(x * 4 * 0.05))).toEqual(
    Array.from({ length: 10 }, (_, k) => spikes((t) => Math.floor(t / 0.05) === k).length),
  );
  expect([...late!.ticks].map((t) => Math.round(1000 * t))).toEqual([150, 200, 250, 300, 350]);
  expect([...late!.values].map((x) => Math.round(x * 2 * 0.05))).toEqual(
    [3, 4, 5, 6, 7].map((k) => spikes((t, i) => (i === 1 || i === 2) && Math.floor(t / 0.05) === k).length),
  );
  const events = spikes((_, i) => i === 3).map(([t]) => t);
  expect(events.length).toBeGreaterThan(2);
  expect(pairs(near!)).toEqual(spikes((t) => events.some((e) => t >= e - 0.002 && t <= e + 0.001)));
  expect([...run.records["near.trigger"]!.ticks]).toEqual(events);
  expect([...newest!.ticks].map((t) => Math.round(t * 1000))).toEqual([430, 440, 450, 460, 470, 480, 490]);
});

test("how a stretch of time is cut into runs changes nothing", async () => {
  const engine = createExactEngine(net, options);
  const recorder = engine.recorder(records);
  for (const ms of [1, 99, 50.5, 149.5, 200]) engine.run(ms / 1000, { records: recorder });
  expect(engine.digest).toBe(all.digest);
  const whole = createExactEngine(net, options).run(DURATION, { records }).records;
  expect(await recorder.finish()).toEqual(whole);
  await expect(recorder.finish()).rejects.toThrow("this recorder has finished");
});

describe("what has no meaning without steps is refused by name", () => {
  test.each([
    [{ kind: "synapses", of: "a>a.g", every: 1 }, "records.x: synapses of the exact engine do not change"],
    [{ kind: "variable", of: "a.v", every: 1, when: "before" }, "records.x.when: a moment of the exact engine has no"],
    [{ kind: "variable", of: "a.v" }, "records.x.every: is needed"],
    [
      { kind: "spikes", of: "a", trigger: { on: { variable: "a.v", neuron: 0, rises: 1 } } },
      "records.x.trigger.on: the exact engine looks at nothing between events",
    ],
    [{ kind: "variable", of: "a.q", every: 1 }, "records.x.of: no variable 'a.q'; known: a.a, a.g, a.v, a.x"],
    [{ kind: "rate", of: "a", bin: "-1 ms" }, "records.x.bin: must be finite and at least 0 s"],
  ] as const)("%o", (x, message) => {
    expect(() => createExactEngine(net, options).recorder({ x })).toThrow(message);
  });
});
