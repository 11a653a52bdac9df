/**
 * Neurons as the simulator runs them, for every backend: each model of the library with each reset, each integrator on
 * equations that suit it, whole and boolean variables, functions, noise; small networks of every kind of connection.
 * All must equal the interpreter in every bit of every variable.
 */
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { oneToOne, pairs, probability } from "../../src/model/connectivity.ts";
import { gru, lstm, spikingLstm } from "../../src/model/gated.ts";
import { glorotUniform, orthogonal, truncatedNormal, uniform } from "../../src/model/initializer.ts";
import type { MethodName } from "../../src/model/integrate/methods.ts";
import { liquid, liquidReadout } from "../../src/model/liquid.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { adex } from "../../src/model/neuron/adex.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { alphaLif } from "../../src/model/neuron/alphaLif.ts";
import { balancedResonateAndFire } from "../../src/model/neuron/balancedResonateAndFire.ts";
import { cobaLif } from "../../src/model/neuron/cobaLif.ts";
import { cubaLif } from "../../src/model/neuron/cubaLif.ts";
import { eif } from "../../src/model/neuron/eif.ts";
import { gif } from "../../src/model/neuron/gif.ts";
import { hodgkinHuxley } from "../../src/model/neuron/hodgkinHuxley.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { izhikevich } from "../../src/model/neuron/izhikevich.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear as linearUnit } from "../../src/model/neuron/linear.ts";
import { maskedPsn } from "../../src/model/neuron/maskedPsn.ts";
import { parametricLif } from "../../src/model/neuron/parametricLif.ts";
import { qif } from "../../src/model/neuron/qif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { resonateAndFire } from "../../src/model/neuron/resonateAndFire.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import { secondOrderLif } from "../../src/model/neuron/secondOrderLif.ts";
import { slidingPsn } from "../../src/model/neuron/slidingPsn.ts";
import type { Reset } from "../../src/model/neuron/spiking.ts";
import { synapseFilter } from "../../src/model/neuron/synapseFilter.ts";
import { traubMiles } from "../../src/model/neuron/traubMiles.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { denseLayer, input, type Layer, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { synapse } from "../../src/model/synapse.ts";
import { batchNorm, concat, residual, softmax, sum } from "../../src/model/transform.ts";
import { values } from "./cases.ts";

export interface NeuronCase {
  readonly name: string;
  readonly net: Network;
  readonly steps: number;
  /** Steps of one run. */
  readonly block?: number;
  readonly record: readonly string[];
  /** Values `[steps][size]` of input `x`. */
  readonly drive: Float64Array;
}

/** Different for each neuron: slow waves, with a little irregularity. */
function waves(size: number, steps: number, [low, high]: readonly [number, number]): Float64Array {
  const next = values(size + steps);
  return Float64Array.from({ length: size * steps }, (_, k) => {
    const [t, n] = [Math.floor(k / size), k % size];
    return low + (high - low) * (0.5 + 0.4 * Math.sin(t / (30 + 11 * n) + n) + 0.2 * (next() - 0.5));
  });
}

interface Drive {
  readonly port?: string;
  readonly range: readonly [number, number];
  readonly steps?: number;
  readonly dt?: string;
  readonly schedule?: ScheduleName;
  /** Default all outputs. */
  readonly record?: readonly string[];
}

/** A population whose neurons are driven one by one. Sizes leave a tail after whole vectors of four, of two, or none. */
let count = 0;
function driven(
  name: string,
  model: NeuronModel,
  { range, port, steps = 10_000, dt = "1 ms", schedule = "layered", record = model.outputs }: Drive,
): NeuronCase {
  const size = [3, 5, 4, 6][count++ % 4]!;
  const delay = schedule === "nest" ? 1 : 0;
  const net = network({
    name: "driven",
    dt,
    schedule,
    inputs: { x: inputNode(size, { signal: "values" }) },
    populations: { n: population(size, model) },
    connections: [connect("x", "n", { connectivity: oneToOne, weight: 1, delay, ...(port && { port }) })],
  });
  return { name, net, steps, drive: waves(size, steps, range), record: record.map((v) => `n.${v}`) };
}

