/** How pages are looked at, and what would look broken. */
import type { BrowserContextOptions } from "playwright-core";

/** What reaches beyond the side, where no box scrolls it, and words that touch other words: what a reader would see as broken. */
export const FAULTS = `(() => {
  const faults = [];
  const width = document.documentElement.clientWidth;
  if (width > 1000)
    for (const box of document.querySelectorAll(".scroll"))
      if (box.scrollWidth > box.clientWidth) faults.push("a wide screen has no room: " + box.textContent.slice(0, 40));
  if (document.documentElement.scrollWidth > width) faults.push("the page is " + document.documentElement.scrollWidth + " wide");
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || parent.closest("script, style, noscript, [hidden]")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.width > 0) words.push({ text: node.textContent.trim(), box, scrolled: parent.closest(".scroll") !== null });
  }
  for (const { text, box, scrolled } of words)
    if (!scrolled && (box.left < -1 || box.right > width + 1)) faults.push("beyond the side: " + text);
  words.sort((a, b) => a.box.top - b.box.top);
  const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  for (let k = 0; k < words.length; k++)
    for (let j = k + 1; j < words.length && words[j].box.top < words[k].box.bottom; j++)
      if (overlap(words[k].box, words[j].box)) faults.push("over one another: " + words[k].text + " | " + words[j].text);
  return faults;
})()`;

/** Widths, colours and media. */
export const VIEWS: readonly [string, BrowserContextOptions, "screen" | "print"][] = [
  ["1280 light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }, "screen"],
  ["1280 dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }, "screen"],
  ["400 light", { viewport: { width: 400, height: 800 }, colorScheme: "light" }, "screen"],
  ["400 dark", { viewport: { width: 400, height: 800 }, colorScheme: "dark" }, "screen"],
  ["A4, 182 mm of it, dark before", { viewport: { width: 688, height: 1000 }, colorScheme: "dark" }, "print"],
  ["400 without scripts", { viewport: { width: 400, height: 800 }, javaScriptEnabled: false }, "screen"],
];
