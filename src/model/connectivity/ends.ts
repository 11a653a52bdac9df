/** Where the synapses of a connection begin and end, for what is computed of each pair. */
import type { Rows } from "./rows.ts";

/** The two neurons of each synapse, and how many synapses these have. */
export interface SynapseEnds {
  readonly count: number;
  source(k: number): number;
  target(k: number): number;
  /** Of a target. */
  incoming(j: number): number;
  /** Of a source. */
  outgoing(i: number): number;
}

/** Of every source with every target. */
export const fullEnds = (sources: number, targets: number): SynapseEnds => ({
  count: sources * targets,
  source: (k) => Math.floor(k / targets),
  target: (k) => k % targets,
  incoming: () => sources,
  outgoing: () => targets,
});

/** Drawn once, when the first is asked for. */
export function endsOf(rows: Pick<Rows, "start" | "count" | "fill">, targets: number): SynapseEnds {
  const { start, count } = rows;
  let drawn: { readonly source: Uint32Array; readonly target: Uint32Array; readonly incoming: Uint32Array } | undefined;
  const all = () => {
    if (drawn) return drawn;
    const [source, target] = [new Uint32Array(count), new Uint32Array(count)];
    rows.fill(target);
    for (let i = 0; i + 1 < start.length; i++) source.fill(i, start[i], start[i + 1]);
    const incoming = new Uint32Array(targets);
    for (const j of target) incoming[j]!++;
    drawn = { source, target, incoming };
    return drawn;
  };
  return {
    count,
    source: (k) => all().source[k]!,
    target: (k) => all().target[k]!,
    incoming: (j) => all().incoming[j]!,
    outgoing: (i) => start[i + 1]! - start[i]!,
  };
}