const RESETS: readonly [string, Reset][] = [
  ["to zero", "zero"],
  ["by subtraction", "subtract"],
  ["to a value", { to: -0.5 }],
];
function* library(): Generator<NeuronCase> {
  for (const [what, reset] of RESETS) {
    const refractory = { reset, refractory: "3 ms" };
    yield driven(`lif ${what}`, lif({ reset }), { port: "i", range: [0, 3] });
    yield driven(`lif ${what}, refractory`, lif(refractory), { port: "i", range: [0, 3] });
    yield driven(`lif ${what}, brian`, lif(refractory), { port: "v", range: [-0.1, 0.3], schedule: "brian" });
    yield driven(`integrate-and-fire ${what}`, integrateAndFire({ reset }), { port: "v", range: [-0.2, 0.5] });
  }
  const slow = integrateAndFire({ reset: "subtract", refractory: "3 ms" });
  yield driven("integrate-and-fire, refractory", slow, { port: "v", range: [-0.2, 0.5], schedule: "loihi" });
  yield driven("leaky integrator", leakyIntegrator(), { port: "v", range: [-1, 1] });
  yield driven("relu", relu(), { range: [-1, 1] });
}

/** Ranges are currents in SI units, or weights that arrive in every step. */
const CLASSICAL: readonly (readonly [NeuronModel, Drive])[] = [
  [alphaLif(), { range: [0, 0.6] }],
  [secondOrderLif({ refractory: "3 ms" }), { range: [0, 0.6], record: ["v", "i", "x"] }],
  [cobaLif(), { range: [0, 4e-9], dt: "0.1 ms", schedule: "brian" }],
  [qif(), { range: [0, 20e-3], dt: "0.1 ms" }],
  [eif(), { range: [0, 20e-3], dt: "0.1 ms" }],
  [adex(), { range: [0, 2e-9], dt: "0.1 ms", schedule: "nest" }],
  [izhikevich(), { range: [0, 30], dt: "0.5 ms" }],
  [hodgkinHuxley(), { range: [0, 0.3], dt: "0.05 ms", steps: 3000 }],
  [traubMiles(), { range: [0, 2e-9], port: "i", dt: "0.05 ms", steps: 3000 }],
  [gif(), { range: [0, 1e-9] }],
  [resonateAndFire(), { range: [-1, 1] }],
  [balancedResonateAndFire(), { range: [-40, 80], dt: "10 ms" }],
  [slidingPsn({ order: 5 }), { range: [-0.5, 1] }],
  [synapseFilter({ tauRise: "2 ms" }), { range: [0, 1], port: "x" }],
  [maskedPsn({ steps: 9, order: 4 }), { range: [-0.5, 1], record: ["h", "x3"] }],
];
function* classical(): Generator<NeuronCase> {
  for (const [model, drive] of CLASSICAL) {
    const moving = drive.record ?? model.outputs.filter((name) => !CONSTANT.has(name));
    yield driven(model.name, model, { ...drive, record: moving });
  }
}
/** Nothing arrives at the other conductance. */
const CONSTANT: ReadonlySet<string> = new Set(["ge", "gi"]);

/** Subexpressions such as decay factors do not change, so that only states are recorded. */
function* trained(): Generator<NeuronCase> {
  for (const schedule of ["layered", "brian"] as const) {
    const yin = { range: [-0.1, 0.6], record: ["v", "b", "s", "theta"], schedule } as const;
    yield driven(`alif, ${schedule}`, alif(), yin);
    yield driven(`se-adlif, ${schedule}`, seAdLif(), { range: [-10, 60], record: ["u", "w"], schedule });
  }
  for (const [what, reset] of RESETS) {
    yield driven(`cuba-lif ${what}`, cubaLif({ reset, refractory: "3 ms" }), { port: "i", range: [-0.2, 1] });
    yield driven(`cuba-lif ${what}, euler`, cubaLif({ reset, integration: "euler" }), { range: [-0.2, 1] });
    yield driven(`parametric LIF ${what}`, parametricLif({ reset }), { range: [0, 3] });
  }
}

