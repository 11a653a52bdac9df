/** The real data sets, where this machine has them: RHEOBASE_DATA, or a folder `shared/data` beside the repository. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const beside = fileURLToPath(new URL("../../../shared/data", import.meta.url));
export const dataFolder = process.env["RHEOBASE_DATA"] ?? beside;
export const hasData = (name: string): boolean => existsSync(`${dataFolder}/${name}`);
/** Appended to the name of a test that is skipped without them. */
export const NEEDS = "(skipped unless RHEOBASE_DATA or ../shared/data has it)";
