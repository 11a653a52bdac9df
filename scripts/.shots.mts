import { launch } from "../test/browser/chromium.ts";
import { serve } from "../test/browser/server.ts";
import { visit } from "../test/browser/visit.ts";

const b = await launch();
await using s = await serve("/work/wt-guide/docs/.vitepress/dist");
for (const arg of process.argv.slice(2)) {
  const [p, w, y, scheme] = arg.split("@");
  await using v = await visit(b, s.origin, p!, {
    viewport: { width: Number(w), height: 1000 },
    colorScheme: (scheme ?? "light") as "light",
  });
  await v.page.evaluate((y) => window.scrollTo(0, Number(y)), y);
  await v.page.waitForTimeout(400);
  await v.page.screenshot({ path: `/tmp/crop-${arg.replace(/\W/g, "_")}.png` });
  if (v.problems.length) console.log(p, v.problems);
}
await b.close();
