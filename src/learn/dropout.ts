/** Dropout: which neurons are heard, drawn anew for each sample and update (Srivastava et al. 2014, JMLR 15:1929). */
import { streamOf } from "../base/random.ts";
import { expand } from "../ir/expand.ts";
import { compare, constant, draw, f32, select } from "../ir/expr.ts";
import { along, invoke, type Node, place } from "../ir/program.ts";
import { DRAW_SLOTS } from "../ir/random.ts";
import { simplify } from "../ir/simplify.ts";
import type { Step } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import type { Network } from "../model/network.ts";
import { type Context, KEY } from "../sim/lower/context.ts";
import type { Parameters } from "../sim/lower/parameters.ts";

/** The share of a node's outputs that is heard while training. */
export const keepProbability = (net: Network, node: string): number => 1 - (net.populations[node]?.dropout ?? 0);

/** The buffer of a population's masks, one a sample of a chunk. */
export const maskName = (node: string): string => `${node}.mask`;

/** 1 where the neuron is heard, else 0. */
function maskStep(node: string, keep: number, type: FloatType): Step {
  const heard = compare("lt", draw("uniform", "f32", streamOf(`${node}.dropout`)), f32(keep));
  return simplify(
    expand({
      name: `${node}.dropout`,
      slots: [{ name: "mask", type, space: "element" }, ...Object.values(DRAW_SLOTS)],
      stores: [{ slot: "mask", mode: "set", value: select(heard, constant(type, 1), constant(type, 0)) }],
    }),
  );
}

/** Draws the mask of one sample; nothing for a population without dropout. */
export function maskNodes(node: string, c: Context): Node[] {
  const keep = keepProbability(c.net, node);
  if (keep === 1) return [];
  const { samples } = c.options;
  const stride = c.stride(node);
  const args = {
    mask: place(c.buffer(maskName(node), c.type, samples * stride, "state"), 0, along("s", stride)),
    seed: place("key", KEY.seed),
    sample: place(
      c.buffer("sample.number", "u32", c.chunks * samples, "argument"),
      0,
      along("chunk", samples),
      along("s", 1),
    ),
    stepLow: place("key", KEY.stepLow),
    stepHigh: place("key", KEY.stepHigh),
  };
  return [invoke({ kind: "perElement", step: maskStep(node, keep, c.type) }, args, { n: c.size(node) })];
}

/**
 * Weights of connections out of populations with dropout, times a function of the share that is heard: while training
 * they are larger, so that the expected sum is that of the deployed network.
 */
export function scaled(net: Network, parameters: Parameters, factor: (keep: number) => number): Parameters {
  const out: Record<string, Float32Array | Float64Array> = { ...parameters };
  for (const [name, keep] of heardShares(net)) if (out[name]) out[name] = out[name].map((w) => w * factor(keep));
  return out;
}
/** The names of these weights' arrays, each with the share that is heard. */
export const heardShares = (net: Network): [array: string, keep: number][] =>
  net.connections.flatMap((c): [string, number][] => {
    const keep = keepProbability(net, c.from.node);
    return keep < 1 ? [[`${c.name}.weight`, keep]] : [];
  });
