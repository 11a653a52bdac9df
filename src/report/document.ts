/**
 * The one plain result that JSON, terminal and page are rendered from: what `--json` prints is such a document, and
 * every number that a reader sees stands in it. These are the parts that renderers read; a document may hold more.
 *
 * Shares lie in [0, 1], times are in s, energies in J, memory in bytes.
 */

export interface Range {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
}

/** Energy of one inference by one price table. */
export interface AccountDocument {
  readonly name: string;
  /** The price table, in words. */
  readonly prices: string;
  readonly total: Range;
  /** Some work has no price: all of the above are lower bounds. */
  readonly lowerBound: boolean;
  /** Neurons that should fire never did: the energy means nothing. */
  readonly dead?: boolean;
  readonly components: Readonly<Record<string, Range | undefined>>;
  readonly unpriced: readonly { readonly work: string; readonly count: number; readonly reason: string }[];
  readonly popular: { readonly value: number; readonly label: string };
  readonly spikesPerSynapse?: number | undefined;
  readonly spikeRate?: number | undefined;
  readonly breakEven: readonly {
    readonly author: string;
    readonly line: string;
    readonly value: number;
    readonly verdict: string;
    readonly text: string;
  }[];
  readonly notes: readonly string[];
}

/** One network by one price table: a row of tables that hold for other hardware too. */
export interface PricedSide {
  readonly side: string;
  /** Why it cannot run there; then there is no total. */
  readonly refused?: readonly string[];
  readonly total?: {
    readonly value: Range;
    /** Some work has no price: the value is a lower bound. */
    readonly atLeast: boolean;
    /** What has no price, in words. */
    readonly unpriced: readonly string[];
  };
  readonly parts: readonly { readonly component: string; readonly label: string; readonly value: Range }[];
  /** Of an inference, where static power was charged for it. */
  readonly duration?: { readonly seconds: Range; readonly text: string };
  /** What would have to change before it ran there as it is priced. */
  readonly strains?: readonly string[];
}
export interface PricesDocument {
  readonly name: string;
  readonly title: string;
  readonly sides: readonly PricedSide[];
}
/** Energy on a chip in units of that of a twin by another table. */
export interface AcrossDocument {
  readonly chip: string;
  readonly twinBy: string;
  readonly ratio: Range;
  readonly atLeast: boolean;
}
/** The spike rate at which the network would need as much as a twin, at each setting of the prices. */
export interface OwnBreakEvenDocument {
  readonly table: string;
  readonly twin: string;
  /** Times the spikes that there are; below 0 where it loses even in silence. */
  readonly factor: Range;
  readonly spikesPerSynapse?: Range | undefined;
  readonly spikeRate?: Range | undefined;
}
/** Energy as the machine counted it, or why it did not. */
export type MeasuredDocument =
  | { readonly available: false; readonly reason: string }
  | {
      readonly seconds: number;
      /** J an inference, of the whole machine. */
      readonly perInference?: { readonly total: number; readonly package: number; readonly dram?: number } | undefined;
      /** Share of the busy time that was others'. */
      readonly otherLoad?: number | undefined;
      readonly notes: readonly string[];
    };
/** A twin whose numbers are as narrow as what spikes can tell, or why there is none. */
export type EqualPrecisionDocument =
  | { readonly refused: string }
  | {
      readonly steps: number;
      readonly bits: number;
      readonly weightBits: number;
      readonly calibration: { readonly samples: number };
      readonly spiking: NarrowSide;
      readonly twin: NarrowSide & { readonly zeroSkipping: Pick<NarrowSide, "energy"> };
      readonly comparisons: readonly { readonly says: string }[];
    };
export interface NarrowSide {
  readonly accuracy: number;
  readonly accuracyInFloats: number;
  readonly energy: AccountDocument;
}

export interface CountsSums {
  readonly synapses: number;
  readonly neurons: number;
  readonly parameterCount: number;
  readonly macs: number;
  readonly acs: number;
  readonly effectiveMacs: number;
  readonly synapticEvents: number;
  readonly spikes: number;
  readonly neuronUpdates: number;
}
export interface LayerDocument extends CountsSums {
  readonly name: string;
  readonly spiking: boolean;
  readonly binaryInputs: boolean;
}
export interface CountsDocument {
  readonly name: string;
  readonly steps: number;
  readonly layers: readonly LayerDocument[];
  readonly total: CountsSums;
}
export interface AccountedDocument {
  readonly counts: CountsDocument;
  /** By price table. */
  readonly energy: Readonly<Record<string, AccountDocument>>;
}

