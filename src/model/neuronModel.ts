/** A neuron model as plain data: what the user gave (`spec`) and what it was found to mean. */
import type { Dimension } from "../base/dimension.ts";
import type { Node } from "./equations/ast.ts";
import type { VariableType } from "./equations/parseEquations.ts";
import type { Statement } from "./equations/statements.ts";
import type { MethodName } from "./integrate/methods.ts";

/** A parameter with more than its value: its unit, its meaning, and what training may do to it. */
export interface ParameterSpec {
  /** A quantity such as "20 ms", or a number in `unit`. */
  readonly value: string | number;
  /** Unit of a plain number, such as "mV". */
  readonly unit?: string;
  readonly doc?: string;
  /** Whether training changes it in populations that do not say what trains. */
  readonly trainable?: boolean;
  /**
   * What training keeps it at or above, and at or below: quantities, or numbers in `unit`. A duration without `min` is kept
   * at or above one step of the network.
   */
  readonly min?: string | number;
  readonly max?: string | number;
}
/** What `neuron` takes: text and numbers only, so that JSON holds all of it. */
export interface NeuronSpec {
  readonly name: string;
  readonly doc?: string;
  /** Where the model was published. */
  readonly source?: string;
  readonly equations: string;
  readonly parameters?: Readonly<Record<string, string | number | ParameterSpec>>;
  /** Values of states before the first step: quantities, or expressions of parameters. Zero where absent. */
  readonly initial?: Readonly<Record<string, string | number>>;
  /** The condition under which the neuron fires. Differentiable where it is `a > b` or `a < b`. */
  readonly spike?: string;
  /** Statements that run after a spike, in order. */
  readonly reset?: string;
  /**
   * Statements that end every step, after the reset, in order. They may read `spike`: whether the neuron fired in this
   * step, as 0 or 1, with the surrogate's derivative (a reset is a selection and has none).
   */
  readonly after?: string;
  /** A duration ("5 ms", or an expression in seconds), or a condition under which the neuron stays refractory. */
  readonly refractory?: string;
  /** Where arriving weights are added: a variable (delta synapses) or an `(input)`. */
  readonly port?: string;
  readonly method?: MethodName;
}

export type StateKind = "differential" | "difference" | "declared";
export interface State {
  readonly name: string;
  readonly kind: StateKind;
  readonly type: VariableType;
  readonly dimension: Dimension;
  /** SI; 0 or 1 for a boolean. */
  readonly initial: number;
  readonly unlessRefractory: boolean;
  /** Right side: the derivative, or the next value. */
  readonly value?: Node;
}
export interface Parameter {
  readonly name: string;
  /** SI. */
  readonly value: number;
  readonly dimension: Dimension;
  readonly doc?: string;
  readonly trainable: boolean;
  /** SI; absent where nothing was said. */
  readonly min?: number;
  readonly max?: number;
}
export interface Input {
  readonly name: string;
  readonly dimension: Dimension;
}
export interface Subexpression {
  readonly name: string;
  readonly type: VariableType;
  readonly dimension: Dimension;
  readonly value: Node;
}
export interface Refractory {
  readonly kind: "duration" | "condition";
  readonly value: Node;
}

/**
 * A neuron model as it was understood: what the user gave, and the states, parameters, inputs and outputs found in
 * it.
 */
export interface NeuronModel {
  readonly name: string;
  readonly spec: NeuronSpec;
  /** States, in the order of the equations. */
  readonly variables: readonly State[];
  readonly parameters: readonly Parameter[];
  readonly inputs: readonly Input[];
  /** Each after those that it reads. */
  readonly subexpressions: readonly Subexpression[];
  readonly spike?: Node;
  readonly reset: readonly Statement[];
  /** End every step; read the spike as a number. */
  readonly after: readonly Statement[];
  readonly refractory?: Refractory;
  readonly port?: string;
  readonly method?: MethodName;
  /** What can leave by value: states and subexpressions. */
  readonly outputs: readonly string[];
}
