/**
 * The XML in the header of AEDAT 4, of which four attributes matter: `outInfo/N/typeIdentifier`, and `outInfo/N/info/sizeX`
 * and `sizeY`. It is nodes in nodes and attributes, written by one library: tags are scanned for, nothing is validated.
 */
import type { Sensor } from "./recording.ts";

export interface EventStream {
  readonly id: number;
  readonly sensor: Sensor | undefined;
}

/** Streams of events that the description names, in its order. */
export function streamsOf(xml: string): EventStream[] {
  const attributes = attributesOf(xml);
  return [...attributes].flatMap(([path, value]) => {
    const id = /^outInfo\/(\d+)\/typeIdentifier$/.exec(path)?.[1];
    if (id === undefined || value !== "EVTS") return [];
    const [width, height] = ["sizeX", "sizeY"].map((key) => Number(attributes.get(`outInfo/${id}/info/${key}`)));
    return [{ id: Number(id), sensor: width && height ? { width, height } : undefined }];
  });
}

const TAG =
  /<node\s[^<>]*?name="([^"<>]*)"[^<>]*?(\/?)>|<(\/)node>|<attr\s[^<>]*?key="([^"<>]*)"[^<>]*>([^<]*)<\/attr>/g;

/** Text of attributes by the names of nodes on the way there. */
function attributesOf(xml: string): Map<string, string> {
  const found = new Map<string, string>();
  const nodes: string[] = [];
  for (const [, node, empty, end, key, text] of xml.matchAll(TAG)) {
    if (node !== undefined && !empty) nodes.push(node);
    if (end) nodes.pop();
    if (key !== undefined) found.set([...nodes, key].join("/"), text!.trim());
  }
  return found;
}
