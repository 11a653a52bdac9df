/** The highest voltage of each output that does not spike, over a sample: exactly, from the extrema between arrivals. */
import { ModelError } from "../../base/errors.ts";
import type { Cells } from "../../sim/exact/cells.ts";
import { Crossing } from "../../sim/exact/crossing.ts";
import type { Kind } from "../../sim/exact/kind.ts";
import { type Fired, rateOf } from "./adjoint.ts";
import type { Path } from "./paths.ts";

/** A highest voltage, when it was, and what arrival ended its rise, if one did. */
export interface Peak {
  readonly cells: Cells;
  readonly neuron: number;
  /** The voltage's place in a state. */
  readonly place: number;
  readonly time: number;
  readonly value: number;
  readonly ended?: { readonly by: Fired; readonly rise: number };
}
interface Arrival {
  readonly time: number;
  readonly fired: Fired;
  readonly path: Path;
  readonly synapse: number;
}

export class Maxima {
  readonly #cells: Cells;
  readonly #paths: readonly Path[];
  readonly #place: number;
  readonly #crossings: ReadonlyMap<Kind, Crossing>;

  /**
   * @param cells of the output, as they are before anything has happened
   * @param variable the voltage
   * @throws {ModelError} `unsupported` for weights that lift the voltage itself
   */
  constructor(cells: Cells, variable: string, paths: readonly Path[]) {
    this.#cells = cells;
    this.#paths = paths.filter((p) => p.target === cells.node);
    this.#place = cells.placeOf(variable);
    const seen = new Float64Array(cells.width);
    seen[this.#place] = 1;
    const kinds = new Set(Array.from({ length: cells.size }, (_, n) => cells.kind(n)));
    this.#crossings = new Map([...kinds].map((kind) => [kind, new Crossing(kind.cascade, seen)]));
    for (const p of this.#paths)
      if (p.jumps.some((list) => list.some((j) => j.variable === this.#place)))
        throw new ModelError(
          "unsupported",
          `connection ${p.connection}`,
          `lifts '${variable}' of '${cells.node}' at once; let it jump a synaptic current, so that the voltage has a smooth maximum`,
        );
  }

  find(spikes: readonly Fired[], end: number): Peak[] {
    const arrivals = this.#arrivals(spikes, end);
    return arrivals.map((list, n) => this.#peak(n, list, end));
  }

  #arrivals(spikes: readonly Fired[], end: number): Arrival[][] {
    const found: Arrival[][] = Array.from({ length: this.#cells.size }, () => []);
    for (const fired of spikes)
      for (const path of this.#paths)
        if (path.source === fired.node)
          for (const { from, to, delay } of path.groups(fired.neuron)) {
            const time = fired.time + delay;
            if (time < end)
              for (let k = from; k < to; k++) found[path.targets[k]!]!.push({ time, fired, path, synapse: k });
          }
    for (const list of found) list.sort((a, b) => a.time - b.time);
    return found;
  }

  #peak(n: number, arrivals: readonly Arrival[], end: number): Peak {
    const kind = this.#cells.kind(n);
    const crossing = this.#crossings.get(kind)!;
    const [y, moved] = [this.#cells.distances(n), new Float64Array(this.#cells.width)];
    const place = this.#place;
    const rest = this.#cells.restOf(n, place);
    let now = 0;
    let best: Peak = { cells: this.#cells, neuron: n, place, time: 0, value: y[place]! + rest };
    const offer = (time: number, value: number, more: Pick<Peak, "ended"> = {}): void => {
      if (value + rest > best.value)
        best = { cells: this.#cells, neuron: n, place, time, value: value + rest, ...more };
    };
    const at = (wait: number): number => {
      kind.cascade.advance(y, 0, wait, moved, 0);
      return moved[place]!;
    };
    for (const arrival of [...arrivals, undefined]) {
      const wait = (arrival?.time ?? end) - now;
      for (const s of crossing.extrema(y, 0)) if (s < wait) offer(now + s, at(s));
      const value = at(wait);
      const rise = rateOf(kind, moved)[place]!;
      offer(now + wait, value, arrival && { ended: { by: arrival.fired, rise } });
      y.set(moved);
      now += wait;
      if (!arrival) continue;
      const { path, synapse } = arrival;
      for (const { variable, factor } of path.jumps[this.#cells.kindNumber(n)]!)
        y[variable]! += factor * path.weight[synapse]!;
    }
    return best;
  }
}
