/**
 * Whether a state grows without bound while it is still a number: f32 holds numbers up to 3e38, and a membrane that doubles
 * every 10 ms gets there after more than a second, in which nothing else may look odd.
 */
import { isFloat } from "../../ir/types.ts";
import { isSetByModel } from "../../model/neuronModel.ts";
import type { Engine } from "../engine.ts";
import type { HealthFinding } from "./finding.ts";
import { short } from "./finding.ts";

/** From there on no unit makes sense of a number. */
export const BEYOND = 1e30;
/** Looks that are left out, because networks start in all ways; and what each later one must have grown by. */
const FIRST = 1;
const FACTOR = 2;
const ENOUGH = 5;

/** Of all neurons at one moment. */
interface Largest {
  readonly size: number;
  readonly neuron: number;
}

/** Looks at the states of a clocked run now and then, at equal distances. */
export class Growth {
  readonly #engine: Engine;
  readonly #seen = new Map<string, Largest[]>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Notes how large each state is now; call it at equal distances of model time, as often as findings are to rest on. */
  look(): void {
    const { populations, context } = this.#engine.lowered;
    for (const { node, states } of populations.values()) {
      const { size, model } = this.#engine.network.populations[node]!;
      for (const { name, buffer } of states) {
        const variable = model.variables.find((v) => v.name === name);
        if (!variable || isSetByModel(variable) || !isFloat(context.buffers.get(buffer)!.type)) continue;
        if (!this.#seen.has(buffer)) this.#seen.set(buffer, []);
        this.#seen.get(buffer)!.push(largest(this.#engine.state(buffer), size));
      }
    }
  }

  /** A state of each population that grows, in the order of its equations: what drives the others comes first or not at all. */
  findings(): HealthFinding[] {
    const found = [...this.#seen].flatMap(([variable, looks]) => grown(variable, looks) ?? []);
    return found.filter((f, k) => found.findIndex((g) => nodeOf(g.where) === nodeOf(f.where)) === k);
  }
}
const nodeOf = (variable: string): string => variable.split(".")[0]!;

function largest(values: ArrayLike<number>, size: number): Largest {
  let [most, neuron] = [0, 0];
  for (let n = 0; n < size; n++) {
    const x = Math.abs(values[n]!);
    if (x > most) [most, neuron] = [x, n];
  }
  return { size: most, neuron };
}

function grown(variable: string, looks: readonly Largest[]): HealthFinding | undefined {
  const last = looks.at(-1);
  if (!last) return undefined;
  const later = looks.slice(FIRST);
  const doubles =
    later.length > ENOUGH &&
    later.every((x, k) => k === 0 || (later[k - 1]!.size > 0 && x.size >= FACTOR * later[k - 1]!.size));
  if (!doubles && last.size <= BEYOND) return undefined;
  const how = doubles ? `${short(later[0]!.size)} at first, ${short(last.size)} at last` : `${short(last.size)} by now`;
  return {
    code: "unbounded",
    where: variable,
    says: `${variable} of neuron ${last.neuron} grows without bound: ${how}, in SI units.`,
    advice: growthAdvice(nodeOf(variable)),
  };
}
/** What to try with a state that grew by itself. */
export const growthAdvice = (node: string): string =>
  `If its input does not grow so, the equations of '${node}' are unstable: look for a time constant or a rate of the wrong sign, and for feedback that is stronger than the leak; try half the step.`;
