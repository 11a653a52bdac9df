/** Events of an input, without chance: so many within the steps, of n neurons. */
export const events = (count: number, steps: number, n: number) => {
  const all = Array.from({ length: count }, (_, k) => [(k * 7919) % steps, (k * 104729) % n] as const);
  all.sort((p, q) => p[0] - q[0]);
  return { steps: all.map((e) => e[0]), indices: all.map((e) => e[1]) };
};
