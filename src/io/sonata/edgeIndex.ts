/**
 * The index of an edge population by one end: for each node the ranges of edges that are its own. A row of
 * `node_id_to_ranges` is a slice of `range_to_edge_id`, whose rows are slices of the edges; ends are not included.
 *
 * The guide's table says `node_id_to_ranges`, its published files `node_id_to_range`, which is what programs read.
 *
 * @see SONATA developer guide, "Edges - Optional indexing"
 */
import type { Branch } from "./hdf5Write.ts";

export function edgeIndex(ids: Uint32Array, nodes: number): Branch {
  const isStart = (k: number): boolean => k === 0 || ids[k] !== ids[k - 1];
  const first = new Uint32Array(nodes + 1);
  for (let k = 0; k < ids.length; k++) if (isStart(k)) first[ids[k]! + 1]!++;
  for (let n = 0; n < nodes; n++) first[n + 1]! += first[n]!;
  // Numbers of 64 bits as pairs of 32, the lower first: a BigInt for each would cost more than all else.
  const ranges = new Int32Array(4 * first[nodes]!);
  const next = first.slice();
  for (let k = 0; k < ids.length; ) {
    let end = k + 1;
    while (end < ids.length && !isStart(end)) end++;
    const at = 4 * next[ids[k]!]!++;
    ranges[at] = k;
    ranges[at + 2] = end;
    k = end;
  }
  const slices = new BigInt64Array(2 * nodes);
  for (let n = 0; n < nodes; n++) {
    const isEmpty = first[n] === first[n + 1];
    slices[2 * n] = isEmpty ? -1n : BigInt(first[n]!);
    slices[2 * n + 1] = isEmpty ? -1n : BigInt(first[n + 1]!);
  }
  return new Map([
    ["node_id_to_range", { data: slices, width: 2 }],
    ["range_to_edge_id", { data: new BigInt64Array(ranges.buffer), width: 2 }],
  ]);
}
