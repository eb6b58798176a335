import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { EXAMPLE_OPERATIONS } from '../../src/http/example-operations.ts';
import { openBrowser } from '../support/browser.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { DEVICE_NAME, EXPIRING_SUBJECT, serveInventory } from '../support/served-inventory.ts';

const { path, skip } = findOptionalProgram('chromium');

test('the playground opens with the examples, runs one and shows its rows, and asks no other host', {
  skip,
}, async () => {
  await using inventory = await serveInventory();
  await using browser = await openBrowser(path, inventory.url);
  const { page } = browser;

  await page.goto(inventory.url);
  const tabs = page.getByRole('tab');
  await page.getByRole('tab', { name: EXAMPLE_OPERATIONS[0]?.name ?? '' }).waitFor();
  assert.equal(await tabs.count(), EXAMPLE_OPERATIONS.length);
  for (const { name } of EXAMPLE_OPERATIONS)
    assert.equal(await page.getByRole('tab', { name }).count(), 1, name);

  await page.getByRole('button', { name: /execute query/i }).click();
  const response = page.locator('section.result-window, .graphiql-response').first();
  await response.getByText(EXPIRING_SUBJECT).first().waitFor();
  await response.getByText(DEVICE_NAME).first().waitFor();

  assert.deepEqual(browser.foreignRequests, []);
  assert.deepEqual(browser.complaints, []);
});

test('the first click on another tab opens its document', { skip }, async () => {
  await using inventory = await serveInventory();
  await using browser = await openBrowser(path, inventory.url);
  const { page } = browser;

  await page.goto(inventory.url);
  const tab = page.getByRole('tab', { name: 'WhereIsThumbprint' });
  await tab.waitFor();
  await editorWith(page, 'query ExpiringSoon').waitFor();
  const box = await tab.boundingBox();
  assert.ok(box);
  // As a hand does it: one press and release at the place where the tab was seen.
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2, { delay: 100 });
  await editorWith(page, 'query WhereIsThumbprint').waitFor();
  assert.equal(await activeTabName(page), 'WhereIsThumbprint');
});

test('a reload goes on with the tab that was open, edited or not, and adds none', { skip }, async () => {
  await using inventory = await serveInventory();
  await using browser = await openBrowser(path, inventory.url);
  const { page } = browser;
  const tabs = page.getByRole('tab');
  const reloadAndFind = async (address: string, name: string, text: string) => {
    await page.goto(address);
    await editorWith(page, text).waitFor();
    assert.equal(await activeTabName(page), name);
    assert.equal(await tabs.count(), EXAMPLE_OPERATIONS.length);
  };

  await reloadAndFind(inventory.url, 'ExpiringSoon', 'query ExpiringSoon');
  await untilKept(page, 0, 'query ExpiringSoon');
  await reloadAndFind(inventory.url, 'ExpiringSoon', 'query ExpiringSoon');

  await page.getByRole('tab', { name: 'DeviceInventory' }).click();
  await editorWith(page, 'query DeviceInventory').waitFor();
  await untilKept(page, 2, 'query DeviceInventory');
  await reloadAndFind(inventory.url, 'DeviceInventory', 'query DeviceInventory');

  await page.locator('.graphiql-query-editor .view-lines').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('# mine\n');
  await untilKept(page, 2, '# mine');
  await reloadAndFind(page.url(), 'DeviceInventory', '# mine');
  await reloadAndFind(inventory.url, 'DeviceInventory', '# mine');
  assert.deepEqual(browser.complaints, []);
});

test('what is injected into the page neither runs nor calls out', { skip }, async () => {
  await using inventory = await serveInventory();
  await using browser = await openBrowser(path, inventory.url);
  const { page } = browser;
  await page.goto(inventory.url);
  await page.getByRole('tab').first().waitFor();
  const ran = await page.evaluate(INJECTIONS);
  assert.deepEqual(ran, []);
  assert.deepEqual(browser.foreignRequests, []);
  assert.equal(page.url(), new URL(inventory.url).href);
  const refused = (directive: string) => browser.complaints.some((text) => text.includes(directive));
  for (const directive of ['script-src', 'img-src', 'font-src', 'connect-src', 'form-action', 'base-uri'])
    assert.ok(refused(directive), `${directive} in ${browser.complaints.join('\n')}`);
});

/** Each way by which injected markup runs or reaches another host; the value is what ran. */
const INJECTIONS = `(async () => {
  window.ran = [];
  const host = document.createElement('div');
  document.body.append(host);
  const foreign = 'https://evil.example/';
  host.innerHTML =
    '<img src="nothing" onerror="ran.push(1)"><svg onload="ran.push(2)"></svg>' +
    '<a href="javascript:ran.push(3)"></a><iframe srcdoc="<script>parent.ran.push(4)</script>"></iframe>' +
    '<style>@import "' + foreign + 'a.css"; @font-face { font-family: e; src: url(' + foreign + 'f) }' +
    ' div { background: url(' + foreign + 'b.png); font-family: e }</style><b>text</b>' +
    '<link rel="stylesheet" href="' + foreign + 'c.css"><object data="' + foreign + 'd"></object>' +
    '<form action="' + foreign + '"></form><iframe src="' + foreign + '"></iframe>';
  const script = document.createElement('script');
  script.textContent = 'ran.push(5)';
  const remote = document.createElement('script');
  remote.src = foreign + 'e.js';
  const base = document.createElement('base');
  base.href = foreign;
  document.head.append(script, remote, base);
  host.querySelector('a').click();
  host.querySelector('form').submit();
  await document.fonts.load('12px e').catch(() => undefined);
  await fetch(foreign).catch(() => undefined);
  for (let frame = 0; frame < 10; frame += 1) await new Promise(requestAnimationFrame);
  return window.ran;
})()`;

function editorWith(page: Page, text: string): Locator {
  return page.locator('.graphiql-query-editor .view-lines').filter({ hasText: text });
}

function activeTabName(page: Page): Promise<string> {
  return page.getByRole('tab', { selected: true }).innerText();
}

/** The editor keeps tabs a while after they change. The page's policy forbids Playwright's own waiting. */
async function untilKept(page: Page, activeTabIndex: number, text: string): Promise<void> {
  const isKept = await page.evaluate(
    `(async () => {
      for (const start = performance.now(); performance.now() - start < 20_000; ) {
        const kept = JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{}');
        const isActive = kept.activeTabIndex === ${activeTabIndex};
        if (isActive && kept.tabs[${activeTabIndex}].query.includes(${JSON.stringify(text)})) return true;
        await new Promise(requestAnimationFrame);
      }
      return false;
    })()`,
  );
  assert.ok(isKept, text);
}
