#!/usr/bin/env bash
# From starting the packaged service to its first answered turn, with the AOT cache and without, in turns:
#   KONKO_OFFLINE_MODEL=true ./mvnw package -DskipTests -Dquarkus.package.jar.aot.enabled=true -Dquarkus.package.jar.aot.phase=build
#   docker/train.sh
#   JAVA=… src/bench/start.sh [rounds]        # JAVA of the JDK that made the cache
set -euo pipefail
cd "$(dirname "$0")/../../target/quarkus-app"
java=${JAVA:-java}
rounds=${1:-7}
port=18099
url=http://127.0.0.1:$port
export KONKO_OFFLINE_MODEL=true

millis() { echo $(($(date +%s%N) / 1000000)); }

start() { # with the options given; prints the milliseconds
  local from pid chat
  from=$(millis)
  "$java" "$@" -Dquarkus.http.port=$port -jar quarkus-run.jar >/dev/null 2>&1 &
  pid=$!
  until chat=$(curl -sf -X POST $url/chats); do sleep 0.01; done
  chat=${chat#*\"id\":\"}
  curl -sf "$url/chats/${chat%%\"*}/messages" -H 'Content-Type: application/json' -d '{"content": "hello"}' >/dev/null
  echo $(($(millis) - from))
  kill "$pid"
  wait "$pid"
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

with=() without=()
for ((i = 0; i < rounds; i++)); do
  without+=("$(start)")
  with+=("$(start -XX:AOTCache=app.aot)")
done
a=$(printf '%s\n' "${without[@]}" | median)
b=$(printf '%s\n' "${with[@]}" | median)
echo "without: $a ms (${without[*]})"
echo "with:    $b ms (${with[*]})"
awk -v a="$a" -v b="$b" 'BEGIN { printf "ratio:   %.2f\n", b / a }'
