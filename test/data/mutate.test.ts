import { describe, expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { mutate, withinMemory } from "./mutate.ts";

const BYTES = Uint8Array.from({ length: 300 }, (_, k) => k);
const refuse = (message: string) => () => {
  throw new DataError("bad-file", "f", message);
};

describe("a reader of damaged files passes when it", () => {
  test("reads or refuses every one; the same ones each time", async () => {
    const seen = new Set<string>();
    const read = (bytes: Uint8Array) => {
      seen.add(bytes.join());
      if (bytes.length < 300) throw new DataError("bad-file", "f", `at byte ${bytes.length}: truncated`);
      return bytes.length;
    };
    const first = await mutate(BYTES, read, { where: /byte \d+/ });
    expect(first).toEqual({ truncated: { read: 0, refused: 1000 }, flipped: { read: 1000, refused: 0 } });
    const { size } = seen;
    expect(size).toBeGreaterThan(1000);
    await mutate(BYTES, read);
    expect(seen.size).toBe(size);
    await mutate(BYTES, read, { seed: 2 });
    expect(seen.size).toBeGreaterThan(size);
  });
});

describe("fails, with the mutation, when it", () => {
  test.each<[string, (bytes: Uint8Array) => unknown, string]>([
    ["throws anything else", (bytes) => bytes[299]!.toFixed(), "truncated to 0 of 300 bytes: Cannot read"],
    ["does not say where", refuse("is damaged"), "does not say where: f: is damaged"],
    ["allocates a promise", () => new Float64Array(2 ** 29), "would allocate 4294967296 bytes"],
    ["allocates and catches", greedy, "allocated 8589934592 bytes"],
    ["does not end soon", slow, "ms, at most 20 are allowed"],
    ["gives a bad result", () => 1, "not 2"],
  ])("%s", async (_, read, message) => {
    const check = (x: unknown) => {
      if (x !== 2) throw new Error("not 2");
    };
    await expect(mutate<unknown>(BYTES, read, { where: /byte/, check, time: 20 })).rejects.toThrow(message);
  });
});

function greedy(): number {
  try {
    return new Uint8Array(2 ** 33).length;
  } catch {
    return 2;
  }
}
async function slow(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 40));
  return 2;
}

describe("counted arrays", () => {
  test("are what they were, and are put back", async () => {
    const before = Float64Array;
    const made = await withinMemory(100, () => {
      expect(Float64Array).not.toBe(before);
      const array = new Float64Array([1, 2]);
      return [array, array.subarray(1), Uint8Array.of(1), new Uint8Array(array.buffer)];
    });
    expect(Float64Array).toBe(before);
    expect(made.map((x) => x.constructor.name)).toEqual(["Float64Array", "Float64Array", "Uint8Array", "Uint8Array"]);
    expect(made[0] instanceof Float64Array && made[1] instanceof Float64Array).toBe(true);
  });
  test("add up", async () => {
    const many = () => Array.from({ length: 11 }, () => new Uint8Array(10));
    await expect(withinMemory(110, many)).resolves.toHaveLength(11);
    await expect(withinMemory(109, many)).rejects.toThrow("would allocate 110 bytes, at most 109");
  });
});
