// @ts-check
/**
 * What a thread of the team does (`team.ts`): waits for a number to change, takes rounds of a stage until none is left,
 * and says that it is done. Plain JavaScript, because a worker is started from a file of its own, built or not.
 *
 * It waits in two ways. Spinning sees a command within a fraction of a microsecond; after some time without any it
 * parks, which costs nothing and some 25 microseconds to wake from.
 */
import { abortMeeting, COMMAND, CONTROL, SPINS } from "./control.js";

/** @typedef {{ memory: WebAssembly.Memory, stages: ((...numbers: number[]) => void)[] }} Loaded */

// In Node the port of a worker comes with a module, elsewhere it is the global itself.
const port = globalThis.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
const say = (/** @type {unknown} */ message) => (port ?? globalThis).postMessage(message);

/** @type {Map<number, Loaded>} */
const executables = new Map();

/** This thread's number in the team; the caller's is 0. */
let thread = 0;
/** Messages taken, and the last command that was carried out. */
let received = 0;
let seen = 0;

/** Carries out commands, each once, until a message waits in the event loop. */
function serve(/** @type {Int32Array} */ control) {
  while (received === Atomics.load(control, CONTROL.posted)) {
    seen = next(control, seen);
    const command = seen & 3;
    if (command === COMMAND.look) continue;
    try {
      if (command === COMMAND.together) runTogether(control);
      else takeRounds(control);
    } catch (error) {
      say({ failed: String(error) });
      Atomics.store(control, CONTROL.failed, 1);
    }
    if (Atomics.sub(control, CONTROL.busy, 1) === 1) Atomics.notify(control, CONTROL.busy);
  }
}

/** The next command, once there is one. */
function next(/** @type {Int32Array} */ control, /** @type {number} */ last) {
  for (let k = 0; ; k++) {
    const now = Atomics.load(control, CONTROL.command);
    if (now !== last) return now;
    if (k >= SPINS) Atomics.wait(control, CONTROL.command, last);
  }
}

function stageOf(/** @type {Int32Array} */ control) {
  const executable = executables.get(/** @type {number} */ (control[CONTROL.executable]));
  const run = executable?.stages[/** @type {number} */ (control[CONTROL.stage])];
  if (!executable || !run) throw new Error("a stage that was never loaded");
  return { run, memory: executable.memory };
}

function runTogether(/** @type {Int32Array} */ control) {
  const { run, memory } = stageOf(control);
  try {
    run(thread, /** @type {number} */ (control[CONTROL.count]), 1);
  } catch (error) {
    abortMeeting(memory);
    throw error;
  }
}

function takeRounds(/** @type {Int32Array} */ control) {
  const { run } = stageOf(control);
  const [from, count] = [/** @type {number} */ (control[CONTROL.from]), /** @type {number} */ (control[CONTROL.count])];
  const own = control[CONTROL.own] !== 0;
  for (let k; (k = Atomics.add(control, CONTROL.next, 1)) < count; ) run(from + k, own ? thread : k);
}

function load(/** @type {{ module: WebAssembly.Module, memory: WebAssembly.Memory, stages: string[] }} */ message) {
  const { exports } = new WebAssembly.Instance(message.module, { env: { memory: message.memory } });
  return {
    memory: message.memory,
    stages: message.stages.map((name) => /** @type {(...numbers: number[]) => void} */ (exports[name])),
  };
}

function receive(/** @type {any} */ message) {
  thread = message.thread;
  for (const dropped of message.drop) executables.delete(dropped);
  try {
    executables.set(message.load, load(message));
    say({ loaded: message.load });
  } catch (error) {
    say({ loaded: message.load, failed: String(error) });
  }
  if (received++ === 0) seen = message.command;
  serve(message.control);
}

if (port) port.on("message", receive);
else globalThis.addEventListener("message", (event) => receive(/** @type {MessageEvent} */ (event).data));
