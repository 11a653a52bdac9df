import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { HOST_STEP, numberedWords } from "../../src/base/random.ts";
import { plainWords, RUN, RUNS, wordsInto } from "../../src/base/words.ts";
import { wordMill } from "../../src/sim/wordMill.ts";

test("words of a numbered stream, from anywhere and across runs and lines", () => {
  const source = plainWords();
  const ranges = [
    [0, 9],
    [3, 4],
    [5, 5],
    [1021, 1030],
    [6, 4 * RUN * RUNS + 11],
    [2 ** 33 - 90_001, 2 ** 33],
  ] as const;
  for (const [from, to] of ranges) {
    const word = numberedWords(7, 99);
    const out = new Uint32Array(to - from);
    wordsInto(out, source, { seed: 7, stream: 99, step: HOST_STEP }, from, to);
    expect(out).toEqual(Uint32Array.from(out, (_, k) => word(from + k)));
  }
});
test.each([interpret, wasm])("a compiled source draws the same: $name", async (backend) => {
  using mill = await wordMill(backend);
  const plain = plainWords();
  for (const source of [mill, plain]) {
    source.first.set([0, 2 ** 32 - 2, 17]);
    source.line.set([5, 1, 2 ** 32 - 1]);
    source.draw(3, 10, { seed: 123, stream: 2 ** 32 - 1, purpose: 1, step: 2 ** 32 - 2 });
  }
  for (let j = 0; j < 3; j++)
    for (let w = 0; w < 4; w++)
      expect(mill.planes[w]!.slice(j * RUN, j * RUN + 10)).toEqual(plain.planes[w]!.slice(j * RUN, j * RUN + 10));
});
