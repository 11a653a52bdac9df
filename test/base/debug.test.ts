import { afterEach, expect, test, vi } from "vitest";
import { debug, debugLevel, setDebug, VARIABLE } from "../../src/base/debug.ts";

afterEach(() => {
  setDebug(undefined);
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("the level: set, else the environment's, else the page's, else 0", () => {
  vi.stubEnv(VARIABLE, undefined);
  expect(debugLevel()).toBe(0);
  vi.stubGlobal(VARIABLE, 1);
  expect(debugLevel()).toBe(1);
  vi.stubEnv(VARIABLE, "3");
  expect(debugLevel()).toBe(3);
  setDebug(4);
  expect(debugLevel()).toBe(4);
  setDebug(undefined);
  vi.stubGlobal("process", undefined); // a browser
  expect(debugLevel()).toBe(1);
});

test("a level that is none is an error that names the variable", () => {
  for (const bad of ["5", "-1", "on", "1.5"]) {
    vi.stubEnv(VARIABLE, bad);
    expect(debugLevel).toThrow(`RHEOBASE_DEBUG: must be a level from 0 to 4, got '${bad}'`);
  }
});

test("text is made and printed to stderr only at its level and above", () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  const text = vi.fn(() => "stage simplify: 3 ms");
  setDebug(1);
  debug(2, text);
  expect(text).not.toHaveBeenCalled();
  debug(1, text);
  setDebug(4);
  debug(1, text);
  expect(print.mock.calls).toEqual([["stage simplify: 3 ms"], ["stage simplify: 3 ms"]]);
});
