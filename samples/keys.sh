#!/usr/bin/env bash
# Makes API keys of the demo tenant for the samples, with a token that a service in Development gives anyone:
#
#   eval "$(samples/keys.sh)"
#
# FEATUREFLAGS_KEY is a server's, FEATUREFLAGS_CLIENT_KEY a browser's. FEATUREFLAGS_URL names another service than that of
# `dotnet run --project src/Host`, for which it waits if it is only just starting.
set -euo pipefail

url=${FEATUREFLAGS_URL:-http://localhost:8080}
url=${url%/}

post() {
  curl --silent --show-error --fail-with-body "$url$1" --header 'Content-Type: application/json' "${@:2}"
}

# The text of a member of the JSON on stdin.
member() {
  sed 's/.*"'"$1"'":"\([^"]*\)".*/\1/'
}

key() {
  post /v1/admin/api-keys --header "Authorization: Bearer $token" --header 'X-Tenant-ID: acme' \
    --data "{\"name\": \"samples\", \"kind\": \"$1\"}" | member key
}

if ! curl --silent --fail --retry 300 --retry-delay 1 --retry-all-errors "$url/readyz" >/dev/null; then
  printf 'Nobody is ready at %s. Start the service: dotnet run --project src/Host\n' "$url" >&2
  exit 1
fi
token=$(post /v1/auth/token --data '{"sub": "samples"}' | member access_token)
server=$(key server)
client=$(key client)
printf 'export FEATUREFLAGS_KEY=%s\nexport FEATUREFLAGS_CLIENT_KEY=%s\n' "$server" "$client"
