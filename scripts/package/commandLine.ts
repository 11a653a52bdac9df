/** The command as npm installs it: it starts, fast, and says what it should. */
import { join } from "node:path";
import { must, run, type Subject } from "./process.ts";

const HELP_LIMIT_MS = 120;
/** Where Node alone takes long, because the machine is slow or busy, so many times as long as that. */
const HELP_TIMES_NODE = 2;
const HELP_RUNS = 15;

export const mainOf = (user: string): string => join(user, "node_modules/rheobase/dist/cli/main.js");

export function checkCommandLine(subject: Subject): void {
  const { user, expect } = subject;
  const rheobase = (...args: string[]) => run(user, "npx", "--no-install", "rheobase", ...args);
  const help = rheobase("--help");
  const starts = help.status === 0 && help.stdout.startsWith("Usage: rheobase");
  expect(starts, `npx rheobase --help: ${help.stdout}${help.stderr}`);
  const bad = rheobase("compare", "digits", "--epochs", "none");
  expect(bad.status === 2, `bad usage must exit with 2, not ${bad.status}`);
  expect(bad.stdout === "", `bad usage must leave stdout empty: ${bad.stdout}`);
  checkDoctor(subject);
  timeHelp(subject);
}

const DOCTOR_LIMIT_S = 5;

function checkDoctor({ user, expect }: Subject): void {
  const start = performance.now();
  const { works, speed } = JSON.parse(must(user, process.execPath, mainOf(user), "doctor", "--json"));
  const seconds = (performance.now() - start) / 1000;
  expect(works === true && speed.threads[0].mulAddGFlops > 0, "the doctor measures nothing");
  console.log(`rheobase doctor: ${seconds.toFixed(1)} s (limit ${2 * DOCTOR_LIMIT_S}, twice what it takes alone)`);
  expect(seconds < 2 * DOCTOR_LIMIT_S, `rheobase doctor takes ${seconds.toFixed(1)} s`);
}

function timeHelp({ user, expect }: Subject): void {
  const time = (...args: string[]): number => {
    const start = performance.now();
    must(user, process.execPath, ...args);
    return performance.now() - start;
  };
  const main = mainOf(user);
  const runs = Array.from({ length: HELP_RUNS }, () => ({ help: time(main, "--help"), node: time("-e", "0") }));
  const sorted = (name: "help" | "node"): number[] => runs.map((r) => r[name]).sort((a, b) => a - b);
  const [help, node] = [sorted("help"), sorted("node")];
  const text = (ms: readonly number[]): string =>
    `${ms[0]!.toFixed(0)} ms best, ${ms[HELP_RUNS >> 1]!.toFixed(0)} ms median`;
  // The best of many: on a shared machine the median measures the neighbours.
  const limit = Math.max(HELP_LIMIT_MS, HELP_TIMES_NODE * node[0]!);
  console.log(`rheobase --help: ${text(help)} (node alone: ${text(node)}; limit ${limit.toFixed(0)} ms)`);
  expect(help[0]! < limit, `rheobase --help takes ${help[0]!.toFixed(0)} ms, the limit is ${limit.toFixed(0)}`);
}
