import { expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";

test("an option that there is none of is refused, not left out", () => {
  expect(() => connect("a", "b", { wieght: 1 } as ConnectOptions)).toThrow(
    "connect('a', …).wieght: unknown property; known: bias, connectivity, delay, name, output, port, procedural, storage, synapse, trainable, weight",
  );
});
