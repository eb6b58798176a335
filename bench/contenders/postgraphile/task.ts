/** What the process of PostGraphile is told. */

import type { PublishedTask } from '../us/published.ts';

export interface PostGraphileTask extends PublishedTask {
  /** Folder of PostgreSQL's programs. */
  readonly programs: string;
}
