thumbprint=${1:-DF3C24F9BFD666761B268073FE06D1CC8D4F82A4}

curl --silent --show-error --get "${GATEWAY_URL:-http://127.0.0.1:4000}/graphql" \
  --header 'apollo-require-preflight: true' \
  --data-urlencode 'query=
    query OneThumbprint($thumbprint: String!) {
      certificate(thumbprint: $thumbprint) {
        subject { text }
        validity
        notAfter
        deviceCount
        installations(first: 1000) {
          totalCount
          pageInfo { hasNextPage endCursor }
          nodes { path device { deviceId name rbacGroup { name } } }
        }
      }
    }' \
  --data-urlencode "variables={ \"thumbprint\": \"$thumbprint\" }"
