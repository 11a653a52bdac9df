/**
 * The looks of a page: light, dark and on paper. Colours are of the set of Okabe and Ito 2008, which people with any
 * colour vision tell apart, darker or lighter as the ground needs; words or dashes say the same.
 */

const LIGHT = `
  color-scheme: light;
  --ground: #ffffff; --raised: #f6f7f8; --rule: #dde1e5; --text: #1b2026; --soft: #5a6570;
  --spiking: #0072b2; --twin: #b84a00; --other: #9a4f7d; --good: #00735a;
  --part0: #009e73; --part1: #cc79a7; --part2: #e69f00; --part3: #8a949e; --part4: #56b4e9; --part5: #b8a800; --part6: #7a5230;
  --class0: #e69f00; --class1: #56b4e9; --class2: #009e73; --class3: #d55e00; --class4: #cc79a7; --class5: #0072b2; --class6: #b8a800; --class7: #59636d;`;
const DARK = `
  color-scheme: dark;
  --ground: #14181c; --raised: #1d2328; --rule: #343c44; --text: #e8ebee; --soft: #9eabb6;
  --spiking: #5cb8ee; --twin: #ff8f4d; --other: #e29bc3; --good: #35c79d;
  --part0: #1fb58c; --part1: #d98ab5; --part2: #eab040; --part3: #8a96a1; --part4: #6fc2f2; --part5: #d6c62e; --part6: #b58a63;
  --class0: #eab040; --class1: #6fc2f2; --class2: #1fb58c; --class3: #ec7a2e; --class4: #d98ab5; --class5: #3d94d6; --class6: #d6c62e; --class7: #98a3ad;`;

const CLASSES = Array.from({ length: 8 }, (_, k) => `.class${k} { --c: var(--class${k}); }`).join("\n");
const PARTS = Array.from({ length: 7 }, (_, k) => `.part${k} { --c: var(--part${k}); }`).join("\n");

