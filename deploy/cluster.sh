#!/usr/bin/env bash
# The topology of docker-compose.yml without containers: PostgreSQL, two hosts and HAProxy, all on free ports of the
# loopback address, in a temporary folder that goes with it. Needs PostgreSQL's binaries, haproxy and curl.
#
#   deploy/cluster.sh FOLDER            runs the host that was published to FOLDER until it is interrupted
#   deploy/cluster.sh FOLDER --smoke    tries it, one host's death included, and ends; 0 when all went well
set -euo pipefail

HOST_DLL=$1/FeatureFlags.Host.dll
BALANCER_CONFIG=$(cd "$(dirname "$0")" && pwd)/haproxy.cfg
CLIENT=first
CLIENT_SECRET=$(head -c 24 /dev/urandom | base64)
work=$(mktemp -d)
hosts=()
balancer=

fail() {
  printf 'cluster: %s\n' "$1" >&2
  tail -n 20 "$work"/*.log >&2 || true
  exit 1
}

for tool in dotnet haproxy curl; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done
PATH=$PATH:$(printf '%s:' /usr/lib/postgresql/*/bin)
command -v initdb >/dev/null || fail "PostgreSQL's initdb is missing"

# PostgreSQL refuses root, who therefore acts as the user that its package makes.
postgres() { if [[ $(id -u) == 0 ]]; then runuser -u postgres -- env PATH="$PATH" "$@"; else "$@"; fi; }

end() {
  trap '' INT TERM
  for process in $balancer "${hosts[@]}"; do kill "$process" 2>/dev/null || true; done
  wait
  if [[ -f $work/database/postmaster.pid ]]; then postgres pg_ctl stop -D "$work/database" -m immediate -s || true; fi
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

# Below the range from which the system takes ports for outgoing connections.
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  printf '%s' "$port"
}

# Repeats a command until it succeeds, for 60 s at most.
eventually() {
  local deadline=$((SECONDS + 60))
  until "$@"; do
    ((SECONDS < deadline)) || fail "gave up: $*"
    sleep 0.1
  done
}

ready() { curl --silent --fail --max-time 3 --output "$work/answer" "$1/readyz"; }

start_database() {
  port=$(free_port)
  chmod 711 "$work"
  install -d -m 700 "$work/database"
  if [[ $(id -u) == 0 ]]; then chown postgres "$work/database"; fi
  postgres initdb -D "$work/database" -U featureflags --auth=trust >"$work/initdb.log"
  postgres pg_ctl start -D "$work/database" -w -s -l "$work/database/server.log" \
    -o "-p $port -k $work/database -c listen_addresses=127.0.0.1"
  DSN="Host=127.0.0.1;Port=$port;Database=featureflags;Username=featureflags;Maximum Pool Size=40"
}

start_host() { # NAME PORT
  mkdir -m 700 "$work/$1"
  (
    cd "$work/$1"
    ASPNETCORE_ENVIRONMENT=Production ASPNETCORE_URLS=http://127.0.0.1:$2 DATA_DIR=$work/$1 DB_DSN=$DSN \
      JWT_SECRET=$JWT_SECRET ADMIN_CLIENT_ID=$CLIENT ADMIN_CLIENT_SECRET=$CLIENT_SECRET \
      exec dotnet "$HOST_DLL"
  ) >"$work/$1.log" 2>&1 &
  hosts+=($!)
}

HOST_DLL=$(realpath "$HOST_DLL")
JWT_SECRET=$(head -c 48 /dev/urandom | base64 --wrap=0)
start_database
one=$(free_port)
start_host host1 "$one"
two=$(free_port)
start_host host2 "$two"
front=$(free_port)
BALANCER=127.0.0.1:$front HOST1=127.0.0.1:$one HOST2=127.0.0.1:$two \
  haproxy -db -f "$BALANCER_CONFIG" >"$work/balancer.log" 2>&1 &
balancer=$!
ONE=http://127.0.0.1:$one TWO=http://127.0.0.1:$two FRONT=http://127.0.0.1:$front
for address in "$ONE" "$TWO" "$FRONT"; do eventually ready "$address"; done

printf 'balancer  %s\nhosts     %s  %s\ndatabase  %s\nclient    %s, secret %s\nlogs      %s\n' \
  "$FRONT" "$ONE" "$TWO" "$DSN" "$CLIENT" "$CLIENT_SECRET" "$work"
if [[ ${2:-} != --smoke ]]; then
  wait
  exit
fi

# ---------------------------------------------------------------------------------------------------------------------

say() { printf '%s\n' "- $1"; }

call() { # METHOD URL [BODY]: prints the answer, fails unless it is 2xx
  curl --silent --show-error --fail-with-body --max-time 10 --request "$1" "$2" ${3:+--data "$3"} \
    --header "Authorization: Bearer $TOKEN" --header "X-Tenant-ID: acme" --header "Content-Type: application/json"
}

answers() { # ADDRESS TEXT: whether the flag's evaluation there contains the text
  call POST "$1/v1/evaluate" '{"flag_key": "checkout", "user": {"id": "u1"}}' 2>/dev/null | grep -q "$2"
}

TOKEN=$(curl --silent --fail "$FRONT/v1/auth/token" -d grant_type=client_credentials -d "client_id=$CLIENT" \
  --data-urlencode "client_secret=$CLIENT_SECRET" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
[[ -n $TOKEN ]] || fail "no token"

curl --silent --no-buffer "$FRONT/v1/events" -H "Authorization: Bearer $TOKEN" -H "X-Tenant-ID: acme" >"$work/stream" &
stream=$!
eventually grep -q 'id:' "$work/stream"
say "a stream through the balancer begins at once"

call POST "$FRONT/v1/flags" \
  '{"key": "checkout", "state": "on", "variants": [{"key": "on", "weight": 1}, {"key": "off", "weight": 0}]}' >/dev/null
eventually grep -q 'flag.created' "$work/stream"
say "a write through the balancer is told on the stream"
kill "$stream"

for address in "$ONE" "$TWO"; do eventually answers "$address" '"variant":"on"'; done
say "each host evaluates it"

for path in /metrics /METRICS/ /%6detrics /v1/../metrics /v1/%2e%2e/metrics; do
  status=$(curl --silent --output "$work/answer" --write-out '%{http_code}' --path-as-is "$FRONT$path")
  [[ $status == 40[04] ]] || fail "$path is answered $status"
done
curl --silent --head --request GET --header 'X-Request-ID: smoke-1' "$FRONT/readyz" | grep -qi 'x-request-id: smoke-1' ||
  fail "the request id is lost"
say "the hosts' metrics stay inside, request ids go through"

kill -9 "${hosts[0]}"
wait "${hosts[0]}" 2>/dev/null || true
for ((i = 0; i < 50; i++)); do answers "$FRONT" '"variant":"on"' || fail "evaluation $i failed"; done
call PATCH "$FRONT/v1/flags/checkout" '{"state": "off"}' >/dev/null
eventually answers "$FRONT" '"reason":"flag_off"'
say "one host was killed: 50 evaluations, a write and its effect went on without an error"
