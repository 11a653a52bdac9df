/**
 * What there was before the first step: states, and what left a population by value, are the initial state. Spikes,
 * outputs that are not states, and transforms were zero.
 */
import { invoke, type Node, place } from "../../ir/program.ts";
import { copyStep } from "./bodies.ts";
import type { Context } from "./context.ts";
import { statePlace } from "./places.ts";
import type { PopulationKernels } from "./populations.ts";
import type { Sources } from "./sources.ts";

/** Writes them down for the host. */
export function initialContents(populations: Iterable<PopulationKernels>, sources: Sources, c: Context): void {
  for (const { node, states } of populations)
    for (const { name, buffer, initial } of states) {
      if (initial.every((x) => x === 0)) continue;
      const history = sources.values.get(`${node}.${name}`)?.name;
      for (const b of history === undefined ? [buffer] : [buffer, history])
        c.contents.set(b, repeated(initial, c.stride(node), c.buffers.get(b)!.length));
    }
}
function repeated(row: Float64Array, stride: number, length: number): Float64Array {
  const out = new Float64Array(length);
  for (let at = 0; at < length; at += stride) out.set(row, at);
  return out;
}

/** `samples` mode: sets a population's states to where a sample starts. */
export function initialiseSample({ node, states }: PopulationKernels, c: Context): Node[] {
  const stride = c.stride(node);
  return states.map(({ name, buffer, initial }) => {
    const { type } = c.buffers.get(buffer)!;
    const out = statePlace(node, name, c, type);
    if (initial.every((x) => x === 0)) return invoke({ kind: "zero", type }, { out }, { n: stride });
    const x = place(c.constant(`${node}.${name}.initial`, initial, type));
    return invoke({ kind: "perElement", step: copyStep(type) }, { x, out }, { n: initial.length });
  });
}
