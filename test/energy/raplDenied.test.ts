/** Root may read any file, so the refusal is made here and not by the system. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { powerCounters } from "../../src/energy/rapl.ts";

vi.mock("../../src/base/node.ts", () => ({
  fileSystem: async () => {
    const real = await import("node:fs/promises");
    const readFile = (file: string, ...rest: unknown[]) => {
      if (file.endsWith("energy_uj") && !file.includes("range"))
        return Promise.reject(Object.assign(new Error("EACCES: permission denied"), { code: "EACCES", path: file }));
      return (real.readFile as (...all: unknown[]) => Promise<unknown>)(file, ...rest);
    };
    return { ...real, readFile };
  },
}));

const root = mkdtempSync(join(tmpdir(), "rheobase-denied-"));
afterAll(() => rmSync(root, { recursive: true }));

test("a counter that root alone may read: not available, with the file, and no error", async () => {
  const zone = join(root, "intel-rapl:0");
  mkdirSync(zone);
  for (const [name, text] of Object.entries({ name: "package-0", energy_uj: "1", max_energy_range_uj: "9" }))
    writeFileSync(join(zone, name), text);
  expect(await powerCounters({ root })).toEqual({
    available: false,
    denied: true,
    reason: `permission denied: ${join(zone, "energy_uj")} is for root alone`,
  });
});
