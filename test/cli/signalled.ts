/** A command for `checkpoint.test.ts` to send signals to: it stops when it hears one (`obeys`), or never yields again (`deaf`). */
import { setTimeout } from "node:timers/promises";
import { RunError } from "../../src/base/errors.ts";
import { resumable } from "../../src/cli/checkpoint.ts";

await resumable({ checkpoint: "c", every: 1 }, async (checkpoint) => {
  process.stdout.write("ready\n");
  while (!checkpoint!.stop!.aborted) await setTimeout(5);
  if (process.argv[2] === "obeys") throw new RunError("interrupted", "c", "stopped");
  await setTimeout(20);
  process.stdout.write("deaf\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