/** Layers as `sequential` wires them, with drawn time constants. */
function* layers(): Generator<NeuronCase> {
  const steps = 10_000;
  const entry = input(5, { signal: "values" });
  const taus = {
    tauM: truncatedNormal(0.02, 0.005, { low: 0.001 }),
    tauA: truncatedNormal(0.15, 0.01, { low: 0.001 }),
  };
  const wires = { weight: orthogonal(2) };
  const cases: [string, Layer[], string[]][] = [
    ["GRU", [entry, gru(6), denseLayer(3, { weight: glorotUniform() }), linearUnit()], ["hidden.h", "output.y"]],
    [
      "spiking LSTM",
      [entry, spikingLstm(9), denseLayer(3, { weight: glorotUniform() }), readout()],
      ["hidden.h", "hidden.c", "output.v"],
    ],
    ["LSTM", [entry, lstm(5), denseLayer(3), linearUnit()], ["hidden.h", "hidden.c", "output.y"]],
    ["liquid neurons", [entry, liquid(6), liquidReadout(3)], ["hidden_drive.y", "hidden.v", "hidden.b", "output.v"]],
    [
      "recurrent ALIF",
      [entry, denseLayer(7, wires), neurons(alif(), { recurrent: true, parameters: taus }), denseLayer(3), readout()],
      ["hidden.v", "hidden.b", "output.v"],
    ],
    [
      "recurrent SE-adLIF",
      [
        entry,
        denseLayer(6, { weight: uniform(0, 20) }),
        neurons(seAdLif(), { recurrent: true, parameters: { a: uniform(0, 1), b: uniform(0, 2) } }),
        denseLayer(3),
        readout(),
      ],
      ["hidden.u", "hidden.w", "output.v"],
    ],
  ];
  for (const [name, list, record] of cases) {
    const net = sequential(list, { steps });
    yield { name, net, steps, drive: waves(5, steps, [-1, 2]), record };
  }
}

/** FitzHugh 1961, Nagumo 1962: cubic in v. */
const fitzHughNagumo = (method: MethodName): NeuronModel =>
  neuron({
    name: "fhn",
    method,
    equations: `
      dv/dt = (v - v**3/3 - w + i)/ms : 1
      dw/dt = 0.08*(v + 0.7 - 0.8*w)/ms : 1
      i : 1 (input)`,
    spike: "v > 1.5",
    refractory: "v > 0",
  });
const linear = (method: MethodName): NeuronModel =>
  neuron({
    name: "linear",
    method,
    equations: `
      dv/dt = (ge - v)/(20*ms) : 1 (unless refractory)
      dge/dt = (x - ge)/(5*ms) : 1
      dx/dt = (i - x)/(5*ms) : 1
      i : 1 (input)`,
    spike: "v > 1",
    reset: "v -= 1",
    refractory: "2.5 ms",
  });
const oscillator = neuron({
  name: "oscillator",
  method: "symplecticEuler",
  equations: "dp/dt = -q/(3*ms) + i/(50*ms) : 1\ndq/dt = p/(3*ms) : 1\ni : 1 (input)",
  initial: { p: 1 },
});
function* integrators(): Generator<NeuronCase> {
  for (const [method, dt, steps] of [
    ["exponentialEuler", "0.05 ms", 2000],
    ["rk4", "0.02 ms", 1000],
    ["heun", "0.02 ms", 1000],
  ] as const)
    yield driven(`Hodgkin-Huxley, ${method}`, neuron({ ...traubMiles().spec, method }), {
      ...{ port: "i", range: [0, 3e-9], dt, steps, record: ["v", "m", "h", "n"] },
    });
  for (const method of ["euler", "heun", "rk2", "rk4"] as const)
    yield driven(`FitzHugh-Nagumo, ${method}`, fitzHughNagumo(method), {
      range: [0, 1],
      dt: "0.1 ms",
      schedule: method === "rk2" ? "brian" : "layered",
    });
  for (const method of ["exact", "matrixExponential", "exponentialEuler", "rk4"] as const)
    yield driven(`linear, ${method}`, linear(method), {
      range: [0, 4],
      schedule: method === "exact" ? "nest" : "layered",
    });
  yield driven("oscillator, symplecticEuler", oscillator, { range: [-1, 1] });
}

