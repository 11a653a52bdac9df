/** Whether an entry point was given a network at all. */
import { ModelError } from "../base/errors.ts";
import type { Network } from "./network.ts";

/** @param path the entry point @throws {ModelError} `type-mismatch` for what `network(…)` has not made */
export function requireNetwork(path: string, net: Network | undefined): asserts net is Network {
  const given: Partial<Network> | undefined = typeof net === "object" && net !== null ? net : undefined;
  if (given?.populations && given.inputs && Array.isArray(given.connections)) return;
  const got = given ? "an object without populations, inputs and connections" : String(net);
  throw new ModelError("type-mismatch", path, `takes a network, as network(…) and sequential(…) make it; got ${got}`);
}
