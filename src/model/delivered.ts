/** Which connections an engine delivers by groups of delays (`sim/lower/delivery.ts`). */
import { type Connection, hasMatrix } from "./connection.ts";

/** Spikes through synapses that just add their weight, where delays differ or a storage is asked for. */
export const isDelivered = (c: Connection): boolean =>
  !c.synapse && c.from.port === "spike" && !hasMatrix(c) && (c.delays !== undefined || c.storage !== undefined);
