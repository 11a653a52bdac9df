/** W2: the COBAHH benchmark of Brette et al. 2007: Hodgkin–Huxley neurons (Traub & Miles) with synaptic conductances. */
import { cobahh as net } from "../../../src/tasks/subject/networks/cobahh.ts";
import type { Simulation } from "./simulation.ts";

export const cobahh = (seconds: number): Simulation => ({ net: net(), seconds, rates: { all: [30, 43] } });
