export type {
  AccountDocument,
  CompareDocument,
  CountsDocument,
  CurvesDocument,
  EvaluateDocument,
  RasterDocument,
  ResultDocument,
  ShownDocument,
  SideDocument,
  TraceDocument,
  TrainDocument,
} from "./document.ts";
export { type PageDocument, pageOf } from "./html/page.ts";
export { PLAIN, type View } from "./terminal/layout.ts";
export { renderText } from "./terminal/result.ts";
