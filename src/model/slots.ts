/** Names of the slots that a neuron's step has beside its variables and parameters. */

/** Refractory steps left (i32), and the condition derived from it. */
export const REFRACTORY = "refractory";
export const ACTIVE = "not_refractory";
/** Who fired, 0 or 1 in the float type, where reset is a step of its own. */
export const SPIKE = "spike";
/** The time of the last spike, in seconds, where a model asks for it. */
export const LAST_SPIKE = "lastspike";
/** The time of a synapse's last event, in seconds, where its equations are event-driven (Brian's name). */
export const LAST_UPDATED = "lastupdate";
/** How many synapses the target of a synapse has, and its source: Brian's names. */
export const N_INCOMING = "N_incoming";
export const N_OUTGOING = "N_outgoing";
/** Time at the start of the step, in seconds (uniform float). */
export const TIME = "t";
/** The number of the step (uniform i32), where equations ask for it: below 2^31, as whole numbers in equations are. */
export const STEP_NUMBER = "t_in_timesteps";
/** The sum of what arrives at a port in this step. */
export const inputSlot = (port: string): string => `in.${port}`;
/** What a simulator adds to the step: lists of spikes, spikes as bits, and which neurons are silenced. */
export const ADDED = ["spikes", "bits", "mask"] as const;