/** How a training went, epoch by epoch, counted from 0. */
export interface CurvesDocument {
  /** While learning: with dropout, and with weights that change. */
  readonly train: readonly { readonly epoch: number; readonly loss: number; readonly accuracy: number }[];
  /** On training samples that were held out; empty where none were. */
  readonly heldOut: readonly { readonly epoch: number; readonly loss: number; readonly accuracy: number }[];
}

/** What happened in one epoch of training, layer by layer. */
export interface WatchDocument {
  readonly layers: Readonly<
    Record<
      string,
      {
        readonly rate: number;
        readonly support: number;
        readonly dead: number;
        readonly saturated: number;
        readonly neurons: number;
      }
    >
  >;
  /** Norm of the gradient, and of the change over that of the array. */
  readonly parameters: Readonly<Record<string, { readonly gradient: number; readonly change: number }>>;
}

/** Answers in every step, judged. */
export interface StepsDocument {
  readonly accuracyPublished: number;
  readonly scoredFrom: number;
  readonly accuracyAnnotated: number;
  readonly annotated: number;
  readonly perClass: readonly {
    readonly name: string;
    readonly steps: number;
    readonly recall: number;
    readonly precision: number;
  }[];
  readonly latency: {
    readonly sinceChange: { readonly counted: readonly number[]; readonly accuracy: readonly number[] };
    readonly later: readonly { readonly steps: number; readonly accuracy: number }[];
  };
}

/** What a test found of one network. */
export interface TestedDocument extends Partial<StepsDocument> {
  readonly accuracy: number;
  /** Of answers that are independent of one another: so often (`confidence`) does such a test find an interval with the true share. */
  readonly interval?: Range & { readonly confidence: number };
  /** Mean of the classes' recalls, where the task counts classes alike. */
  readonly balancedAccuracy?: number;
  readonly loss: number;
  readonly samples: number;
  /** Spikes a neuron and step. */
  readonly meanRate: Readonly<Record<string, number>>;
  /** [labels][answers]. */
  readonly confusion: readonly (readonly number[])[];
  readonly inferencePerSecond: number;
}

/** One network: trained, tested and accounted for. Properties that are accounts of their own belong to variants of it. */
export interface SideDocument extends TestedDocument, AccountedDocument {
  readonly epochs: number;
  readonly trainSeconds: number;
  readonly samplesPerSecond: number;
  readonly curves: CurvesDocument;
  /** How each layer learned, epoch by epoch, where it was watched. */
  readonly watch?: readonly WatchDocument[];
  readonly selected?: { readonly epoch: number; readonly accuracy: number };
  readonly memory: { readonly trainingBytes: number; readonly inferenceBytes: number };
  /** Of an inference, input included; 0 without spikes. */
  readonly spikes: number;
}

export type Winner = "spiking" | "twin" | "undecided";
export interface VerdictDocument {
  readonly what: string;
  readonly winner: Winner;
  readonly text: string;
}
/** The result in plain words: the most important sentence first. */
export interface HeadlineDocument {
  readonly text: string;
  readonly lines: readonly string[];
}

export interface RatiosDocument {
  readonly twin: string;
  readonly format: string;
  readonly popular: number;
  readonly arithmetic: Range;
  readonly total: Range;
  readonly freeGates: Range;
  /** Where work has no price: which way the ratios are off, or that nobody knows. */
  readonly bound?: "at least" | "at most" | "unknown";
}
export interface PromiseDocument {
  readonly source: string;
  readonly low: number;
  readonly high: number;
  readonly kept: boolean;
  /** The spiking network fired no spike: there is nothing to judge. */
  readonly dead?: boolean;
  readonly ratios: readonly RatiosDocument[];
}

