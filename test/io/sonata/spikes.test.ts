/** Oracles: the SONATA specification, read back with libhdf5; and h5py's reading of the same bytes, when they were first written. */
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { library, withFile } from "../../../src/base/hdf5.ts";
import { encodeSonataSpikes, type SonataSpikes, writeSonataSpikes } from "../../../src/io/sonata/spikes.ts";

const ENUMERATION = 8; // H5T_ENUM

interface Found {
  readonly sorting: unknown;
  readonly type: number;
  readonly members: Readonly<Record<string, number>> | undefined;
  readonly units: unknown;
  readonly times: readonly number[];
  readonly ids: readonly bigint[];
}

async function read(bytes: Uint8Array) {
  const h5 = await library();
  return withFile(
    h5,
    (name) => {
      h5.FS!.writeFile(name, bytes);
      const file = new h5.File(name, "r");
      try {
        const spikes = file.get("spikes") as InstanceType<typeof h5.Group>;
        const population = (p: string): Found => {
          const group = spikes.get(p) as InstanceType<typeof h5.Group>;
          const { value, metadata } = group.attrs["sorting"]!;
          const times = group.get("timestamps") as InstanceType<typeof h5.Dataset>;
          const ids = group.get("node_ids") as InstanceType<typeof h5.Dataset>;
          expect([times.dtype, ids.dtype]).toEqual(["<d", "<Q"]);
          return {
            sorting: value,
            type: metadata.type,
            members: metadata.enum_type?.members,
            units: times.attrs["units"]!.value,
            times: [...(times.value as Float64Array)],
            ids: [...(ids.value as BigUint64Array)],
          };
        };
        const root = Object.fromEntries(Object.entries(file.attrs).map(([name, { value }]) => [name, value]));
        return { root, populations: Object.fromEntries(spikes.keys().map((p) => [p, population(p)])) };
      } finally {
        file.close();
      }
    },
    (why) => new DataError("bad-file", "spikes", why),
  );
}

const spikes = (timestamps: readonly number[], nodeIds: readonly number[]): SonataSpikes => ({
  timestamps: Float64Array.from(timestamps),
  nodeIds,
});
const members = { none: 0, by_id: 1, by_time: 2 };

test("a spike file has the layout, types and attributes of the specification", async () => {
  const bytes = await encodeSonataSpikes({
    exc: spikes([0.1, 0.2, 0.2, 30], [5, 1, 2, 4_000_000_000]),
    inh: spikes([3, 2], [0, 7]),
    silent: spikes([], []),
  });
  const { root, populations } = await read(bytes);
  expect(root).toEqual({ magic: 0x0a7a, version: Uint32Array.of(0, 1) });
  const common = { type: ENUMERATION, members, units: "ms" };
  expect(populations).toEqual({
    exc: { ...common, sorting: 2, times: [0.1, 0.2, 0.2, 30], ids: [5n, 1n, 2n, 4_000_000_000n] },
    inh: { ...common, sorting: 0, times: [3, 2], ids: [0n, 7n] },
    silent: { ...common, sorting: 2, times: [], ids: [] },
  });
});

test("many populations, and as many spikes as fill more than a block of metadata, keep their own sorting", async () => {
  const names = Array.from({ length: 60 }, (_, k) => `p${k}`);
  const of = (k: number) =>
    spikes(k % 3 ? Array.from({ length: 500 }, (_, i) => i) : [2, 1], k % 3 ? Array(500).fill(k) : [k, k]);
  const { populations } = await read(await encodeSonataSpikes(Object.fromEntries(names.map((n, k) => [n, of(k)]))));
  expect(names.map((n) => populations[n]!.sorting)).toEqual(names.map((_, k) => (k % 3 ? 2 : 0)));
  expect(names.map((n) => Number(populations[n]!.ids[0]))).toEqual(names.map((_, k) => k));
});

test("times and neurons that do not match are refused, with the population's name", async () => {
  await expect(encodeSonataSpikes({ exc: spikes([1, 2], [0]) })).rejects.toThrow("exc: 2 times for 1 neurons");
});

test("a file is written whole, and equal spikes are equal bytes", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "rheobase-")), "spikes.h5");
  const of = { exc: spikes([1], [0]) };
  await writeSonataSpikes(file, of);
  expect(await readFile(file)).toEqual(Buffer.from(await encodeSonataSpikes(of)));
});
