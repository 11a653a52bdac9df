/** A page that is watched: whatever it reports as an error, and every request that fails or leaves the server, is a problem. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly problems: readonly string[];
}

/** Opens a page of the server at `origin`. */
export async function visit(
  browser: Browser,
  origin: string,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (m) => {
    if (["error", "warning"].includes(m.type())) problems.push(`console: ${m.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("requestfailed", (request) => problems.push(`request failed: ${request.url()}`));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(origin))
      problems.push(`request elsewhere: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(new URL(path, origin).href);
  return { page, problems, [Symbol.asyncDispose]: () => context.close() };
}
