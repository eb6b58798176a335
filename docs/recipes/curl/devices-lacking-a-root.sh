thumbprint=${1:-DF3C24F9BFD666761B268073FE06D1CC8D4F82A4}

curl --silent --show-error --get "${GATEWAY_URL:-http://127.0.0.1:4000}/graphql" \
  --header 'apollo-require-preflight: true' \
  --data-urlencode 'query=
    query DevicesLackingRoot($thumbprint: String!) {
      devices(
        first: 1000
        filter: {
          installations: {
            none: {
              storeName: { in: ["Root", "AuthRoot"] }
              certificate: { thumbprint: { eq: $thumbprint } }
            }
          }
        }
        orderBy: { field: NAME }
      ) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { deviceId name rbacGroup { name } }
      }
    }' \
  --data-urlencode "variables={ \"thumbprint\": \"$thumbprint\" }"
