/** The command line as a child process: exit codes, and what goes to stdout and to stderr. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { OWN_TASKS } from "../../src/tasks/ownTasks.ts";
import { TASKS } from "../../src/tasks/tasks.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function rheobase(...args: string[]): { code: number | null; out: string; err: string } {
  const child = spawnSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

const COMMANDS = ["compare", "train", "evaluate", "simulate", "explain", "diff", "doctor", "new", "data"];

describe("help", () => {
  test("names every command, on stdout, with code 0", () => {
    const { code, out, err } = rheobase("--help");
    expect([code, err]).toEqual([0, ""]);
    for (const name of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    expect(out).not.toContain("<>"); // a command without arguments
  });

  test.each(["train", "compare", "explain"])("%s names every task", (name) => {
    const words = rheobase(name, "--help").out.split(/[\s,()]+/);
    for (const task of [...Object.keys(TASKS), ...Object.keys(OWN_TASKS)]) expect(words).toContain(task);
  });
  test("evaluate names every task that it takes", () => {
    const words = rheobase("evaluate", "--help").out.split(/[\s,()]+/);
    for (const task of Object.keys(TASKS)) expect(words).toContain(task);
    for (const task of Object.keys(OWN_TASKS)) expect(words).not.toContain(task);
  });

  test.each(COMMANDS)("%s shows an example", (name) => {
    const { code, out } = rheobase(name, "--help");
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Example:\n {2}rheobase ${name}\\b`));
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe("bad usage: code 2, nothing on stdout, one line that says what and one that says where to look", () => {
  test.each<[string[], string, string]>([
    [[], "Usage: rheobase", ""],
    [["walk"], "rheobase: unknown command 'walk'", "Try: rheobase --help"],
    [["compare"], "rheobase: missing required argument 'task'", "Try: rheobase compare --help"],
    [["new"], "rheobase: missing required argument 'name'", "Try: rheobase new --help"],
    [["new", "Demo"], "rheobase: name 'Demo': must be of lower-case letters and digits", ""],
    [["doctor", "now"], "rheobase: too many arguments", "Try: rheobase doctor --help"],
    [["compare", "digits", "--fast"], "rheobase: unknown option '--fast'", "Try: rheobase compare --help"],
    [["compare", "digits", "more"], "rheobase: too many arguments", "Try: rheobase compare --help"],
    [["train", "digts"], "digts: unknown task; known: digits, mnist", ""],
    [["train", "digits"], "rheobase: required option '--out <file>' not specified", "Try: rheobase train --help"],
    [
      ["compare", "digits", "--encoder", "morse"],
      "Allowed choices are latency, rate, current.",
      "Try: rheobase compare",
    ],
    [
      ["train", "digits", "--out", "x.txt"],
      "x.txt: --out writes files that end in .h5, .html or .json, not in .txt",
      "",
    ],
    [["compare", "digits", "--out", "x.h5"], "x.h5: --out writes files that end in .html or .json, not in .h5", ""],
    [["train", "r-stdp", "--out", "x.txt"], "x.txt: --out writes files that end in .h5, .html or .json", ""],
    [["train", "digits", "--out", "x.h5", "--neurons", "100"], "--neurons: digits has no such option", ""],
    [["train", "adding", "--out", "x.h5", "--cell", "lif"], "Allowed choices are liquid, liquid-alif, alif, gru.", ""],
    [["evaluate", "x.h5", "adding"], "adding: has a way of its own: 'rheobase train adding' and", ""],
    [["simulate"], "rheobase: missing required argument 'target'", "Try: rheobase simulate --help"],
    [["simulate", "walk"], "walk: neither a simulation (cuba, coba, cobahh, brunel) nor a file", ""],
    [["simulate", "cuba", "--dtype", "f16"], "Allowed choices are f32, f64.", "Try: rheobase simulate --help"],
    [["simulate", "cuba", "--engine", "fast"], "Allowed choices are clocked, exact.", "Try: rheobase simulate --help"],
    [["simulate", "cuba", "--out", "x.txt"], "--out writes files that end in .h5, .csv, .html or .json", ""],
    [["simulate", "cuba", "--record", "x.v"], "there is no population or connection 'x'", ""],
    [["compare", "digits", "--epochs", "0"], "It must be a whole number from 1 to 100000.", "Try: rheobase compare"],
    [["compare", "digits", "--epochs", "1e3"], "It must be a whole number from 1 to", "Try: rheobase compare"],
    [["compare", "digits", "--steps", "NaN"], "It must be a whole number from 1 to", "Try: rheobase compare"],
    [["compare", "digits", "--seed", "-1"], "It must be a whole number from 0 to", "Try: rheobase compare"],
    [["compare", "digits", "--seeds", "1,x"], "They must be whole numbers from 0 to", "Try: rheobase compare"],
    [["compare", "digits", "--seeds", ""], "such as 1,2,3.", "Try: rheobase compare"],
    [["compare", "digits", "--threads", "1.5"], "It must be a whole number from 1 to", "Try: rheobase compare"],
  ])("%j", (args, problem, hint) => {
    const { code, out, err } = rheobase(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(problem);
    expect(err).toContain(hint);
  });
});
