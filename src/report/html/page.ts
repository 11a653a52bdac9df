import type { ResultDocument } from "../document.ts";
export const pageOf = (document: ResultDocument): string => `<p>${document.task}</p>`;
