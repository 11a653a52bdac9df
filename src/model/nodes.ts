/** What the three kinds of node of a network have in common. */
interface Sized {
  readonly size: number;
}
interface Nodes {
  readonly inputs: Readonly<Record<string, Sized>>;
  readonly populations: Readonly<Record<string, Sized>>;
  readonly transforms: Readonly<Record<string, Sized>>;
}

/** Neurons or channels of any node. */
export const sizeOf = (net: Nodes, node: string): number =>
  (net.inputs[node] ?? net.populations[node] ?? net.transforms[node])!.size;