export const STYLE = `
:root {${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root {${DARK} } }
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--text); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1160px; padding: 32px 20px 48px; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.3rem, 1rem + 1.2vw, 1.75rem); line-height: 1.25; font-weight: 650; letter-spacing: -0.012em; margin: 4px 0 14px; max-width: 36em; text-wrap: balance; }
h2 { font-size: 1.15rem; font-weight: 650; margin: 0 0 14px; }
h3 { font-size: 1rem; font-weight: 600; margin: 30px 0 10px; }
.sample h3 { margin: 0; }
p { margin: 0 0 10px; max-width: 46em; }
section { margin-top: 44px; padding-top: 20px; border-top: 1px solid var(--rule); }
.eyebrow, .small, .why { color: var(--soft); font-size: 0.87rem; }
.lead { margin: 0 0 4px; max-width: 66em; }
.about { margin: 14px 0 0; max-width: 62em; }
code, pre { font: 0.87em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
data, .tick, td { font-variant-numeric: tabular-nums; }

.spiking { --c: var(--spiking); }
.twin { --c: var(--twin); }
.other { --c: var(--other); }
.right { --c: var(--good); }
.wrong { --c: var(--twin); }
.ink { --c: var(--text); }
.other-class { --c: var(--soft); }
.threshold { --c: var(--soft); }
${CLASSES}
${PARTS}

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 165px), 1fr)); gap: 12px; margin-top: 26px; }
.card { background: var(--raised); border-radius: 8px; padding: 12px 14px 10px; display: grid; align-content: start; gap: 2px; }
.card h2 { font-size: 0.87rem; font-weight: 500; color: var(--soft); margin: 0 0 6px; }
.card p { margin: 0; display: flex; justify-content: space-between; align-items: baseline; gap: 8px; }
.card p span { color: var(--c); font-size: 0.87rem; white-space: nowrap; }
.card strong { font-size: 1.1rem; font-weight: 500; white-space: nowrap; }
.card .wins strong { font-weight: 750; }
.card .winner { color: var(--soft); font-size: 0.82rem; margin-top: auto; padding-top: 6px; }

.verdicts { list-style: none; margin: 0; padding: 0; display: grid; gap: 9px; }
.verdicts li { display: grid; grid-template-columns: 74px minmax(0, 1fr); gap: 12px; align-items: baseline; max-width: 62em; }
.chip { font-size: 0.8rem; font-weight: 600; text-align: center; border-radius: 99px; padding: 1px 8px; color: var(--c, var(--soft)); border: 1px solid currentColor; }
.chip.undecided { font-weight: 400; }
.plain { margin: 0; padding-left: 18px; max-width: 62em; }
.plain li { margin-bottom: 5px; }

.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 28px 36px; align-items: start; margin-bottom: 20px; }
.grid.wide { grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
.grid.samples { grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
.grid.single { grid-template-columns: minmax(0, 1fr); }
.grid > * { min-width: 0; }
.grid:not(.single) > :only-child { max-width: 560px; }
figure { margin: 0 0 14px; min-width: 0; break-inside: avoid; }
figcaption { font-size: 0.93rem; font-weight: 550; margin-bottom: 6px; }
.raster figcaption, .sample .plot figcaption { font-size: 0.84rem; font-weight: 450; color: var(--soft); margin-bottom: 6px; }
.sample figure { margin-bottom: 10px; }

.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 0 0 8px; padding: 0; font-size: 0.84rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 6px; }
.sign { display: inline-block; width: 16px; height: 0; border-top: 2px solid var(--c); flex: none; }
.sign.dashed { border-top-style: dashed; }
.sign.box { width: 10px; height: 10px; border: 0; background: var(--c); border-radius: 2px; }
.sign.dot { width: 9px; height: 9px; border: 2px solid var(--c); border-radius: 50%; margin: 0 3px; }
.sign.band { background: var(--rule); }

.frame { display: grid; grid-template-columns: 46px minmax(0, 1fr); }
.y-label { grid-column: 1 / 3; font-size: 0.8rem; color: var(--soft); margin-bottom: 6px; }
.y { position: relative; }
.y .tick { right: 8px; transform: translateY(-50%); }
.y .tick.top { top: 0; transform: none; }
.y .tick.bottom { bottom: 0; transform: none; }
.x { position: relative; height: 20px; }
.frame .x { grid-column: 2; }
.x .tick { top: 3px; transform: translateX(-50%); }
.x .tick.first { transform: translateX(0); }
.x .tick.last { transform: translateX(-100%); }
.x-label { font-size: 0.8rem; color: var(--soft); text-align: right; }
.frame .x-label { grid-column: 2; }
.tick { position: absolute; font-size: 0.78rem; line-height: 1.2; color: var(--soft); white-space: nowrap; }
.area { position: relative; min-width: 0; }
.area svg, .area canvas, .image svg { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.raster .area, .strips .area { background: var(--raised); }

svg { overflow: visible; }
.strips svg, .raster svg { overflow: hidden; }
path { vector-effect: non-scaling-stroke; }
path.rule { fill: none; stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; }
.line.dashed { stroke-dasharray: 5 4; }
.line.threshold { stroke-dasharray: 2 3; stroke-width: 1.2; }
.line.spikes-up { stroke-width: 1.6; }
.line.other-class { stroke-width: 1; opacity: 0.55; }
.line.ink { stroke-width: 1.4; }
.dots { fill: none; stroke: var(--c); stroke-width: 5; stroke-linecap: round; }
.dots.test0 { stroke-width: 12; }
.dots.test1 { stroke-width: 6.5; }
.span { fill: none; stroke: var(--c); stroke-width: 6; stroke-linecap: round; }
path.spikes { fill: none; stroke: var(--c); stroke-width: 1.4; }
path.spikes.few { stroke-width: 3.5; }
canvas.spikes { color: var(--c); touch-action: pan-y; cursor: grab; }
canvas.spikes:focus-visible { outline: 2px solid var(--spiking); outline-offset: 2px; }
.fill, rect.ink { fill: var(--c); }
.image path { fill: var(--c); stroke: none; }

.band { fill: var(--rule); opacity: 0.55; }

.scroll { overflow-x: auto; max-width: 100%; margin-bottom: 18px; }
table { border-collapse: collapse; font-size: 0.9rem; }
caption { text-align: left; font-weight: 550; padding-bottom: 6px; font-size: 0.93rem; color: var(--c, inherit); }
th { font-weight: 450; text-align: left; }
thead th { color: var(--c, var(--soft)); font-weight: 550; vertical-align: bottom; }
.numbers td, .numbers thead th { text-align: right; white-space: nowrap; }
.numbers thead th { white-space: normal; }
.numbers thead th:first-child { text-align: left; }
.numbers th, .numbers td { padding: 3px 0 3px 18px; border-bottom: 1px solid var(--rule); overflow-wrap: normal; }
.numbers th:first-child { padding-left: 0; }
.numbers .sum th, .numbers .sum td { font-weight: 650; }
.numbers .minor th { padding-left: 14px; color: var(--soft); }
.words th, .words td { padding: 5px 18px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: top; min-width: 9em; overflow-wrap: normal; }

.confusion table { font-size: 0.84rem; }
.confusion td, .confusion thead th { text-align: center; padding: 4px 5px; min-width: 42px; overflow-wrap: normal; }
.confusion tbody th { padding-right: 8px; white-space: nowrap; }
.confusion thead th { color: var(--soft); font-weight: 450; }
.confusion .corner { color: var(--soft); text-align: left; font-size: 0.75rem; line-height: 1.25; padding-left: 0; white-space: nowrap; }
.confusion .none { color: var(--soft); opacity: 0.6; }
.confusion tbody td { border: 1px solid var(--ground); }
.confusion td.right, .confusion td.wrong { background: color-mix(in srgb, var(--cell) var(--share), var(--raised)); }
.confusion.spiking { --cell: var(--spiking); }
.confusion.twin { --cell: var(--twin); }
.confusion td.wrong { --cell: var(--other); }
.confusion td.strong { color: var(--ground); }
.confusion.many { font-size: 0.75rem; }
.confusion.many td { padding: 1px 2px; min-width: 22px; }

.sample { min-width: 0; break-inside: avoid; }
.sample header { margin-bottom: 10px; }
.sample header p { margin: 0; font-size: 0.93rem; }
.image { position: relative; width: 112px; background: var(--raised); margin-bottom: 12px; }
.area.strip { height: 22px; margin-bottom: 3px; }
.area.strip.thin { height: 10px; }
.strip-name { font-size: 0.75rem; color: var(--soft); text-align: right; padding-right: 6px; align-self: center; line-height: 1; white-space: nowrap; }
.linked svg { overflow: hidden; }
.linked .area { cursor: grab; touch-action: pan-y; }
.findings { margin: 0; padding-left: 1.1em; max-width: 62em; }
.findings li { margin-bottom: 8px; }
.zoom { display: flex; gap: 6px; margin: 0 0 6px; }
.zoom[hidden] { display: none; }
.zoom button { font: inherit; font-size: 0.8rem; color: var(--text); background: var(--raised); border: 1px solid var(--rule); border-radius: 5px; padding: 2px 10px; cursor: pointer; }

.energy .area { height: 26px; }
.bar { display: grid; grid-template-columns: 1fr auto; gap: 0 12px; margin-bottom: 9px; font-size: 0.9rem; align-items: baseline; }
.bar .area { grid-column: 1 / 3; background: linear-gradient(var(--rule), var(--rule)) left / 1px 100% no-repeat; }
.bar-name { color: var(--c, inherit); font-weight: 500; }
.bar-value { text-align: right; }
.range { color: var(--soft); }
.bar.tall .area { height: 44px; }
.bar.tall .bar-name { font-weight: 400; }
.toned { color: var(--c); margin-left: 10px; }

dl { display: grid; grid-template-columns: minmax(110px, max-content) minmax(0, 1fr); gap: 4px 20px; margin: 0 0 18px; font-size: 0.93rem; }
dt { color: var(--soft); max-width: 15em; }
dd { margin: 0; }
.command { background: var(--raised); border-radius: 6px; padding: 10px 14px; margin: 0; white-space: pre-wrap; }

@media (max-width: 560px) {
  body { padding: 20px 16px 32px; }
  table { font-size: 0.84rem; }
  .numbers th, .numbers td { padding-left: 9px; }
  .words th, .words td { padding-right: 12px; min-width: 7em; }
  .confusion td, .confusion thead th { min-width: 25px; padding: 3px 2px; font-size: 0.75rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: 8px; }
}
@page { margin: 16mm 14mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  section { margin-top: 22px; padding-top: 12px; }
  h2 { break-after: avoid; }
  .zoom, .zoom[hidden] { display: none; }
  .scroll { overflow: visible; margin-bottom: 12px; }
  .card { border: 1px solid var(--rule); background: none; }
  .cards { grid-template-columns: repeat(3, 1fr); gap: 8px; }
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px 24px; }
  .grid.single { grid-template-columns: minmax(0, 1fr); }
  .grid.samples { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 18px; }
  .grid.wide { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .grid.tables { grid-template-columns: minmax(0, 1fr); gap: 0; }
  table { font-size: 8.5pt; }
  .numbers th, .numbers td { padding-left: 12px; }
  .confusion td, .confusion thead th { min-width: 0; padding: 2px 3px; font-size: 7.5pt; }
  .words th, .words td { min-width: 0; }
  tr, li { break-inside: avoid; }
}
`;
