/** Draws the pictures of the guide from runs of the engine, into docs/guide/pictures/ (which git does not keep). */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pictures as network } from "./pictures/network.ts";
import { pictures as step } from "./pictures/step.ts";
import { pictures as training } from "./pictures/training.ts";

const FOLDER = fileURLToPath(new URL("../docs/guide/pictures/", import.meta.url));

mkdirSync(FOLDER, { recursive: true });
for (const [name, draw] of Object.entries({ ...step, ...network, ...training })) {
  const panels = await draw();
  writeFileSync(`${FOLDER}${name}.html`, `${panels}\n`);
  console.log(`docs/guide/pictures/${name}.html: ${Math.round(panels.length / 1000)} kB`);
}
