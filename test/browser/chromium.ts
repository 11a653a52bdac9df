/** The browser that pages are tested in: a Chromium of this machine, as Debian packages it. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const VARIABLE = "RHEOBASE_CHROMIUM";
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const named = process.env[VARIABLE] || undefined;
export const executable: string | undefined = named ?? PLACES.find((path) => existsSync(path));
/** Why a test is skipped without it. */
export const NEEDS = `there is no Chromium: ${VARIABLE} names none, and none is at ${PLACES.join(", ")}`;

/** Containers run tests as root, for whom Chromium's sandbox does not start; the pages are our own, and nothing else is loaded. */
const ARGUMENTS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--no-sandbox",
];

/** A browser with an empty profile of its own, which is gone when it is closed. */
export function launch(): Promise<Browser> {
  if (executable === undefined) throw new Error(NEEDS);
  return chromium.launch({ executablePath: executable, headless: true, args: ARGUMENTS });
}
