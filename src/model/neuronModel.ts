/** A neuron model as plain data: what the user gave (`spec`) and what it was found to mean. */
import type { Dimension } from "../base/dimension.ts";
import type { Node } from "./equations/ast.ts";
import type { VariableType } from "./equations/parseEquations.ts";
import type { Statement } from "./equations/statements.ts";
import type { MethodName } from "./integrate/methods.ts";
import type { Range } from "./range.ts";
import type { TimedArray, TimedArraySpec } from "./timedArray.ts";
import type { TimedRead } from "./timedRead.ts";

/** A parameter with more than its value: its unit, its meaning, and what training may do to it. */
export interface ParameterSpec {
  /** A quantity such as "20 ms", or a number in `unit`. */
  readonly value: string | number;
  /** Unit of a plain number, such as "mV"; "1", or nothing, for one without. */
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
  /** What its value must be, in the model and of every neuron: "positive" or "not negative". */
  readonly range?: Range;
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
  readonly initial?: Readonly<Record<string, string | number | boolean>>;
  /** The condition under which the neuron fires. Differentiable where it is `a > b` or `a < b`. */
  readonly spike?: string;
  /** Statements that run after a spike, in order. */
  readonly reset?: string;
  /**
   * Statements that end every step, after the reset, in order. They may read `spike`: whether the neuron fired in this
   * step, as 0 or 1, with the surrogate's derivative (a reset is a selection and has none).
   */
  readonly after?: string;
  /** Brian's custom events: conditions by name, tested with the threshold. An event is a boolean variable of its name. */
  readonly events?: Readonly<Record<string, string>>;
  /** Statements that run after the reset, in the steps in which their event happens (Brian's `run_on_event`). */
  readonly onEvent?: Readonly<Record<string, string>>;
  /**
   * Values over time, which equations read as `name(t)` or `name(t, i)`; also at any other time, as in `name(t - delay)`, and
   * in a column of any number, as in `name(t, i % 2)`. Brian's: a time is rounded to a small part of a step, before the first
   * value and after the last it is the one at the end, and a column that is not there gives NaN.
   */
  readonly timedArrays?: Readonly<Record<string, TimedArraySpec>>;
  /** Functions of expressions, by head: `{ "f(x)": "x**2/(1 + x**2)" }`. */
  readonly functions?: Readonly<Record<string, string>>;
  /** A duration ("5 ms", or an expression in seconds), or a condition under which the neuron stays refractory. */
  readonly refractory?: string;
  /** Where arriving weights are added: a variable (delta synapses) or an `(input)`. */
  readonly port?: string;
  readonly method?: MethodName;
}

/** `held`: set once as a step begins (`constant over dt`). `event`: whether a custom event happened in the step;
 * `lastspike`: when the neuron last fired. */
export type StateKind = "differential" | "difference" | "declared" | "held" | "event" | "lastspike";
export interface State {
  readonly name: string;
  readonly kind: StateKind;
  readonly type: VariableType;
  readonly dimension: Dimension;
  /** SI; 0 or 1 for a boolean. */
  readonly initial: number;
  readonly unlessRefractory: boolean;
  /** Right side: the derivative, the next value, what is held, or the condition of an event. */
  readonly value?: Node;
}
/** States that the model sets itself: nobody else can change them. */
export const isSetByModel = (v: Pick<State, "kind">): boolean =>
  v.kind === "held" || v.kind === "event" || v.kind === "lastspike";

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
  readonly range?: Range;
}
export interface Input {
  readonly name: string;
  readonly dimension: Dimension;
  /** Whether it stands for a variable of another population (`linked`). */
  readonly linked?: boolean;
  /** Linked: whether a shared subexpression reads it, so that it must be the same for all neurons. */
  readonly shared?: boolean;
}
export interface EventRun {
  readonly event: string;
  readonly statements: readonly Statement[];
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
  readonly onEvent: readonly EventRun[];
  readonly timedArrays: readonly TimedArray[];
  /** How they are read, each way once. */
  readonly timedReads: readonly TimedRead[];
  readonly refractory?: Refractory;
  readonly port?: string;
  readonly method?: MethodName;
  /** What can leave by value: states and subexpressions. */
  readonly outputs: readonly string[];
}
