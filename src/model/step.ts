/**
 * From a neuron model to IR steps.
 *
 * A step runs phases in the order that the schedule gives; each changes the current values of the states:
 *   update     refractory counter, integrator and difference equations
 *   receive    a state that is a port takes what arrived; one marked `unless refractory` refuses it while refractory (Brian)
 *   threshold  fires where the condition holds and the neuron is not refractory
 *   reset      the reset's statements, in order, where it fired; then those of `after`, whether it fired or not
 * A schedule may split the phases over several steps: one call for each group. A phase `reset` without its threshold reads slot
 * `spike` (0 or 1 in the step's float type), where the caller has stored what the threshold found.
 *
 * Refractory periods count whole steps in slot `refractory` (i32). A spike in step k sets it to
 * N = max(1, floor(duration/dt + 0.001)); each update takes one off first; above zero the neuron is refractory. So it is
 * still refractory in steps k+1 … k+N-1, and the next spike comes in step k+N at the earliest: Brian's
 * `not_refractory = timestep(t - lastspike, dt) >= timestep(refractory, dt)` (brian2/groups/neurongroup.py, since 2.1).
 * NEST holds the neuron one step longer: `spikeStepCounts: false`.
 */
import { listNames, ModelError, requirePositive } from "../base/errors.ts";
import { type Expr, topological } from "../ir/expr.ts";
import type { Slot, Step } from "../ir/step.ts";
import type { FloatType, Type } from "../ir/types.ts";
import { finish } from "./finish.ts";
import { meaningOf, systemOf } from "./meaning.ts";
import type { NeuronModel } from "./neuronModel.ts";
import { type Course, runPhases, type Setting, subexpressionsIn } from "./phases.ts";
import type { Phase } from "./schedule.ts";
import { STEP_NUMBER, TIME } from "./slots.ts";
import { isSameForAll } from "./timedRead.ts";
import { tableSlots } from "./timedTable.ts";

export interface NeuronStepOptions {
  readonly type: FloatType;
  /** Seconds a step; written into the step as a number. */
  readonly dt: number;
  /** What the step does, in order. */
  readonly phases: readonly Phase[];
  /** Ports that receive something: each has a slot `in.<port>` with the sum of this step. The others are zero and vanish. */
  readonly connected?: ReadonlySet<string>;
  /** Parameters with one value a neuron (`element` slots); the others are `uniform`. */
  readonly perNeuron?: ReadonlySet<string>;
  /** Parameters written into the step as numbers (SI): what `exact` needs for chains and loops. */
  readonly constants?: ReadonlyMap<string, number>;
  /** Whether the step of a spike is the first of its refractory period (Brian: yes; NEST: no). */
  readonly spikeStepCounts?: boolean;
  /** Number of the first random stream (one for each `rand()` and the like); populations need different ones. */
  readonly firstStream?: number;
  /** Neurons of the population, for `N` in its equations; default 1. */
  readonly count?: number;
  /** Whether those above threshold compete, so that the phases after it learn from slot `spike` who fired; default no. */
  readonly contested?: boolean;
}

export interface NeuronStep {
  /** Stores every state that changes. Slots cover `spike`, `spikeValue` and `outputs` too, which the caller may store. */
  readonly step: Step;
  /** Whether the neuron fires, where the step tests the threshold: bool. */
  readonly spike?: Expr;
  /** The same as 0 or 1; a `spike` node (differentiable) where the condition is `a > b` or `a < b`. */
  readonly spikeValue?: Expr;
  /** Where they compete, how far the neuron is above threshold: float. */
  readonly excess?: Expr;
  /** States and subexpressions after the step. */
  readonly outputs: ReadonlyMap<string, Expr>;
}

/**
 * The IR of some phases of a neuron's step.
 * @throws {ModelError} `unknown-name` for ports and parameters that the model lacks; `unsupported` where the method cannot integrate it
 */
export function neuronStep(model: NeuronModel, options: NeuronStepOptions): NeuronStep {
  const {
    dt,
    phases,
    connected = new Set(),
    perNeuron = new Set(),
    constants = new Map(),
    spikeStepCounts = true,
    firstStream = 0,
    count = 1,
    contested = false,
  } = options;
  requirePositive(`${model.name}.dt`, dt, "s");
  checkOptions(model, connected, [...perNeuron, ...constants.keys()]);
  const meaning = meaningOf(model, { dt, connected, constants, firstStream, count });
  const setting: Setting = {
    model,
    meaning,
    system: systemOf(model, meaning),
    connected,
    extraSteps: spikeStepCounts ? 0 : 1,
    contested,
  };
  return assemble(runPhases(phases, setting), setting, perNeuron, options);
}

function checkOptions(model: NeuronModel, ports: Iterable<string>, parameters: Iterable<string>): void {
  const known = new Set([...model.inputs, ...model.variables.filter((v) => v.type === "float")].map((x) => x.name));
  for (const port of ports)
    if (!known.has(port))
      throw new ModelError(
        "unknown-name",
        `${model.name}.${port}`,
        `no port called '${port}'; known: ${listNames(known)}`,
      );
  const own = model.parameters.map((p) => p.name);
  for (const name of parameters)
    if (!own.includes(name))
      throw new ModelError(
        "unknown-name",
        `${model.name}.${name}`,
        `no parameter called '${name}'; known: ${listNames(own)}`,
      );
}

/** All results get their type at once, so that they share what they have in common. */
function assemble(
  course: Course,
  setting: Setting,
  perNeuron: ReadonlySet<string>,
  { type, phases, contested }: NeuronStepOptions,
): NeuronStep {
  const states = [...course.values].filter(([name, e]) => !(e.tag === "read" && e.slot === name));
  const named = [...course.values, ...subexpressionsIn(course, setting)].filter(([name]) =>
    setting.model.outputs.includes(name),
  );
  const excess = contested ? course.excess : undefined;
  const events = [course.fired, course.spikeValue, excess].filter((e) => e !== undefined);
  const final = finish([...states, ...named].map(([, e]) => e).concat(events), type);
  const uniform = new Set([
    TIME,
    STEP_NUMBER,
    ...setting.model.timedArrays.flatMap(tableSlots),
    ...setting.model.timedReads.filter((x) => isSameForAll(x, perNeuron)).map((x) => x.slot),
    ...setting.model.parameters.map((p) => p.name).filter((name) => !perNeuron.has(name)),
  ]);
  const [spike, spikeValue, above] = final.slice(states.length + named.length);
  return {
    step: {
      name: `${setting.model.name}.${phases.join("+")}`,
      slots: slotsOf(
        states.map(([name]) => name),
        final,
        uniform,
      ),
      stores: states.map(([slot], k) => ({ slot, mode: "set", value: final[k]! })),
    },
    ...(spike && spikeValue && { spike, spikeValue }),
    ...(above && { excess: above }),
    outputs: new Map(named.map(([name], k) => [name, final[states.length + k]!])),
  };
}

/** Slots that are read by any result, or stored. */
function slotsOf(stored: readonly string[], values: readonly Expr[], uniform: ReadonlySet<string>): Slot[] {
  const types = new Map<string, Type>(stored.map((name, k) => [name, values[k]!.type]));
  for (const e of topological(values)) if (e.tag === "read") types.set(e.slot, e.type);
  return [...types].map(([name, type]) => ({ name, type, space: uniform.has(name) ? "uniform" : "element" }));
}
