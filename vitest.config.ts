import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { ClosingReporter } from "./scripts/closing-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Threads start faster than processes. Two even on two cores: vitest would leave one core idle.
    pool: "threads",
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: [["default", { summary: !process.env.CI }], new ClosingReporter()],
  },
});
