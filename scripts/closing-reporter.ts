/**
 * The last word of a test run: every skipped test with its reason, then `N passed, N failed, N skipped` alone on a line.
 * In CI a skip without a reason is a failure; elsewhere `-t` skips tests too, and those stay unnamed.
 */
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

const nameOf = (test: TestCase): string => `${test.module.relativeModuleId} > ${test.fullName}`;

/** What `context.skip(condition, "reason")` was given. */
function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  if (test.options.mode === "todo") return "to do";
  return result.state === "skipped" ? result.note : undefined;
}

export class ClosingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const skipped = inState("skipped");
    const unexplained = skipped.filter((test) => reasonOf(test) === undefined);
    // A file that cannot be loaded has no tests to count, and an error outside any test belongs to none.
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandled.length;
    const failed = inState("failed").length + broken;

    for (const test of skipped)
      if (reasonOf(test) !== undefined) console.log(`skipped: ${nameOf(test)}: ${reasonOf(test)}`);
    if (process.env.CI && unexplained.length > 0) {
      for (const test of unexplained) console.log(`skipped without a reason: ${nameOf(test)}`);
      process.exitCode = 1;
    }
    console.log(`${inState("passed").length} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}
