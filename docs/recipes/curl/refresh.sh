curl --silent --show-error "${GATEWAY_URL:-http://127.0.0.1:4000}/graphql" \
  --header 'content-type: application/json' \
  --data '{ "query": "mutation { refreshSnapshot { __typename status { phase } ... on RefreshRateLimited { retryAt } } }" }'
