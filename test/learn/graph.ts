/** Reverse-mode differentiation of scalars, as slow and obvious as possible: what gradients are compared with. */

/** A number, and how much it changes with each number it was made from. */
export class Value {
  gradient = 0;
  readonly value: number;
  readonly from: readonly Value[];
  readonly slopes: readonly number[];

  constructor(value: number, from: readonly Value[], slopes: readonly number[]) {
    this.value = value;
    this.from = from;
    this.slopes = slopes;
  }
}

/** Everything computed, in order. */
export class Graph {
  readonly #nodes: Value[] = [];

  leaf(value: number): Value {
    return this.apply(value, [], []);
  }
  apply(value: number, from: readonly Value[], slopes: readonly number[]): Value {
    const made = new Value(value, from, slopes);
    this.#nodes.push(made);
    return made;
  }
  /** Σ factor·x + constant */
  linear(terms: readonly (readonly [factor: number, x: Value])[], constant = 0): Value {
    return this.apply(
      terms.reduce((sum, [k, x]) => sum + k * x.value, constant),
      terms.map(([, x]) => x),
      terms.map(([k]) => k),
    );
  }
  sum(terms: readonly Value[]): Value {
    return this.linear(terms.map((x) => [1, x]));
  }
  /** Σ a·b */
  dot(a: readonly Value[], b: (k: number) => Value): Value {
    const [from, slopes]: [Value[], number[]] = [[], []];
    let sum = 0;
    for (const [k, x] of a.entries()) {
      const y = b(k);
      sum += x.value * y.value;
      from.push(x, y);
      slopes.push(y.value, x.value);
    }
    return this.apply(sum, from, slopes);
  }
  square(x: Value): Value {
    return this.apply(x.value ** 2, [x], [2 * x.value]);
  }

  /** Sets the gradient of `result` with respect to everything. */
  backward(result: Value): void {
    result.gradient = 1;
    for (const node of this.#nodes.reverse())
      node.from.forEach((x, k) => {
        x.gradient += node.gradient * node.slopes[k]!;
      });
  }
}