/** Spike k: neuron `neurons[k]` in step `steps[k]`; in order of step, then neuron. */
export interface RasterDocument {
  readonly name: string;
  /** What its rows are. */
  readonly of: "inputs" | "neurons";
  readonly size: number;
  /** Spikes. */
  readonly count: number;
  readonly steps: readonly number[];
  readonly neurons: readonly number[];
}
export interface TraceDocument {
  /** Population and variable. */
  readonly name: string;
  readonly variable: string;
  readonly neuron: number;
  /** Why this neuron, in a word or two. */
  readonly why: string;
  /** At the end of each step, after a reset; rounded to six digits. */
  readonly values: readonly number[];
  /** Steps in which it fired, and how many they are. */
  readonly spikes: readonly number[];
  readonly count: number;
  /** What the variable must exceed to fire, where that is one number. */
  readonly threshold?: number;
}
export interface ShownSample {
  /** In the test set, from 0. */
  readonly number: number;
  /** Why this sample. */
  readonly why: string;
  readonly steps: number;
  /** Of a sample with one label; else of each step in `labels` and `answers`, as numbers of classes. */
  readonly label?: string;
  readonly answer?: string;
  readonly labels?: readonly number[];
  readonly answers?: readonly number[];
  /** Share of its steps answered rightly. */
  readonly accuracy?: number;
  /** Grey levels 0 to 255, by rows. */
  readonly image?: { readonly width: number; readonly height: number; readonly levels: readonly number[] };
  /** Inputs first, where they are spikes; then populations. */
  readonly rasters: readonly RasterDocument[];
  readonly traces: readonly TraceDocument[];
}
/** How many neurons fire how often: `counts[k]` of them between `edges[k]` and `edges[k + 1]` spikes a step. */
export interface RatesDocument {
  readonly name: string;
  readonly size: number;
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** Neurons without a spike. */
  readonly silent: number;
  readonly mean: number;
  readonly highest: number;
}
/** What a look inside recorded, for a report. */
export interface ShownDocument {
  /** Duration of a step in s. */
  readonly dt: number;
  readonly samples: readonly ShownSample[];
  readonly rates: { readonly samples: number; readonly steps: number; readonly layers: readonly RatesDocument[] };
}

/** Where a result comes from. */
export interface ProvenanceDocument {
  readonly version: string;
  readonly runtime: string;
  readonly platform?: string;
  readonly cpu?: string;
  readonly cores?: number;
  /** ISO 8601. */
  readonly date: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What to type to have it again. */
  readonly command: string;
}

/** What is known of energy beyond the accounts of the networks themselves. */
export interface EnergyBeside {
  /** All tables, those of the accounts among them. */
  readonly energyTables?: readonly PricesDocument[];
  readonly acrossTables?: readonly AcrossDocument[];
  readonly ownBreakEven?: readonly OwnBreakEvenDocument[];
  readonly equalPrecision?: EqualPrecisionDocument;
  /** By network; of one network alone its own. */
  readonly measured?: MeasuredDocument | Readonly<Record<string, MeasuredDocument>>;
}

/** What all results say. */
export interface ResultBase extends EnergyBeside {
  readonly task: string;
  readonly seed: number;
  /** Sentences on task, network and input. */
  readonly head: readonly string[];
  readonly headline: HeadlineDocument;
  /** What counts and energies are of: "an inference", or "a step". */
  readonly inference: string;
  readonly classes: readonly string[];
  /** Sentences that a reader must know beside the numbers. */
  readonly notes: readonly string[];
  /** What others reach, or something simpler in the same run: the measure that the task is judged by. */
  readonly published?: readonly { readonly source: string; readonly network: string; readonly accuracy: number }[];
  /** Sentences on its energies, where they are not among the notes. */
  readonly beside?: readonly string[];
  readonly data: {
    readonly name: string;
    readonly digest: string;
    readonly train: number;
    readonly test: number;
    readonly source: string;
    readonly licence: string;
  };
  readonly threads: { readonly allowed: number; readonly used: number };
  readonly peakBytes?: number | undefined;
  readonly digest: string;
}
export interface CompareDocument extends ResultBase {
  readonly kind: "compare";
  readonly spiking: SideDocument;
  readonly twin: SideDocument;
  readonly verdict: readonly VerdictDocument[];
  readonly promise?: PromiseDocument;
  readonly provenance: ProvenanceDocument;
  readonly shown?: ShownDocument;
  readonly seconds: number;
}
/** All that `train` found; also what a report shows of one network. */
export interface TrainDocument extends ResultBase, SideDocument {
  readonly kind: "train";
  readonly files: readonly string[];
  readonly provenance: ProvenanceDocument;
  readonly shown?: ShownDocument;
}
export interface EvaluateDocument extends ResultBase, TestedDocument, Partial<AccountedDocument> {
  readonly kind: "evaluate";
  readonly file: string;
}
export type ResultDocument = CompareDocument | TrainDocument | EvaluateDocument;

