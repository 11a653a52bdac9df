/**
 * What there was before the first step: states, and what left a population by value, are the initial state. Spikes,
 * outputs that are not states, and transforms were zero.
 */
import { read } from "../../ir/expr.ts";
import { invoke, loop, type Node, type Place, place } from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import type { FloatType } from "../../ir/types.ts";
import { copyStep, elementCall } from "./bodies.ts";
import type { Context } from "./context.ts";
import type { Lowered } from "./lower.ts";
import { statePlace } from "./places.ts";
import type { PopulationKernels, StateBuffer } from "./populations.ts";
import type { ValueSignal } from "./signals.ts";
import type { Sources } from "./sources.ts";
import type { TrainedStart } from "./trained.ts";

/** By buffer what is not zero, for the host to write; those that train are apart. */
export function initialContents(
  populations: Iterable<PopulationKernels>,
  sources: Sources,
  c: Context,
): Map<string, Float64Array> {
  const out = new Map<string, Float64Array>();
  for (const { node, states } of populations)
    for (const state of states) {
      if (state.trained || state.initial.every((x) => x === 0)) continue;
      for (const b of buffersOf(node, state, sources))
        out.set(b, repeated(state.initial, c.stride(node), c.buffers.get(b)!.length));
    }
  return out;
}
/** The state, and what has left by value. */
function buffersOf(node: string, { name, buffer }: StateBuffer, sources: Sources): string[] {
  const history = sources.values.get(`${node}.${name}`)?.name;
  return history === undefined ? [buffer] : [buffer, history];
}
function repeated(row: ArrayLike<number>, stride: number, length: number): Float64Array {
  const out = new Float64Array(length);
  for (let at = 0; at < length; at += stride) out.set(row, at);
  return out;
}

/** What trains, once parameters are known: for an engine, which starts but once. */
export function trainedContents(
  { populations, sources, context: c }: Pick<Lowered, "populations" | "sources" | "context">,
  parameters: ArrayLike<number>,
): Map<string, Float64Array> {
  const out = new Map<string, Float64Array>();
  for (const { node, states } of populations.values())
    for (const state of states) {
      if (!state.trained) continue;
      const { place: at, shared } = state.trained;
      const row = Float64Array.from({ length: c.size(node) }, (_, k) => parameters[at.offset + (shared ? 0 : k)]!);
      for (const b of buffersOf(node, state, sources))
        out.set(b, repeated(row, c.stride(node), c.buffers.get(b)!.length));
    }
  return out;
}

/** `samples` mode: sets a population's states to where a sample starts. */
export function initialiseSample({ node, states }: PopulationKernels, sources: Sources, c: Context): Node[] {
  const stride = c.stride(node);
  return states.flatMap(({ name, buffer, initial, trained }) => {
    const { type } = c.buffers.get(buffer)!;
    const out = statePlace(node, name, c, type);
    if (trained) return startFrom(trained, out, sources.values.get(`${node}.${name}`), c.size(node), c.type);
    if (initial.every((x) => x === 0)) return invoke({ kind: "zero", type }, { out }, { n: stride });
    const x = place(c.constant(`${node}.${name}.initial`, initial, type));
    return invoke({ kind: "perElement", step: copyStep(type) }, { x, out }, { n: initial.length });
  });
}

/** The loop over the steps before the first, as far back as something reads. */
export const BEFORE = "before";

/** From the parameters, for the state and for what left by value before the first step. */
function startFrom(
  { place: x, shared }: TrainedStart,
  out: Place,
  history: ValueSignal | undefined,
  n: number,
  type: FloatType,
): Node[] {
  const step = shared ? shareStep(type) : copyStep(type);
  const to = (at: Place): Node => elementCall(step, { x, out: at }, n);
  const past = history ? history.maxDelay : 0;
  return [to(out), ...(past > 0 ? [loop(BEFORE, past, [to(history!.past(BEFORE))])] : [])];
}

/** `out = x`, one number for all. */
const shareStep = (type: FloatType): Step => ({
  name: "share",
  slots: [
    { name: "x", type, space: "uniform" },
    { name: "out", type, space: "element" },
  ],
  stores: [{ slot: "out", mode: "set", value: read(type, "x") }],
});
