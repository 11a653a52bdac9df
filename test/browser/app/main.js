/** An application as its author would write it: the package by its name. */
import * as rheobase from "rheobase";
import { readArff, readCsv, readJpeg, readNpy, readNpz, readPng, readVoc, readWave } from "rheobase/data";
import * as io from "rheobase/io";
import { createTrainer } from "rheobase/learn";
import { hash64 } from "../../../src/base/hash.ts";
import { runCases, saved } from "../cases.js";
import { readFormats } from "../formats.js";

const tools = (threads) => ({
  ...{ rheobase: { ...rheobase, createTrainer }, io, hash64 },
  backend: rheobase.threadedWasm(threads),
});
const readers = { readArff, readCsv, readJpeg, readNpy, readNpz, readPng, readVoc, readWave };
globalThis.rheobaseTest = {
  run: (threads = 1) => runCases(tools(threads)),
  saved: () => saved(tools(1)),
  formats: (files) => readFormats(readers, files),
};
