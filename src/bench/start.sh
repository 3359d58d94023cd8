#!/usr/bin/env bash
# From starting the packaged service until it is ready, and until its first turn is answered, with the AOT cache and without, in turns:
#   ./mvnw package -DskipTests -Dquarkus.package.jar.type=aot-jar
#   docker/train.sh
#   JAVA=… src/bench/start.sh [rounds]        # JAVA of the JDK that made the cache
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../../target/quarkus-app"
java=${JAVA:-java}
rounds=${1:-7}
port=18099
url=http://127.0.0.1:$port
export KONKO_OFFLINE_MODEL=true

millis() { echo $(($(date +%s%N) / 1000000)); }

answers() { # METHOD PATH; whether with success. By bash alone: a process each time would take from the start what it needs
  exec 3<>"/dev/tcp/127.0.0.1/$port" && printf '%s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&3 && read -r line <&3 && [[ $line == *' 2'* ]]
}

start() { # with the options given; prints the milliseconds until it is ready, and until a turn is answered
  local from ready pid chat
  from=$(millis)
  "$java" "$@" -Dquarkus.http.port=$port -jar quarkus-run.jar >/dev/null 2>&1 &
  pid=$!
  until answers 'GET /q/health/ready' 2>/dev/null; do
    kill -0 "$pid"
    sleep 0.02
  done
  ready=$(millis)
  chat=$(curl -sf -X POST $url/chats)
  chat=${chat#*\"id\":\"}
  curl -sf "$url/chats/${chat%%\"*}/messages" -H 'Content-Type: application/json' -d '{"content": "hello"}' >/dev/null
  echo $((ready - from)) $(($(millis) - from))
  kill "$pid"
  wait "$pid" || true # it ends by the signal
}

show() { # NAME and a line of each round
  local name=$1
  shift
  printf '%-18s ready %5s ms, a turn answered %5s ms (%s)\n' "$name:" "$(printf '%s\n' "$@" | cut -d ' ' -f 1 | median)" \
    "$(printf '%s\n' "$@" | cut -d ' ' -f 2 | median)" "$(printf '%s; ' "$@")"
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

with=() without=()
for ((i = 0; i < rounds; i++)); do
  without+=("$(start)")
  with+=("$(start -XX:AOTCache=app.aot)")
done
show 'without a cache' "${without[@]}"
show 'with the cache' "${with[@]}"
