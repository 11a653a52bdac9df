/** What an error becomes on stderr, and as an exit code. */
import { afterEach, expect, test, vi } from "vitest";
import { DataError, UsageError } from "../../src/base/errors.ts";
import { failure } from "../../src/cli/run.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function told(error: unknown): [code: number, text: string] {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const code = failure(error);
  return [code, write.mock.calls.map(([text]) => text).join("")];
}

test("the caller's mistake: one line, no stack, code 1; bad usage: code 2", () => {
  expect(told(new DataError("bad-file", "images.gz", "truncated"))).toEqual([1, "rheobase: images.gz: truncated\n"]);
  expect(told(new UsageError("usage", "task", "unknown task 'x'"))[0]).toBe(2);
});

test("RHEOBASE_DEBUG=1 adds the stack", () => {
  vi.stubEnv("RHEOBASE_DEBUG", "1");
  const [code, text] = told(new DataError("bad-file", "images.gz", "truncated"));
  expect(code).toBe(1);
  expect(text).toMatch(/^rheobase: images\.gz: truncated\n[\s\S]*at .*failure\.test\.ts/);
});

test("our own bug: named as such, with its stack", () => {
  const [code, text] = told(new TypeError("x is undefined"));
  expect(code).toBe(1);
  expect(text).toMatch(/^rheobase: internal error, please report it: TypeError: x is undefined\n *at /);
});

test("what is no Error at all is printed", () => {
  expect(told("odd")).toEqual([1, "rheobase: internal error, please report it: odd\n"]);
});