const counting = neuron({
  name: "counting",
  equations: `
    level : integer
    up : boolean
    v[t+1] = v + i : 1
    near = abs(v) < 0.3 and not up : boolean
    code = level*3 - 2 + int(near) : integer
    i : 1 (input)`,
  spike: "v > 1 or v < -1",
  reset: "level = int(v*5) + level % 7; up = not up; v = 0",
  initial: { level: 2, up: "True" },
});
const functions = neuron({
  name: "functions",
  equations: `
    a = sin(3*x) + cos(x)*tan(x/4) : 1
    b = exp(-x**2) + expm1(x/10) + exprel(x) : 1
    c = log(1 + abs(x)) + log10(2 + x**2) + sqrt(abs(x)) : 1
    d = tanh(x) + sigmoid(2*x) + sinh(x/4)/cosh(x/4) : 1
    e1 = floor(x) + ceil(x/2) + sign(x) + x % 0.7 + x//0.3 : 1
    f = clip(x, -0.5, 0.5) + min(x, 0.2, -x) + max(x, 0) + where(x > 0 and x < 1, x, -x) : 1
    g = abs(x)**1.7 + (1 + x**2)**(-0.5) + x**3 : 1
    s[t+1] = 0.9*s + 0.01*(a + b + c + d + e1 + f + g) : 1
    x : 1 (input)`,
});
const noisy = neuron({
  name: "noisy",
  equations: `
    dv/dt = (i - v)/tau + sigma*xi/sqrt(tau) : 1
    th[t+1] = 1 + 0.1*(th - 1) + 0.05*randn() : 1
    k[t+1] = poisson(0.3) + rand() : 1
    i : 1 (input)`,
  parameters: { tau: "10 ms", sigma: 0.4 },
  spike: "v > th",
  reset: "v = 0.2*rand()",
  initial: { th: 1 },
});
const timed = neuron({
  name: "timed",
  equations: "dv/dt = (sin(2*pi*7*Hz*t) + i - v)/(5*ms) : 1\ni : 1 (input)",
  spike: "v > 0.5 and t > 20*ms",
  reset: "v -= 0.5",
});
/** Izhikevich 2003; the quadratic term overflows where it is not reset. */
const dimensionless = neuron({
  name: "dimensionless",
  method: "euler",
  equations: `
    dv/dt = (0.04*v**2 + 5*v + 140 - u + i)/ms : 1
    du/dt = a*(b*v - u)/ms : 1
    i : 1 (input)`,
  parameters: { a: 0.02, b: 0.2, c: -65, d: 8 },
  spike: "v >= 30",
  reset: "v = c; u += d",
  initial: { v: -65, u: -13 },
});
function* kinds(): Generator<NeuronCase> {
  for (const schedule of ["layered", "brian"] as const) {
    yield driven(`whole and boolean variables, ${schedule}`, counting, { range: [-0.2, 0.25], schedule });
    yield driven(`noise, ${schedule}`, noisy, { range: [0, 1.5], schedule, steps: 1000 });
    yield driven(`time, ${schedule}`, timed, { range: [-0.5, 1], schedule, steps: 3000 });
  }
  yield driven("every function", functions, { range: [-3, 3], steps: 1000 });
  yield driven("Izhikevich without units", dimensionless, { range: [0, 20], dt: "0.5 ms" });
}

