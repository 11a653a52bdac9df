/** `rheobase new`, followed as a user would: install, start, test, check types. */
import { join } from "node:path";
import { mainOf } from "./commandLine.ts";
import { must, npmInstall, run, type Subject } from "./process.ts";

export function checkStarter({ user, tarball, expect }: Subject): void {
  const start = performance.now();
  const made = must(user, process.execPath, mainOf(user), "new", "demo", "--rheobase", tarball, "--json");
  const { folder, next } = JSON.parse(made) as { folder: string; next: string[] };
  expect(folder === join(user, "demo"), `the project is in ${folder}`);
  expect(next.join("; ") === "cd demo && npm install; npm start", `the next commands are ${next.join("; ")}`);
  npmInstall(folder);
  const said = must(folder, "npm", "start", "--silent");
  const shares = [...said.matchAll(/([\d.]+) % of new samples are right/g)].map((match) => Number(match[1]));
  expect(shares.length === 5 && shares.at(-1)! > 90, `npm start does not show how the network learns:\n${said}`);
  for (const script of ["test", "typecheck"]) {
    const { status, stdout, stderr } = run(folder, "npm", "run", script);
    expect(status === 0, `npm run ${script} fails in a new project:\n${stdout}${stderr}`);
  }
  const again = run(user, process.execPath, mainOf(user), "new", "demo");
  expect(
    again.status === 1 && again.stderr.includes("is not empty"),
    `a project is made over another: ${again.stderr}`,
  );
  const seconds = (performance.now() - start) / 1000;
  console.log(`rheobase new: installs, learns (${shares.at(-1)} %), passes; ${seconds.toFixed(1)} s`);
}
