/** In a file of its own: libhdf5 may trap here, after which it answers nothing any more in this worker. */
import { expect, test } from "vitest";
import { DataError, RunError } from "../../src/base/errors.ts";
import { decodeArtefact, encodeArtefact } from "../../src/io/artefact.ts";
import { seal, unseal } from "../../src/io/seal.ts";
import { network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";

test("a damaged file that was sealed after the damage: read or refused, never another error", async () => {
  const net = network({ dt: 1e-3, populations: { a: population(2, lif()) }, output: "a" });
  const provenance = { version: "0", seed: 0, dataDigest: "", metrics: {}, trainingOptions: {} };
  const whole = unseal(await encodeArtefact({ network: net, parameters: {}, classes: [], provenance }), "f");
  const outcomes = { read: 0, refused: 0, trapped: 0 };
  for (let k = 0; k < 120; k++) {
    const damaged = whole.slice();
    const bit = Math.floor((k * whole.length * 8) / 120) + (k % 8);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    try {
      await decodeArtefact(seal(damaged));
      outcomes.read++;
    } catch (error) {
      if (error instanceof RunError && error.code === "disposed") outcomes.trapped++;
      else if (error instanceof DataError && error.code === "bad-file") outcomes.refused++;
      else throw error;
    }
  }
  expect(outcomes.read + outcomes.refused + outcomes.trapped).toBe(120);
  expect(outcomes.refused).toBeGreaterThan(0);
});