/** Two populations with drawn parameters, joined by whatever is asked for, both ways; their values in a transform. */
const plastic = synapse({
  name: "plastic",
  variables: { x: 0, y: 0 },
  parameters: { tau: "20 ms", rate: 0.02 },
  pathways: [
    { trigger: "step", body: "x = x*exp(-dt/tau); y = y*exp(-dt/tau)" },
    { trigger: "pre", body: "v_post += w; x += 1; w = clip(w - rate*y*v_post, 0, 1)" },
    { trigger: "post", body: "y += 1; w = clip(w + rate*x, 0, 1)", delay: 1 },
  ],
});
const coupled = synapse({ name: "gap", pathways: [{ trigger: "step", body: "i_post += 0.2*w*(v_pre - v_post)" }] });
const WIRES: readonly [string, ConnectOptions][] = [
  ["dense", { weight: uniform(-0.3, 0.6), bias: 0.02 }],
  ["dense by value", { weight: uniform(-0.5, 0.5), output: "v", port: "i" }],
  ["sparse", { weight: uniform(0, 0.8), connectivity: probability(0.5) }],
  ["sparse by value", { weight: uniform(-1, 1), connectivity: probability(0.5), output: "v", port: "i" }],
  ["pairs with delay", { weight: 0.4, connectivity: pairs([0, 4, 4, 2, 2], [1, 1, 0, 2, 6]), delay: 20 }],
  ["plasticity", { weight: uniform(0, 0.5), connectivity: probability(0.6), synapse: plastic }],
  ["gap junctions", { weight: 1, connectivity: probability(0.4), port: "i", synapse: coupled }],
];
function* networks(): Generator<NeuronCase> {
  for (const [k, [name, wire]] of WIRES.entries()) {
    const schedule = (["layered", "brian", "loihi", "nest"] as const)[k % 4]!;
    const net = network({
      name: "wired",
      dt: "1 ms",
      schedule,
      inputs: { x: inputNode(7, { signal: "values" }) },
      populations: {
        a: population(7, lif({ refractory: "2 ms" }), {
          parameters: { tau: uniform(0.005, 0.03), vTh: uniform(0.8, 1.2) },
        }),
        b: population(7, lif({ reset: "subtract" }), { initial: { v: uniform(-1, 1) } }),
      },
      transforms: {
        both: concat(14, [
          { node: "a", port: "v" },
          { node: "b", port: "v" },
        ]),
        soft: softmax(14, "both"),
      },
      connections: [
        connect("x", "a", { name: "drive", connectivity: oneToOne, weight: 1, port: "i", delay: 1 }),
        connect("soft", "b", { weight: uniform(-1, 3), port: "i", delay: 1 }),
        connect("a", "b", { delay: 2, ...wire, name: "there" }),
        connect("b", "a", { delay: 1, ...wire, name: "back" }),
      ],
    });
    yield {
      name: `${name}, ${schedule}`,
      net,
      steps: 800,
      drive: waves(7, 800, [0, 3]),
      record: ["a.v", "b.v", "soft.value"],
    };
  }
  const norm = network({
    name: "norm",
    dt: "1 ms",
    inputs: { x: inputNode(5, { signal: "values" }) },
    populations: { a: population(5, lif()), b: population(5, lif()) },
    transforms: {
      norm: batchNorm([1, 5], "x", { gain: 0.7, offset: 0.2 }),
      sum: sum(5, ["norm", "x"]),
      same: residual(5, { node: "a", port: "spike" }, { node: "b", port: "spike" }, "and"),
      other: residual(5, { node: "a", port: "spike" }, { node: "b", port: "spike" }, "iand"),
    },
    connections: [
      connect("sum", "a", { port: "i", weight: uniform(0, 1) }),
      connect("norm", "b", { port: "i", weight: 1, connectivity: oneToOne, trainable: false }),
      connect("other", "sum", { weight: uniform(-1, 1), delay: 2, bias: 0.1 }),
      connect("same", "sum", { weight: 1, connectivity: oneToOne, trainable: false, delay: 1 }),
      connect("a", "sum", { weight: uniform(-1, 1), delay: 1 }),
    ],
  });
  yield {
    name: "batch normalisation, sums and residuals",
    net: norm,
    steps: 500,
    drive: waves(5, 500, [-2, 3]),
    record: ["norm.value", "sum.value", "same.value", "other.value", "a.v", "b.v"],
  };
}

export const NEURON_CASES: readonly NeuronCase[] = [
  ...library(),
  ...classical(),
  ...trained(),
  ...layers(),
  ...integrators(),
  ...kinds(),
  ...networks(),
];
