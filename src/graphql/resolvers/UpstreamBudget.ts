/** How many calls Defender still allows: a view that the refresher has given. */

import type { UpstreamBudgetResolvers } from '../generated/resolver-types.ts';
import { toEpochSeconds } from '../request-facts.ts';

export const UpstreamBudget: UpstreamBudgetResolvers = {
  endpoint: ({ endpoint }) => endpoint,
  limitPerMinute: ({ limitPerMinute }) => limitPerMinute,
  remainingThisMinute: ({ remainingThisMinute }) => remainingThisMinute,
  limitPerHour: ({ limitPerHour }) => limitPerHour,
  remainingThisHour: ({ remainingThisHour }) => remainingThisHour,
  resetsAt: ({ resetsAtMs }) => toEpochSeconds(resetsAtMs),
};
