/**
 * What the playground's page needs beside what its renderer makes: a style, and a function that runs before
 * the editor starts. Both go into the style and the script that the page has already, so that it keeps the
 * one script that its policy admits.
 */

/**
 * The tab bar animates tabs to their places with a transform. On a first visit the transform stays on, and
 * a pressed tab flies from under the pointer: the click is lost.
 */
const STYLE = '.graphiql-tab{transform:none!important}';

const END_OF_STYLE = '</style>';
const START_OF_EDITOR = 'YogaGraphiQL.renderYogaGraphiQL(';

/** As much of the browser's local storage as is used here. */
export interface EditorStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Adds both to a rendered page.
 *
 * @throws when the page has no style, or nothing that starts the editor
 */
export function amendPlaygroundPage(html: string): string {
  const endOfStyle = html.indexOf(END_OF_STYLE);
  const startOfEditor = html.lastIndexOf(START_OF_EDITOR);
  if (endOfStyle < 0 || startOfEditor < endOfStyle) {
    throw new Error(`The playground page must have ${END_OF_STYLE} and after it ${START_OF_EDITOR}.`);
  }
  const restoring = `(${restoreActiveTab})(localStorage, location.href);\n`;
  return (
    html.slice(0, endOfStyle) +
    STYLE +
    html.slice(endOfStyle, startOfEditor) +
    restoring +
    html.slice(startOfEditor)
  );
}

/**
 * Makes a revisit go on where the last visit ended. The editor looks for the kept tab that has the kept
 * document and variables; it keeps these only once they are edited, each by itself, and where no tab has
 * them it adds an empty one. Here they are set to those of the tab that has the address's document, or
 * else of the tab that was active. Nothing changes on a first visit, and where the address holds a
 * document of nobody's tab.
 *
 * Sent to the browser as text: it must not use anything outside of itself.
 */
export function restoreActiveTab(storage: EditorStorage, address: string): void {
  try {
    const { tabs, activeTabIndex } = JSON.parse(storage.getItem('graphiql:tabState') ?? '');
    const asked = new URL(address).searchParams.get('query');
    const active = tabs[activeTabIndex];
    const holdsAsked = (tab: { query?: string }) => tab.query === asked;
    const tab = !asked || holdsAsked(active) ? active : tabs.find(holdsAsked);
    if (!tab) return;
    for (const key of ['query', 'variables']) {
      if (tab[key]) storage.setItem(`graphiql:${key}`, tab[key]);
      else storage.removeItem(`graphiql:${key}`);
    }
  } catch {
    // Nothing is kept, or what is kept is not the editor's: it starts with the examples.
  }
}
