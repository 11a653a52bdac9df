/** The file of trainings on their way: numbers bit for bit, damage found, another training told apart. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { decodeArtefact } from "../../src/io/artefact.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, requireSame } from "../../src/io/checkpoint.ts";
import { decodeHdf5, encodeHdf5, type Leaf, type Tree } from "../../src/io/hdf5.ts";
import { seal, unseal } from "../../src/io/seal.ts";

const small: Checkpoint = {
  origin: { task: "rows", seed: 3 },
  trainings: new Map([
    [
      "trial, rate code",
      { state: { trained: { seconds: 0.1 + 0.2 } }, arrays: new Map([["a>b.weight", new Float32Array(12)]]) },
    ],
    [
      "training",
      {
        state: { going: { updates: 7, list: [1, 2] } },
        arrays: new Map<string, Float32Array | Float64Array>([
          ["parameters", Float32Array.of(1, -0, 1e-45, Number.NaN)],
          ["optimiser.0.m", Float64Array.of(Number.MIN_VALUE, -1 / 3)],
        ]),
      },
    ],
  ]),
};
const bits = (a: Float32Array | Float64Array): string =>
  `${a.constructor.name} ${Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString("hex")}`;
const plain = ({ origin, trainings }: Checkpoint) => ({
  origin,
  trainings: [...trainings].map(([name, t]) => [name, t.state, [...t.arrays].map(([n, a]) => [n, bits(a)]).sort()]),
});

async function refusal(bytes: Uint8Array): Promise<DataError> {
  const error = await decodeCheckpoint(bytes).catch((e: unknown) => e);
  if (error instanceof DataError && error.code === "bad-file") return error;
  throw error instanceof Error ? error : new Error("accepted");
}

describe("round trip", () => {
  test("states and arrays, names and all", async () => {
    expect(plain(await decodeCheckpoint(await encodeCheckpoint(small)))).toEqual(plain(small));
  });
  test("any numbers, bit for bit", async () => {
    const doubles = fc.float64Array({ minLength: 1, maxLength: 9 });
    const singles = fc.float32Array({ minLength: 1, maxLength: 9 });
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0); // JSON has no -0
    await fc.assert(
      fc.asyncProperty(doubles, singles, number, async (d, s, x) => {
        const arrays = new Map<string, Float32Array | Float64Array>([
          ["d", d],
          ["s", s],
        ]);
        const made = { origin: { x }, trainings: new Map([["t", { state: { x }, arrays }]]) };
        expect(plain(await decodeCheckpoint(await encodeCheckpoint(made)))).toEqual(plain(made));
      }),
      { numRuns: 40 },
    );
  });
  test("what JSON cannot hold is not saved", async () => {
    const bad = { ...small, trainings: new Map([["t", { state: { loss: Number.NaN }, arrays: new Map() }]]) };
    await expect(encodeCheckpoint(bad)).rejects.toThrow(
      "checkpoint.trainings.t.loss: cannot be saved: must be a finite number, got NaN",
    );
  });
});

describe("damage is found", () => {
  test("cut at any length", async () => {
    const whole = await encodeCheckpoint(small);
    const lengths = [
      ...Array(64).keys(),
      ...Array.from({ length: 300 }, (_, k) => Math.floor((k * whole.length) / 300)),
    ];
    for (const length of [...lengths, whole.length - 1]) await refusal(whole.subarray(0, length));
  });
  test("any bit flipped", async () => {
    const whole = await encodeCheckpoint(small);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async (bit) => {
        const damaged = whole.slice();
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        await refusal(damaged);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
  test("half of an older file, half of a newer one", async () => {
    const [a, b] = [
      await encodeCheckpoint(small),
      await encodeCheckpoint({ ...small, origin: { task: "rows", seed: 4 } }),
    ];
    expect(a.length).toBe(b.length);
    await refusal(Uint8Array.from([...a.subarray(0, a.length / 2), ...b.subarray(a.length / 2)]));
  });
  test("what is no checkpoint is told so", async () => {
    expect((await refusal(new TextEncoder().encode("{}"))).message).toMatch("checkpoint: not an HDF5 file");
    const bare = unseal(await encodeCheckpoint(small), "f");
    expect((await refusal(bare)).message).toMatch(
      "not a checkpoint, or cut short: a checkpoint ends in the line of its",
    );
    await expect(decodeArtefact(await encodeCheckpoint(small))).rejects.toThrow(
      "artefact.format: must be 'rheobase-artefact', got 'rheobase-checkpoint'",
    );
  });
});

type Root = Map<string, Tree | Leaf>;
const forgeries: [string, (root: Root) => unknown, string][] = [
  ["no origin", (r) => r.delete("origin"), "checkpoint.origin: is missing"],
  ["an origin that is a list", (r) => r.set("origin", "[]"), "checkpoint.origin: must be an object"],
  ["trainings that are no JSON", (r) => r.set("trainings", "{"), "checkpoint.trainings: is not JSON"],
  ["a reserved name", (r) => r.set("trainings", `{"__proto__":{}}`), "checkpoint.trainings: '__proto__' cannot be"],
  ["no arrays", (r) => r.delete("arrays"), "checkpoint.arrays: must be a group"],
  [
    "no arrays of one training",
    (r) => r.set("arrays", new Map()),
    "checkpoint.arrays.trial, rate code: must be a group",
  ],
  [
    "integers",
    (r) =>
      r.set(
        "arrays",
        new Map([["trial%2C%20rate%20code", new Map([["a", { data: BigInt64Array.of(1n), shape: [1] }]])]]),
      ),
    "checkpoint.arrays.trial, rate code.a: must be an array of f32 or f64",
  ],
  [
    "a name that is none",
    (r) =>
      r.set(
        "arrays",
        new Map([["trial%2C%20rate%20code", new Map([["%", { data: Float32Array.of(1), shape: [1] }]])]]),
      ),
    "checkpoint.arrays.trial, rate code.%: is no name as in a URL",
  ],
];
test.each(forgeries)("a well-formed file with %s is refused", async (_, change, message) => {
  const bytes = unseal(await encodeCheckpoint(small), "f");
  const { attributes, root } = await decodeHdf5(bytes, ["origin", "trainings", "arrays"], "f");
  const changed = new Map(root);
  change(changed);
  expect((await refusal(seal(await encodeHdf5({ attributes, root: changed })))).message).toMatch(message);
});

test("another origin is refused with all that differs, five at most", () => {
  const told = (saved: object, here: object): string => {
    try {
      requireSame(saved, here, "f");
      return "same";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(told({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1, d: undefined })).toBe("same");
  expect(told({ seed: 1, data: "x" }, { seed: 2, epochs: 3, data: "x" })).toBe(
    "f: is of another training: seed is 1, here 2; epochs is not given, here 3",
  );
  expect(told({ a: { b: [1], c: null } }, { a: { b: [2], c: 0 } })).toBe(
    "f: is of another training: a.b is [1], here [2]; a.c is null, here 0",
  );
  expect(told({ a: { b: 1 } }, { a: 1 })).toBe(`f: is of another training: a is {"b":1}, here 1`);
  const seven = Object.fromEntries([..."abcdefg"].map((k) => [k, 1]));
  expect(told(seven, {})).toMatch(/a is 1, here not given;.*; e is 1, here not given, and 2 more$/);
});
