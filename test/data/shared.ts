/** The real data sets, where this machine has them: RHEOBASE_DATA, or a folder `shared/data` beside the repository. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const beside = fileURLToPath(new URL("../../../shared/data", import.meta.url));
export const dataFolder = process.env["RHEOBASE_DATA"] ?? beside;
export const hasData = (name: string): boolean => existsSync(`${dataFolder}/${name}`);
/** Why a test is skipped without them. */
export const NEEDS = "neither RHEOBASE_DATA nor ../shared/data has it";
