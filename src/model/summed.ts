/**
 * What `(summed)` equations of synapses add up into. Brian's neurons declare such a variable plainly (`Igap : 1`); here it
 * is an input of its neuron, new in every step, and becomes one when the network is made.
 */
import { ModelError } from "../base/errors.ts";
import type { ConnectionSpec } from "./connection.ts";
import { parseEquations } from "./equations/parseEquations.ts";
import type { Span } from "./equations/source.ts";
import { tokenize } from "./equations/tokenize.ts";
import type { Population } from "./network.ts";
import { neuron } from "./neuron.ts";
import type { NeuronModel } from "./neuronModel.ts";

/** @throws {ModelError} `unsupported` for a sum that the population starts with a value */
export function withSums(
  populations: Readonly<Record<string, Population>>,
  connections: readonly ConnectionSpec[],
): Record<string, Population> {
  const sums = connections.flatMap((c) => c.sums ?? []);
  return Object.fromEntries(
    Object.entries(populations).map(([node, p]): [string, Population] => {
      const ports = new Set(sums.filter((s) => s.node === node).map((s) => s.port));
      const plain = p.model.variables.filter((v) => v.kind === "declared" && v.type === "float" && ports.has(v.name));
      const started = plain.find((v) => v.name in p.initial);
      if (started)
        throw new ModelError(
          "unsupported",
          `${node}.initial.${started.name}`,
          "is summed over synapses in every step, and has no value to start with",
        );
      return [node, plain.length === 0 ? p : { ...p, model: withInputs(p.model, new Set(plain.map((v) => v.name))) }];
    }),
  );
}

/** The same model, where some of its variables are inputs. Connections without a port go where they went. */
function withInputs({ spec, port }: NeuronModel, names: ReadonlySet<string>): NeuronModel {
  return neuron({ ...spec, equations: declaredAsInputs(spec.equations, names), ...(port !== undefined && { port }) });
}
function declaredAsInputs(text: string, names: ReadonlySet<string>): string {
  const path = "equations";
  const ends = ({ start, end }: Span): number => {
    const tokens = tokenize({ text: text.slice(start, end), path });
    return start + tokens.findLast((t) => t.kind !== "newline" && t.kind !== "end")!.span.end;
  };
  const places = parseEquations({ text, path }).flatMap((e) => (names.has(e.name) ? [ends(e.span)] : []));
  return places.reduceRight((out, at) => `${out.slice(0, at)} (input)${out.slice(at)}`, text);
}
