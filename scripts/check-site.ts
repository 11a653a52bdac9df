/**
 * Checks the built guide as it lies on the disk: every link leads to a page of it and to an id on that page, every file
 * that a page names is there, addresses of other hosts are well formed, and nothing is loaded from them.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SITE = fileURLToPath(new URL("../docs/.vitepress/dist/", import.meta.url));
const BASE = process.env.RHEOBASE_DOCS_BASE ?? "/";

const files = readdirSync(SITE, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
const pages = files.filter((path) => path.endsWith(".html"));
const html = new Map(pages.map((page) => [page, readFileSync(join(SITE, page), "utf8")]));
const ids = new Map(
  [...html].map(([page, text]) => [page, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map((m) => m[1]!))]),
);

const problems: string[] = [];

const unescaped = (text: string): string =>
  text.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'");

/** What tags such as `<a href>` name. */
function named(text: string, tags: string, attribute: string): string[] {
  const found = text.matchAll(new RegExp(`<(?:${tags})\\b[^>]*?\\s${attribute}="([^"]*)"`, "g"));
  return [...found].map((m) => unescaped(m[1]!));
}

/** The page or file of this site that an address means. */
function fileOf(address: URL): string | undefined {
  if (!address.pathname.startsWith(BASE)) return undefined;
  const path = decodeURIComponent(address.pathname.slice(BASE.length));
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  return existsSync(join(SITE, file)) && statSync(join(SITE, file)).isFile() ? file : undefined;
}

const HERE = "http://site.invalid";
function checkLink(page: string, link: string): void {
  if (!URL.canParse(link, `${HERE}${BASE}${page}`)) {
    problems.push(`${page}: '${link}' is no address`);
    return;
  }
  const address = new URL(link, `${HERE}${BASE}${page}`);
  if (address.origin !== HERE) {
    if (!["https:", "http:", "mailto:"].includes(address.protocol)) problems.push(`${page}: '${link}' leads nowhere`);
    return;
  }
  const file = fileOf(address);
  const id = decodeURIComponent(address.hash.slice(1));
  if (file === undefined) problems.push(`${page}: '${link}' leads to nothing`);
  else if (id !== "" && !ids.get(file)?.has(id)) problems.push(`${page}: '${link}': ${file} has no id '${id}'`);
}

/** What a page loads by itself must be a file of the site. */
function checkLoaded(page: string, address: string): void {
  if (address.startsWith("data:")) return;
  const url = new URL(address, `${HERE}${BASE}${page}`);
  if (url.origin !== HERE) problems.push(`${page} loads '${address}' from another host`);
  else if (fileOf(url) === undefined) problems.push(`${page} loads '${address}', which is not there`);
}

let links = 0;
for (const [page, text] of html) {
  if (page !== "404.html" && !/<h1\b/.test(text)) problems.push(`${page} has no heading`);
  for (const link of named(text, "a", "href")) {
    links++;
    checkLink(page, link);
  }
  for (const address of [...named(text, "script|img|source|iframe", "src"), ...named(text, "link", "href")])
    checkLoaded(page, address);
}
for (const file of files.filter((path) => path.endsWith(".css")))
  for (const [, address] of readFileSync(join(SITE, file), "utf8").matchAll(/url\(["']?((?:https?:)?\/\/[^)"']+)/g))
    problems.push(`${file} loads '${address}' from another host`);

if (pages.length < 10) problems.push(`only ${pages.length} pages: something is wrong with the build`);
for (const problem of problems) console.error(`site: ${problem}`);
console.log(`site: ${pages.length} pages, ${links} links, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;
