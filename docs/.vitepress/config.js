/** The site: its pages, local search, and nothing that another host serves. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitepress";

const GUIDE = [
  { text: "First five minutes", link: "/guide/first-five-minutes" },
  { text: "How a step works", link: "/guide/step" },
  { text: "Writing a neuron", link: "/guide/neuron" },
  { text: "Neurons that are there", link: "/guide/neurons" },
  { text: "Connecting and simulating", link: "/guide/simulation" },
  { text: "Plasticity", link: "/guide/plasticity" },
  { text: "Recording and analysis", link: "/guide/recording" },
  { text: "Where two runs part", link: "/guide/diff" },
  { text: "SONATA networks", link: "/guide/sonata" },
  { text: "Training", link: "/guide/training" },
  { text: "Which algorithm trains", link: "/guide/algorithms" },
  { text: "Tasks", link: "/guide/tasks" },
  { text: "Energy without illusions", link: "/guide/energy" },
  { text: "Data and formats", link: "/guide/data" },
  { text: "In the browser", link: "/guide/browser" },
  { text: "Command line", link: "/guide/command-line" },
];
const COMING_FROM = [
  { text: "Coming from Brian", link: "/guide/from-brian" },
  { text: "Coming from snnTorch", link: "/guide/from-snntorch" },
];
const REFERENCE = [
  { text: "All entry points", link: "/api/" },
  ...["rheobase", "model", "sim", "learn", "energy", "data", "io", "analysis", "tasks", "backend", "ir"].map(
    (name) => ({
      text: name === "rheobase" ? name : `rheobase/${name}`,
      link: `/api/${name}`,
    }),
  ),
];

/** `<!-- picture: NAME -->` becomes what scripts/guide-pictures.ts drew, in the page itself, so that it follows the theme. */
const pictures = {
  name: "guide-pictures",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith(".md")) return undefined;
    return code.replaceAll(/^<!-- picture: (\w+) -->$/gm, (_, name) => {
      const drawn = readFileSync(join(dirname(id), "pictures", `${name}.html`), "utf8").trim();
      return `<div class="picture" v-pre>\n${drawn}\n</div>`;
    });
  },
};

export default defineConfig({
  lang: "en",
  title: "Rheobase",
  description:
    "Spiking neural networks from equations: simulate them, train them, compare them with conventional ones.",
  base: process.env.RHEOBASE_DOCS_BASE ?? "/",
  head: [["link", { rel: "icon", type: "image/svg+xml", href: `${process.env.RHEOBASE_DOCS_BASE ?? "/"}logo.svg` }]],
  srcExclude: ["reference.md"],
  vite: { plugins: [pictures] },
  themeConfig: {
    logo: "/logo.svg",
    nav: [
      { text: "Guide", link: "/guide/first-five-minutes", activeMatch: "/guide/" },
      { text: "Reference", link: "/api/", activeMatch: "/api/" },
    ],
    sidebar: [
      { text: "Guide", items: GUIDE },
      { text: "Coming from", items: COMING_FROM },
      { text: "Reference", items: REFERENCE, collapsed: false },
    ],
    outline: { level: [2, 3] },
    search: { provider: "local" },
    footer: { message: "Apache-2.0" },
  },
});
