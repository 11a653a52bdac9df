/** An application as its author would write it: the package by its name. */
import * as rheobase from "rheobase";
import * as io from "rheobase/io";
import { createTrainer } from "rheobase/learn";
import { hash64 } from "../../../src/base/hash.ts";
import { runCases, saved } from "../cases.js";

const tools = { rheobase: { ...rheobase, createTrainer }, io, hash64, backend: rheobase.wasm };
globalThis.rheobaseTest = { run: () => runCases(tools), saved: () => saved(tools) };
