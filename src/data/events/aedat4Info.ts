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

/** A tag and the text after it. What is within a tag is looked at on its own, so that no text takes more than linear time. */
const TAG = /<([^<>]*)>([^<]*)/g;

/** Text of attributes by the names of up to three nodes on the way there. */
function attributesOf(xml: string): Map<string, string> {
  const found = new Map<string, string>();
  const nodes: string[] = [];
  for (const [, tag, text] of xml.matchAll(TAG)) {
    if (tag!.startsWith("/node")) nodes.pop();
    else if (tag!.startsWith("node ") && !tag!.endsWith("/")) nodes.push(quoted(tag!, "name"));
    else if (tag!.startsWith("attr ")) found.set([...nodes.slice(-3), quoted(tag!, "key")].join("/"), text!.trim());
  }
  return found;
}

const quoted = (tag: string, name: "name" | "key"): string => tag.split(` ${name}="`)[1]?.split('"')[0] ?? "";
