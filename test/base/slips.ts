/** Options that are misspelt: each taker refuses them, and says what was meant. */
import { expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";

/** What takes options, a key that it does not know, and the one that was meant. */
export type Slip = readonly [name: string, call: (options: object) => unknown, key: string, meant: string];

/** A test of each: without the slip it is taken. */
export const refusesSlips = (slips: readonly Slip[]): void =>
  test.each(slips.map(([name, call, key, meant]) => ({ name, call, key, meant })))(
    "$name: $key",
    async ({ call, key, meant }) => {
      await call({});
      const act = async () => call({ [key]: 1 });
      await expect(act()).rejects.toThrow(ModelError);
      await expect(act()).rejects.toThrow(`.${key}: unknown property; known: `);
      await expect(act()).rejects.toThrow(`did you mean '${meant}'?`);
    },
  );
