import type * as Data from "../../src/data/index.ts";

type Readers = Pick<
  typeof Data,
  "readArff" | "readCsv" | "readJpeg" | "readNpy" | "readNpz" | "readPng" | "readVoc" | "readWave"
>;
export const ENDINGS: readonly string[];
export function readFormats(
  data: Readers,
  files: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>>;
