/**
 * Chromium with a profile of its own and no way out: every request to another host is refused and noted,
 * and so is what the page complains about.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser extends AsyncDisposable {
  readonly page: Page;
  /** Addresses of other hosts that the page asked for. */
  readonly foreignRequests: readonly string[];
  /** Errors of scripts, and of the console: violations of the page's policy are among them. */
  readonly complaints: readonly string[];
}

/**
 * Opens a blank page.
 *
 * @param executablePath Chromium's
 * @param origin the only one that may be asked for anything
 */
export async function openBrowser(executablePath: string, origin: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ARGUMENTS,
    viewport: { width: 1_600, height: 1_400 },
  });
  const foreignRequests: string[] = [];
  const complaints: string[] = [];
  await context.route('**/*', async (route) => {
    const address = route.request().url();
    if (new URL(address).origin === origin) return route.continue();
    foreignRequests.push(address);
    return route.abort();
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return {
    page,
    foreignRequests,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
