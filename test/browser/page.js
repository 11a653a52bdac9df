/** Loads the built package by its files, and lets the test run the cases on it. */
import { hash64 } from "../../dist/base/hash.js";
import * as rheobase from "../../dist/index.js";
import * as io from "../../dist/io/index.js";
import { runCases, saved } from "./cases.js";

const tools = { rheobase, io, hash64, backend: rheobase.wasm };
globalThis.rheobaseTest = { run: () => runCases(tools), saved: () => saved(tools) };
