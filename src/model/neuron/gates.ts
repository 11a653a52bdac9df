/** Gates of ion channels, as text: a gate opens and closes at rates that follow the membrane. */

/** Rates as expressions of a voltage, which is given as text. */
export interface Gate {
  readonly opens: (u: string) => string;
  readonly closes: (u: string) => string;
}

/** Equations of the gates by name, with `u` (text) for the voltage that they see, and `pace` before every rate. */
export const gateEquations = (gates: Readonly<Record<string, Gate>>, u: string, pace = ""): string =>
  Object.entries(gates)
    .map(
      ([x, { opens, closes }]) => `
        d${x}/dt = ${pace}(alpha${x}*(1 - ${x}) - beta${x}*${x}) : 1
        alpha${x} = ${opens(u)} : Hz
        beta${x} = ${closes(u)} : Hz`,
    )
    .join("");

/** Where the gates settle at a voltage. */
export const settled = (gates: Readonly<Record<string, Gate>>, u: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(gates).map(([x, { opens, closes }]) => [x, `${opens(u)}/(${opens(u)} + ${closes(u)})`]),
  );
