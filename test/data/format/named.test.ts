/** A path where a file's bytes are needed, as other libraries take one. */
import { expect, test } from "vitest";
import { readEvents } from "../../../src/data/events/read.ts";
import { readArff } from "../../../src/data/format/arff.ts";
import { readCsv } from "../../../src/data/format/csv.ts";
import { readJpeg } from "../../../src/data/format/jpeg.ts";
import { listMatlab } from "../../../src/data/format/matlab.ts";
import { readNpy } from "../../../src/data/format/npy.ts";
import { readPng } from "../../../src/data/format/png.ts";
import { readWave } from "../../../src/data/format/wave.ts";

const READERS = { readArff, readCsv, readEvents, readJpeg, readNpy, readPng, readWave, listMatlab };

test.each(Object.entries(READERS))("%s says what it takes", async (_, reader) => {
  const read = reader as (file: unknown) => unknown;
  for (const file of ["a.file", { path: "a.file" }, { path: "a.file", bytes: [1, 2] }])
    await expect((async () => read(file))()).rejects.toMatchObject({
      code: "usage",
      message: "a.file: expected { path, bytes }, the name of the file and its bytes (Uint8Array)",
    });
});
