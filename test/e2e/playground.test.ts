import assert from 'node:assert/strict';
import { test } from 'node:test';
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
