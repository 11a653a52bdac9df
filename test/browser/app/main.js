/** An application as its author would write it: the package by its name. */
import * as rheobase from "rheobase";
import * as io from "rheobase/io";
import { createTrainer } from "rheobase/learn";
import { hash64 } from "../../../src/base/hash.ts";
import { runCases, saved } from "../cases.js";

const tools = (threads) => ({
  ...{ rheobase: { ...rheobase, createTrainer }, io, hash64 },
  backend: rheobase.threadedWasm(threads),
});
globalThis.rheobaseTest = { run: (threads = 1) => runCases(tools(threads)), saved: () => saved(tools(1)) };
