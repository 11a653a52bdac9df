/**
 * What a simulation keeps, as it is asked for in words:
 *
 *   e                     spikes of e (so does e.spike); where none are named, of all populations
 *   e.spike[0..99]        of some of its neurons
 *   e.v                   a variable of all its neurons, in every step
 *   e.v[0..9] e.v[3,7]    of some of them; a..b/n is every n-th
 *   e.v[0]@1ms            every millisecond; @10 is every ten steps
 *   e>i.ge.w              weights of a connection, or another variable of its synapses, at the beginning and at the end
 *   weights               those of all connections
 */
import { listNames, UsageError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import { secondsOf } from "../subject/quantity.ts";

/** Spikes of a population; of all its neurons where none are named. */
export interface RecordedSpikes {
  readonly node: string;
  readonly neurons?: readonly number[];
}
/** A variable that is sampled. */
export interface RecordedValues {
  readonly node: string;
  readonly variable: string;
  readonly neurons: readonly number[];
  /** Steps from one sample to the next. */
  readonly every: number;
}
/** A variable of the synapses of a connection. */
export interface RecordedSynapses {
  readonly connection: string;
  readonly variable: string;
}
/** All that is kept. */
export interface RecordPlan {
  /** Nothing: of all populations. */
  readonly spikes?: readonly RecordedSpikes[];
  readonly values: readonly RecordedValues[];
  readonly synapses: readonly RecordedSynapses[];
  /** Whether spikes are drawn as well. */
  readonly draws?: boolean;
}

const WORDS = /^([^[\]@]+?)(?:\[([^\]]*)\])?(?:@(.+))?$/;
const EXAMPLES = "such as e.spike, e.v[0..9], e.v[0]@1ms, weights";

/** @throws {UsageError} `syntax`, `unknown-name`, `out-of-range`, with what was given */
export function recordPlan(texts: readonly string[], net: Network): RecordPlan {
  const spikes: RecordedSpikes[] = [];
  const values: RecordedValues[] = [];
  const synapses: RecordedSynapses[] = [];
  if (texts.some((text) => partsOf(text).length === 0))
    throw new UsageError("syntax", "record ''", `names nothing; expected something ${EXAMPLES}`);
  for (const text of texts.flatMap(partsOf)) {
    const words = WORDS.exec(text);
    if (!words) throw new UsageError("syntax", `record '${text}'`, `cannot be read; expected something ${EXAMPLES}`);
    const asked = new Asked(text, net, words[1]!, words[2], words[3]);
    if (words[1] === "weights") synapses.push(...asked.allWeights());
    else if (asked.isSpikes) spikes.push(asked.spikes());
    else if (asked.connection !== undefined) synapses.push(asked.synapse());
    else values.push(asked.values());
  }
  return { values, synapses, ...(spikes.length > 0 && { spikes }) };
}

/** Commas within brackets part neurons. */
const partsOf = (text: string): string[] =>
  text
    .split(/,(?![^[]*\])/)
    .map((part) => part.trim())
    .filter((part) => part !== "");

class Asked {
  readonly #text: string;
  readonly #net: Network;
  readonly #node: string;
  readonly #variable: string | undefined;
  readonly #name: string;
  readonly #neurons: string | undefined;
  readonly #every: string | undefined;

  constructor(text: string, net: Network, name: string, neurons: string | undefined, every: string | undefined) {
    const dot = name.lastIndexOf(".");
    [this.#text, this.#net, this.#name, this.#neurons, this.#every] = [text, net, name, neurons, every];
    this.#node = dot < 0 || name in net.populations ? name : name.slice(0, dot);
    this.#variable = this.#node === name ? undefined : name.slice(dot + 1);
  }
  #wrong(code: "syntax" | "unknown-name" | "out-of-range", problem: string): never {
    throw new UsageError(code, `record '${this.#text}'`, problem);
  }
  get isSpikes(): boolean {
    return this.#node in this.#net.populations && (this.#variable === undefined || this.#variable === "spike");
  }
  get connection(): string | undefined {
    return this.#net.connections.find((c) => c.name === this.#node)?.name;
  }

