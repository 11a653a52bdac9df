/** A network with another step. */
import { ModelError, requirePositive } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import { type Delays, delaysOf } from "./delays.ts";
import type { Network } from "./network.ts";
import type { SynapseModel } from "./synapse.ts";
import { checkDelays } from "./topology.ts";

/**
 * The same network in steps of `dt`: durations stay what they were. What is counted in steps is counted anew.
 * @param dt seconds
 * @throws {ModelError} `out-of-range` for a delay, or samples, that are no whole number of the new steps
 */
export function withDt(net: Network, dt: number): Network {
  requirePositive(`${net.name}.dt`, dt, "s");
  if (dt === net.dt) return net;
  const inSteps = (steps: number, path: string): number => {
    const exact = (steps * net.dt) / dt;
    const whole = Math.round(exact);
    if (Math.abs(exact - whole) <= 1e-6 * Math.max(1, whole)) return whole;
    throw new ModelError(
      "out-of-range",
      path,
      `is ${steps === 1 ? "a step" : `${steps} steps`} of ${net.dt} s, and that is no whole number of steps of ${dt} s`,
    );
  };
  const result: Network = {
    ...net,
    dt,
    connections: net.connections.map((c) => connectionWith(c, dt, inSteps)),
    ...(net.steps !== undefined && { steps: inSteps(net.steps, `${net.name}.steps`) }),
  };
  checkDelays(result);
  return Object.freeze(result);
}

type InSteps = (steps: number, path: string) => number;

function connectionWith(c: Connection, dt: number, inSteps: InSteps): Connection {
  const path = `connection ${c.name}`;
  return {
    ...c,
    ...delaysWith(c, dt, inSteps),
    ...(c.synapse && { synapse: synapseWith(c.synapse, path, inSteps) }),
  };
}
function delaysWith({ delay, delays, learned, name }: Connection, dt: number, inSteps: InSteps): Delays {
  const path = `connection ${name}.delay`;
  if (!delays) return { delay: inSteps(delay, path) };
  if (!learned) return delaysOf(delays, path, dt);
  const range = { min: inSteps(delay, path), max: inSteps(learned.most, path) };
  return delaysOf({ trainable: true, ...range, start: delays, interpolation: learned.interpolation }, path, dt);
}
const synapseWith = (s: SynapseModel, path: string, inSteps: InSteps): SynapseModel => ({
  ...s,
  pathways: s.pathways.map((p) => ({ ...p, delay: inSteps(p.delay, `${path}.${p.trigger}.delay`) })),
});
