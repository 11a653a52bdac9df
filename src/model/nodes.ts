/** What the three kinds of node of a network have in common. */
interface Sized {
  readonly size: number;
  readonly shape?: readonly number[];
}
export interface Nodes {
  readonly inputs: Readonly<Record<string, Sized>>;
  readonly populations: Readonly<Record<string, Sized>>;
  readonly transforms: Readonly<Record<string, Sized>>;
}

/** Neurons or channels of any node. */
export const sizeOf = (net: Nodes, node: string): number =>
  (net.inputs[node] ?? net.populations[node] ?? net.transforms[node])!.size;
/** Dimensions of any node; one where it says nothing else. */
export function shapeOfNode(net: Nodes, node: string): readonly number[] {
  const { size, shape } = (net.inputs[node] ?? net.populations[node] ?? net.transforms[node])!;
  return shape ?? [size];
}
