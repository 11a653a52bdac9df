/**
 * Which neuron a `model_template` means, as a table: its equations here, what its parameters are called there and in what
 * unit, where weights arrive. What has no row is refused by its name.
 */
import { DataError, listNames } from "../../base/errors.ts";
import type { NeuronSpec } from "../../model/neuronModel.ts";
import { conductanceBased, conductanceByTime, currentBased, delta, intFire1 } from "./models.ts";

/** A parameter of a template. */
export interface TemplateParameter {
  /** The name here. */
  readonly to: string;
  /** Of ten: what the unit there is in SI, such as -3 for mV. */
  readonly exponent: number;
  /** In the template's unit, where nothing is given; none: it must be given. */
  readonly value?: number;
  /** A state before the first step, and no parameter. */
  readonly initial?: boolean;
}
/** Where what arrives goes, by its sign (or where an edge type says `inhibitory`). */
export interface TemplatePorts {
  readonly excitatory: string;
  readonly inhibitory: string;
  /** Whether the weight of what inhibits is turned round: a conductance is never below 0. */
  readonly turned: boolean;
}
export interface Template {
  readonly spec: NeuronSpec;
  readonly parameters: Readonly<Record<string, TemplateParameter>>;
  /** Names that are known and change nothing here. */
  readonly idle: readonly string[];
  readonly ports: TemplatePorts;
  /** Of ten: the unit of weights in SI. */
  readonly weightExponent: number;
  /** ms, where an edge says nothing: what the simulator takes. */
  readonly delay: number;
  /** States that start at a parameter's value, where nothing is given. */
  readonly startsAt?: Readonly<Record<string, string>>;
  /**
   * Coefficients that must be those of all neurons of a population for its steps to be exact: a chain of three variables (alpha
   * function, its drive, the membrane) has a closed form for numbers alone.
   */
  readonly alike?: readonly string[];
  /** Templates of edges that do no more than add a weight. */
  readonly synapses: readonly string[];
}

const milli = (to: string, value?: number): TemplateParameter => ({
  to,
  exponent: -3,
  ...(value !== undefined && { value }),
});
const pico = (to: string, value: number): TemplateParameter => ({ to, exponent: -12, value });
const nano = (to: string, value: number): TemplateParameter => ({ to, exponent: -9, value });
const startsAt = (to: string, value: number): TemplateParameter => ({ to, exponent: -3, value, initial: true });

/** What NEST's neurons have in common. `V_m` stays at its own default where `E_L` alone is set. */
const NEST_MEMBRANE = {
  C_m: pico("c", 250),
  E_L: milli("el", -70),
  V_th: milli("vTh", -55),
  V_reset: milli("vReset", -70),
  t_ref: milli("tRef", 2),
  I_e: pico("ie", 0),
  V_m: startsAt("v", -70),
};
/** Of plasticity, which belongs to synapses that are refused. */
const NEST_IDLE = ["tau_minus", "tau_minus_triplet"];
const NEST = { idle: NEST_IDLE, delay: 1, synapses: ["static_synapse"] };

const nestCurrent = (rise: "alpha" | "exp"): Template => ({
  ...NEST,
  ...(rise === "alpha" && { alike: ["C_m", "tau_m", "tau_syn_ex", "tau_syn_in"] }),
  spec: currentBased(rise),
  parameters: {
    ...NEST_MEMBRANE,
    tau_m: milli("tauM", 10),
    tau_syn_ex: milli("tauEx", 2),
    tau_syn_in: milli("tauIn", 2),
  },
  ports: portsOf(rise, "i", false),
  weightExponent: -12,
});
const nestConductance = (rise: "alpha" | "exp"): Template => ({
  ...NEST,
  spec: conductanceBased(rise),
  parameters: {
    ...NEST_MEMBRANE,
    V_reset: milli("vReset", -60),
    g_L: nano("gl", 16.6667),
    E_ex: milli("eEx", 0),
    E_in: milli("eIn", -85),
    tau_syn_ex: milli("tauEx", 0.2),
    tau_syn_in: milli("tauIn", 2),
  },
  ports: portsOf(rise, "g", true),
  weightExponent: -9,
});
function portsOf(rise: "alpha" | "exp", letter: "i" | "g", turned: boolean): TemplatePorts {
  const of = (end: string): string => `${rise === "alpha" ? "d" : ""}${letter}${end}`;
  return { excitatory: of("Ex"), inhibitory: of("In"), turned };
}