/** What may be wrong with a run, and what to try. */
export interface HealthDocument {
  readonly code: string;
  readonly where: string;
  readonly says: string;
  readonly advice: string;
}
/** What the neurons of a population did. */
export interface PopulationDocument {
  readonly name: string;
  readonly size: number;
  readonly model: string;
  /** Whether its neurons spike at all; without it there is nothing more to say. */
  readonly spiking: boolean;
  readonly spikes?: number;
  /** Spikes a second and neuron. */
  readonly rate?: number;
  /** Spikes a second of the most active neuron. */
  readonly highest?: number;
  /** Neurons without a spike. */
  readonly silent?: number;
  /** Mean over neurons of the coefficient of variation of intervals; of `cvNeurons` of them. */
  readonly cv?: number;
  readonly cvNeurons?: number;
  /** Spikes a second in each bin of time. */
  readonly rates?: readonly number[];
}
/** `counts[k]` from `edges[k]` to `edges[k + 1]`. */
export interface HistogramDocument {
  readonly name: string;
  /** What is counted, with its unit. */
  readonly of: string;
  readonly count: number;
  readonly mean: number;
  readonly sd: number;
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** Values beyond the last edge, if the histogram ends before them. */
  readonly beyond?: number;
  /** What it was at the beginning, where that may differ. */
  readonly before?: { readonly mean: number; readonly sd: number; readonly counts: readonly number[] };
}
/** One variable of one neuron. */
export interface SampledDocument {
  readonly name: string;
  readonly variable: string;
  readonly neuron: number;
  /** SI unit; nothing for what has none. */
  readonly unit: string;
  /** Seconds. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** Only the least and the greatest value of each stretch are kept. */
  readonly thinned: boolean;
  /** Seconds; up to the last of them, where there are later ones that are not shown. */
  readonly spikes: readonly number[];
  readonly spikesUntil?: number;
  readonly threshold?: number;
}
/** A rate that others found, beside ours. */
export interface KnownRateDocument {
  readonly low: number;
  readonly high: number;
  readonly source: string;
  readonly rate: number;
  readonly within: boolean;
}
/** All that `simulate` found. */
export interface SimulateDocument {
  readonly kind: "simulate";
  readonly target: string;
  /** Sentences on the network, the engine and what it was given. */
  readonly head: readonly string[];
  readonly headline: HeadlineDocument;
  readonly engine: "clocked" | "exact";
  readonly type: "f32" | "f64";
  /** Seconds a step. */
  readonly dt: number;
  readonly seed: number;
  readonly threads: { readonly allowed: number; readonly used: number };
  /** Model time that was asked for, and that has been run, in s. */
  readonly duration: number;
  readonly simulated: number;
  readonly interrupted: boolean;
  readonly failed: boolean;
  /** Seconds of the clock on the wall. */
  readonly buildSeconds: number;
  readonly runSeconds: number;
  /** Seconds of the clock on the wall for a second of model time. */
  readonly realTimeFactor: number;
  readonly populations: readonly PopulationDocument[];
  /** Spikes a second and neuron over all that spike. */
  readonly rate: number;
  readonly known?: KnownRateDocument;
  readonly health: readonly HealthDocument[];
  readonly work: {
    readonly spikes: number;
    readonly inputSpikes?: number;
    readonly synapticEvents: number;
    readonly neuronUpdates: number;
  };
  readonly binSeconds: number;
  /** Spikes a second of neurons, by population. */
  readonly neuronRates: readonly HistogramDocument[];
  /** Intervals between spikes of a neuron, by population. */
  readonly intervals: readonly HistogramDocument[];
  readonly weights: readonly HistogramDocument[];
  /** Where a page or data were asked for: spikes in units of `tickSeconds`. */
  readonly rasters?: {
    readonly ticks: number;
    readonly tickSeconds: number;
    readonly rasters: readonly RasterDocument[];
  };
  readonly traces: readonly SampledDocument[];
  readonly notes: readonly string[];
  readonly files: readonly string[];
  readonly provenance: ProvenanceDocument;
  readonly peakBytes?: number | undefined;
  readonly digest: string;
}
