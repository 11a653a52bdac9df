/** Oracle: an independent assembler (wabt) fed with the printed text must give the same functions. */
import { expect, test } from "vitest";
import loadWabt from "wabt";
import { layout } from "../../src/backend/layout.ts";
import { encode } from "../../src/backend/wasm/encode.ts";
import { generate } from "../../src/backend/wasm/wasm.ts";
import { toWat } from "../../src/backend/wasm/wat.ts";
import { CASES } from "./conformance.cases.ts";

test("the bytes equal those of an independent assembler for every conformance case", async () => {
  const wabt = await loadWabt();
  for (const { program } of CASES) {
    const code = generate(program, layout(program, 1), { pages: 1, shared: false, addressBits: 32 });
    const parsed = wabt.parseWat("case.wat", toWat(code));
    parsed.validate();
    expect(canonical(encode(code))).toEqual(canonical(parsed.toBinary({ canonicalize_lebs: true }).buffer));
    parsed.destroy();
  }
  /** Text from bytes: blind to where sections put their alignment hints and local runs. */
  function canonical(bytes: Uint8Array): string {
    const module = wabt.readWasm(bytes, {});
    const text = module.toText({ foldExprs: false, inlineExport: true });
    module.destroy();
    return text;
  }
});
