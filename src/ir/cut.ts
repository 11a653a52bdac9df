/** Minimum vertex cut of a directed acyclic graph, by maximum flow (Ford & Fulkerson 1956; shortest augmenting paths). */

export interface CutProblem {
  /** What it costs to cut each vertex, integers > 0. Vertices are numbered from 0. */
  readonly weights: readonly number[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  readonly sources: readonly number[];
  readonly sinks: readonly number[];
}

/**
 * Vertices of least total weight that every path from a source to a sink meets (ends included); among several such
 * cuts the one nearest to the sinks. In ascending order.
 */
export function minimumCut(problem: CutProblem): number[] {
  const flow = new Flow(problem);
  while (flow.augment());
  const behind = flow.reachingSink();
  // A vertex is cut where its weight (in -> out) is used up and only its outer half still reaches the sink.
  return problem.weights.flatMap((_, v) => (behind.has(outOf(v)) && !behind.has(inOf(v)) ? [v] : []));
}

/** Each vertex is two, joined by an arc as wide as its weight; all other arcs have no limit. */
const inOf = (v: number): number => 2 * v;
const outOf = (v: number): number => 2 * v + 1;

class Flow {
  readonly #source: number;
  readonly #sink: number;
  /** Arc 2k and its reverse 2k + 1. */
  readonly #to: number[] = [];
  readonly #room: number[] = [];
  readonly #arcs: number[][];

  constructor({ weights, edges, sources, sinks }: CutProblem) {
    this.#source = 2 * weights.length;
    this.#sink = this.#source + 1;
    this.#arcs = Array.from({ length: this.#sink + 1 }, () => []);
    weights.forEach((w, v) => this.#arc(inOf(v), outOf(v), w));
    for (const [from, to] of edges) this.#arc(outOf(from), inOf(to));
    for (const v of sources) this.#arc(this.#source, inOf(v));
    for (const v of sinks) this.#arc(outOf(v), this.#sink);
  }

  #arc(from: number, to: number, room = Number.POSITIVE_INFINITY): void {
    this.#arcs[from]!.push(this.#to.push(to) - 1);
    this.#arcs[to]!.push(this.#to.push(from) - 1);
    this.#room.push(room, 0);
  }

  /** Sends what fits along one shortest path; false if there is none. */
  augment(): boolean {
    const by = new Map<number, number>(); // the arc by which each vertex was reached
    const queue = [this.#source];
    for (const v of queue)
      for (const arc of this.#arcs[v]!) {
        const to = this.#to[arc]!;
        if (this.#room[arc]! <= 0 || by.has(to)) continue;
        by.set(to, arc);
        queue.push(to);
      }
    if (!by.has(this.#sink)) return false;
    const path: number[] = [];
    for (let v = this.#sink; v !== this.#source; v = this.#to[path.at(-1)! ^ 1]!) path.push(by.get(v)!);
    const amount = Math.min(...path.map((arc) => this.#room[arc]!));
    for (const arc of path) {
      this.#room[arc]! -= amount;
      this.#room[arc ^ 1]! += amount;
    }
    return true;
  }

  /** Vertices from which more could still be sent to the sink. */
  reachingSink(): Set<number> {
    const found = new Set([this.#sink]);
    for (const v of found) for (const arc of this.#arcs[v]!) if (this.#room[arc ^ 1]! > 0) found.add(this.#to[arc]!);
    return found;
  }
}
