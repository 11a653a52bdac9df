/** What trainer and evaluator have in common before the first batch. */
import { RunError } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import { inputOf } from "./batch.ts";

/** Steps of a sample. @throws {RunError} `usage` for a network without them, {DataError} for one without exactly one input */
export function stepsOf(net: Network): number {
  inputOf(net);
  if (net.steps !== undefined) return net.steps;
  throw new RunError("usage", net.name, "a network that answers samples needs 'steps', the steps of a sample");
}