  allWeights(): RecordedSynapses[] {
    this.#requireBare("weights");
    return this.#net.connections.map((c) => ({ connection: c.name, variable: "w" }));
  }
  spikes(): RecordedSpikes {
    if (!this.#net.populations[this.#node]!.model.spike) this.#wrong("unknown-name", `'${this.#node}' does not spike`);
    if (this.#every !== undefined) this.#wrong("syntax", "spikes have times of their own, and take no '@'");
    return { node: this.#node, ...(this.#neurons !== undefined && { neurons: this.#listed() }) };
  }
  synapse(): RecordedSynapses {
    this.#requireBare("synapses");
    const { name, synapse } = this.#net.connections.find((c) => c.name === this.#node)!;
    const known = ["w", ...Object.keys(synapse?.variables ?? {})];
    if (!known.includes(this.#variable!))
      this.#wrong("unknown-name", `synapses of '${name}' have no '${this.#variable}'; known: ${listNames(known)}`);
    return { connection: name, variable: this.#variable! };
  }
  values(): RecordedValues {
    const { populations, transforms, connections } = this.#net;
    const variables = this.#node in transforms ? ["value"] : populations[this.#node]?.model.outputs;
    if (!variables) {
      const known = [...Object.keys(populations), ...Object.keys(transforms), ...connections.map((c) => c.name)];
      this.#wrong(
        "unknown-name",
        `there is no population or connection '${this.#node}'; known: ${listNames(known)}, weights`,
      );
    }
    const name = this.#variable;
    if (name === undefined || !variables.includes(name))
      this.#wrong("unknown-name", `'${this.#node}' has no variable '${name ?? ""}'; known: ${listNames(variables)}`);
    return { node: this.#node, variable: name, neurons: this.#listed(), every: this.#interval() };
  }
  #requireBare(what: string): void {
    if (this.#neurons !== undefined || this.#every !== undefined)
      this.#wrong("syntax", `${what} are kept whole, at the beginning and at the end: no brackets, no '@'`);
  }

  #listed(): number[] {
    const size = (this.#net.populations[this.#node] ?? this.#net.transforms[this.#node])!.size;
    if (this.#neurons === undefined) return Array.from({ length: size }, (_, k) => k);
    const all = this.#neurons.split(",").flatMap((part) => this.#range(part.trim(), size));
    return [...new Set(all)].sort((a, b) => a - b);
  }
  /** `a`, `a..b`, `a..b/n`; an end that is left out is the population's. */
  #range(text: string, size: number): number[] {
    const found = /^(?:(\d+)|(\d*)\.\.(\d*)(?:\/(\d+))?)$/.exec(text);
    if (!found) this.#wrong("syntax", `'${text}' names no neurons; expected 3, 0..9 or 0..99/10`);
    const [from, to, step] = found[1]
      ? [Number(found[1]), Number(found[1]), 1]
      : [Number(found[2] || 0), found[3] ? Number(found[3]) : size - 1, Number(found[4] ?? 1)];
    if (step < 1) this.#wrong("out-of-range", `'${text}': every n-th neuron needs an n of at least 1`);
    if (Math.max(from, to) >= size)
      this.#wrong("out-of-range", `'${text}': '${this.#node}' has neurons 0 to ${size - 1}`);
    if (from > to) this.#wrong("out-of-range", `'${text}': goes from the smaller number to the larger`);
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, k) => from + k * step);
  }
  #interval(): number {
    const { dt } = this.#net;
    if (this.#every === undefined) return 1;
    const text = this.#every;
    const seconds = /^\d+$/.test(text) ? Number(text) * dt : secondsOf(text, `record '${this.#text}'`);
    const steps = Math.round(seconds / dt);
    if (steps < 1 || Math.abs(seconds / dt - steps) > 1e-6 * steps)
      this.#wrong("out-of-range", `'@${text}' must be a whole number of steps of ${dt} s, at least one`);
    return steps;
  }
}
