#!/usr/bin/env bash
# The five-minute tour of the README with curl, against a host that runs in Development (it issues a token for the
# asking, and has the demo tenant acme). It may be run again and again.
#
#   docs/curl.sh                               the host of `dotnet run --project src/Host`
#   HOST=http://localhost:9000 docs/curl.sh    another one
set -euo pipefail

HOST=${HOST:-http://localhost:8080}

say() {
  printf '\n# %s\n' "$1"
}

# Shows a request, makes it as the demo tenant, and shows the answer. Any status but 2xx ends the tour.
request() {
  local method=$1 path=$2
  shift 2
  printf '$ %s %s\n' "$method" "$path"
  curl --silent --show-error --fail-with-body --request "$method" "$HOST$path" \
    --header "Authorization: Bearer $TOKEN" \
    --header "X-Tenant-ID: acme" \
    --header "Content-Type: application/json" \
    "$@"
  printf '\n'
}

say "Is the host ready? It may take a moment to start."
if ! curl --silent --fail --retry 30 --retry-delay 1 --retry-all-errors "$HOST/readyz"; then
  printf 'Nobody is ready at %s. Start a host: dotnet run --project src/Host\n' "$HOST" >&2
  exit 1
fi
printf '\n'

say "A token: in Development anyone gets one. Its subject is who the audit log names."
TOKEN=$(curl --silent --show-error --fail-with-body --request POST "$HOST/v1/auth/token" \
  --header "Content-Type: application/json" --data '{"sub": "ada"}' |
  sed 's/.*"access_token":"\([^"]*\)".*/\1/')
printf 'got one of %s characters\n' "${#TOKEN}"

say "The demo tenant's flags that are on"
request GET "/v1/flags?state=on&limit=2"

say "Create a flag: on for Canada, and for one in ten of all others. Sent again it changes nothing."
request POST /v1/flags --data '{
  "key": "dark-mode",
  "name": "Dark mode",
  "state": "on",
  "variants": [
    {"key": "on", "weight": 10, "value": true},
    {"key": "off", "weight": 90, "value": false}
  ],
  "rules": [
    {"id": "canada", "order": 1, "when": {"attr": {"country": "CA"}}, "rollout": {"variant": "on"}}
  ]
}'

say "Evaluate it for a user in Canada: the rule decides"
request POST /v1/evaluate \
  --data '{"flag_key": "dark-mode", "user": {"id": "user-1", "attributes": {"country": "CA"}}}'

say "And for the same user elsewhere: the bucket decides, the same one every time"
request POST /v1/evaluate \
  --data '{"flag_key": "dark-mode", "user": {"id": "user-1", "attributes": {"country": "FR"}}}'

say "Why? The preview explains every rule and condition"
request POST /v1/evaluate/preview \
  --data '{"flag_key": "dark-mode", "user": {"id": "user-1", "attributes": {"country": "FR"}}}'

say "Every flag for one user, in one call"
request POST /v1/evaluate/batch \
  --data '{"user": {"id": "ada", "attributes": {"country": "CA", "plan": "pro"}}}'

say "Switch it off"
request PATCH /v1/flags/dark-mode --data '{"state": "off"}'

say "The next evaluation knows"
request POST /v1/evaluate \
  --data '{"flag_key": "dark-mode", "user": {"id": "user-1", "attributes": {"country": "CA"}}}'

say "Who did that? The latest change, with what it changed"
request GET "/v1/audit?entity=flag&entity_key=dark-mode&limit=1"

say "And what did the service do? Evaluations by reason, and this tour's requests"
curl --silent --show-error --fail-with-body "$HOST/metrics" |
  grep -E '^(evaluations_total|http_requests_total)\{' || true
