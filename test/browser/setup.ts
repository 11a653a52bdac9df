/** A built package and a browser for the tests of a file; both are there once its tests run. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { executable, launch, NEEDS } from "./chromium.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Setup {
  /** Skips the test where there is no browser. */
  browser(skip: (condition: boolean, note: string) => void): Browser;
}

/** Call it once, at the top of a test file. */
export function setup(): Setup {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (executable === undefined) return;
    const { status } = spawnSync(process.execPath, ["scripts/prepare.mjs"], { cwd: ROOT, stdio: ["ignore", 2, 2] });
    if (status !== 0) throw new Error("dist/ could not be built");
    browser = await launch();
  });
  afterAll(() => browser?.close());
  return {
    browser: (skip) => {
      skip(executable === undefined, NEEDS);
      return browser!;
    },
  };
}
