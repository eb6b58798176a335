/** First part of every metric's name. */
export const METRIC_PREFIX = 'defender_certificate_gateway_';
