export type {
  AccountDocument,
  CompareDocument,
  CountsDocument,
  CurvesDocument,
  EvaluateDocument,
  HealthDocument,
  HistogramDocument,
  PopulationDocument,
  RasterDocument,
  ResultDocument,
  SampledDocument,
  ShownDocument,
  SideDocument,
  SimulateDocument,
  TraceDocument,
  TrainDocument,
} from "./document.ts";
export type { FindingsDocument, FindingsPlot, FindingsTable } from "./findingsDocument.ts";
export { type PageDocument, pageOf } from "./html/page.ts";
export { PLAIN, type View } from "./terminal/layout.ts";
export { renderText } from "./terminal/result.ts";
