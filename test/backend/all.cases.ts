/** Every case of the conformance corpus. */
import { BUILD } from "./build.cases.ts";
import type { Case } from "./cases.ts";
import { CASES as COMMON } from "./conformance.cases.ts";
import { COUNTS } from "./counts.cases.ts";
import { DELIVER } from "./deliver.cases.ts";
import { FETCH } from "./fetch.cases.ts";
import { LATE_COLUMNS } from "./lateColumns.cases.ts";
import { WINDOWS } from "./windows.cases.ts";

export const CASES: readonly Case[] = [
  ...COMMON,
  ...DELIVER,
  ...LATE_COLUMNS,
  ...WINDOWS,
  ...BUILD,
  ...COUNTS,
  ...FETCH,
];
