/** SONATA's own example 300_intfire against the spikes that NEURON wrote for it; github.com/AllenInstitute/sonata, examples. */
import { expect, test } from "vitest";
import { readSonata } from "../../../src/io/sonata/read.ts";
import { readSonataSpikes, UNNAMED } from "../../../src/io/sonata/readSpikes.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { dataFolder, hasData, NEEDS } from "../../data/shared.ts";

const EXAMPLE = "sonata/examples/300_intfire";
const place = `${dataFolder}/${EXAMPLE}`;

/** Times of each neuron, in ms. */
function trains(indices: ArrayLike<number>, times: ArrayLike<number>): Map<number, number[]> {
  const out = new Map<number, number[]>();
  for (let k = 0; k < indices.length; k++) {
    const own = out.get(indices[k]!) ?? out.set(indices[k]!, []).get(indices[k]!)!;
    own.push(times[k]!);
  }
  for (const list of out.values()) list.sort((a, b) => a - b);
  return out;
}

test("without a grid of time, all 4,322 spikes of 273 neurons are NEURON's, to rounding", async ({ skip }) => {
  skip(!hasData(EXAMPLE), `${EXAMPLE}: ${NEEDS}`);
  const { network } = await readSonata(`${place}/config.json`);
  const drive = async (file: string) => {
    const { timestamps, nodeIds } = (await readSonataSpikes(`${place}/inputs/${file}`)).get(UNNAMED)!;
    const kept = [...timestamps.keys()].filter((k) => timestamps[k]! < 3000);
    return { times: kept.map((k) => timestamps[k]! / 1000), indices: kept.map((k) => nodeIds[k]!) };
  };
  const inputs = { lgn: await drive("lgn_spikes.h5"), tw: await drive("tw_spikes.h5") };
  const { times, indices } = createExactEngine(network).run(3, { inputs }).spikes["v1"]!;
  const ours = trains(
    indices,
    times.map((t) => 1000 * t),
  );
  const published = (await readSonataSpikes(`${place}/output/spikes.h5`)).get("v1")!;
  const theirs = trains(published.nodeIds, published.timestamps);
  expect([published.timestamps.length, theirs.size]).toEqual([4322, 273]);
  expect(new Set(ours.keys())).toEqual(new Set(theirs.keys()));
  for (const [neuron, list] of theirs) {
    expect(ours.get(neuron)!.length).toBe(list.length);
    // Times of 3,000 ms are told apart by 4.5e-13 ms; sums of some such numbers on either side.
    list.forEach((t, k) => expect(Math.abs(ours.get(neuron)![k]! - t)).toBeLessThan(1e-11));
  }
});