const PYNN = { idle: [], delay: 0.1, synapses: ["static_synapse", "StaticSynapse"], startsAt: { v: "el" } };
const PYNN_MEMBRANE = {
  cm: nano("c", 1),
  tau_m: milli("tauM", 20),
  v_rest: milli("el", -65),
  v_thresh: milli("vTh", -50),
  v_reset: milli("vReset", -65),
  tau_refrac: milli("tRef", 0.1),
  i_offset: nano("ie", 0),
};
const pynnTimes = (ms: number): Record<string, TemplateParameter> => ({
  tau_syn_E: milli("tauEx", ms),
  tau_syn_I: milli("tauIn", ms),
});
const pynnCurrent = (rise: "alpha" | "exp"): Template => ({
  ...PYNN,
  ...(rise === "alpha" && { alike: ["cm", "tau_m", "tau_syn_E", "tau_syn_I"] }),
  spec: currentBased(rise),
  parameters: { ...PYNN_MEMBRANE, ...pynnTimes(rise === "alpha" ? 0.5 : 5) },
  ports: portsOf(rise, "i", false),
  weightExponent: -9,
});
const pynnConductance = (rise: "alpha" | "exp"): Template => ({
  ...PYNN,
  spec: conductanceByTime(rise),
  parameters: {
    ...PYNN_MEMBRANE,
    e_rev_E: milli("eEx", 0),
    e_rev_I: milli("eIn", -70),
    ...pynnTimes(rise === "alpha" ? 0.3 : 5),
  },
  ports: portsOf(rise, "g", true),
  weightExponent: -6,
});

/** Defaults: NEST 3's and PyNN 0.12's; IntFire1 in seconds, as SONATA's own examples and BMTK have it. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  "nest:iaf_psc_alpha": nestCurrent("alpha"),
  "nest:iaf_psc_exp": nestCurrent("exp"),
  "nest:iaf_psc_delta": {
    ...NEST,
    spec: delta,
    parameters: { ...NEST_MEMBRANE, tau_m: milli("tauM", 10) },
    ports: { excitatory: "v", inhibitory: "v", turned: false },
    weightExponent: -3,
  },
  "nest:iaf_cond_alpha": nestConductance("alpha"),
  "nest:iaf_cond_exp": nestConductance("exp"),
  "pynn:IF_curr_alpha": pynnCurrent("alpha"),
  "pynn:IF_curr_exp": pynnCurrent("exp"),
  "pynn:IF_cond_alpha": pynnConductance("alpha"),
  "pynn:IF_cond_exp": pynnConductance("exp"),
  "nrn:IntFire1": {
    spec: intFire1,
    parameters: { tau: { to: "tau", exponent: 0 }, refrac: { to: "refrac", exponent: 0 } },
    idle: ["type"],
    ports: { excitatory: "m", inhibitory: "m", turned: false },
    weightExponent: 0,
    delay: 1,
    synapses: [],
  },
};

/** The schema of templates that this project writes: `rheobase:FILE`, a neuron's own description. */
export const OWN_SCHEMA = "rheobase:";
/** The template of edges that add their weight, in SI units, to such a neuron. */
export const OWN_WEIGHT = `${OWN_SCHEMA}weight`;

/** @throws {DataError} `unsupported` for a template without a counterpart */
export function templateOf(name: string, where: string): Template {
  if (Object.hasOwn(TEMPLATES, name)) return TEMPLATES[name]!;
  const known = listNames([...Object.keys(TEMPLATES), `${OWN_SCHEMA}FILE`]);
  throw new DataError("unsupported", where, `model_template '${name}' has no counterpart here; known: ${known}`);
}

/** `x · 10^exponent`, as if the unit had been written with the number: 0.1 ms are the double nearest to 1e-4 s. */
export function scaled(x: number, exponent: number): number {
  const [digits, power = "0"] = String(x).split("e");
  return exponent === 0 ? x : Number(`${digits}e${Number(power) + exponent}`);
}
