/** Loads the built package by its files, and lets the test run the cases on it. */
import { hash64 } from "../../dist/base/hash.js";
import * as rheobase from "../../dist/index.js";
import * as io from "../../dist/io/index.js";
import { runCases, saved } from "./cases.js";

const tools = (threads, options) => ({ rheobase, io, hash64, backend: rheobase.threadedWasm(threads, options) });
globalThis.rheobaseTest = {
  run: (threads = 1) => runCases(tools(threads)),
  runWide: (threads) => runCases(tools(threads, { memory: 64 })),
  saved: () => saved(tools(1)),
  threads: (asked) => tools(asked).backend.threads,
};
