after=${1:+\"$1\"}

curl --silent --show-error --get "${GATEWAY_URL:-http://127.0.0.1:4000}/graphql" \
  --header 'apollo-require-preflight: true' \
  --data-urlencode 'query=
    query ExpiringSoon($after: String) {
      certificates(
        first: 100
        after: $after
        filter: { validity: { expiresWithinDays: 30 } }
        orderBy: { field: NOT_AFTER }
      ) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          thumbprint
          subject { displayName }
          notAfter
          installations(first: 10) { totalCount nodes { storeName device { name } } }
        }
      }
    }' \
  --data-urlencode "variables={ \"after\": ${after:-null} }"
