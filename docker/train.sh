#!/usr/bin/env bash
# Fills the JDK's ahead-of-time cache of what was packaged for it, target/quarkus-app/app.aot: starts the service with the
# demonstration model, has it answer a few turns, and stops it.
#   ./mvnw package -DskipTests -Dquarkus.package.jar.type=aot-jar    # jars on the class path: a class loader's own the cache has not
#   docker/train.sh [folder]      # of the package; JAVA=… for another java than the one on the path, PORT=… for another port
set -euo pipefail
cd "${1:-$(dirname "$0")/../target/quarkus-app}"
java=${JAVA:-java}
port=${PORT:-18098}

if ! [[ $("$java" -version 2>&1) =~ version\ \"([0-9]+) ]] || ((BASH_REMATCH[1] < 25)); then
  echo "$java is not of the JDK 25 or newer that is to run the service: JAVA=… docker/train.sh" >&2
  exit 1
fi

request() { # METHOD PATH ACCEPT BODY
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf '%s %s HTTP/1.0\r\nHost: localhost\r\nAccept: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" "$3" "${#4}" "$4" >&3
  cat <&3
  exec 3>&-
}

rm -f app.aot
# The JDK refuses a cache whose jars have other times than in training. A layer of an image keeps whole seconds only.
find . -exec touch -d "@$(date +%s)" {} +
# Without profiles of methods, which would slow the service down: see the decision on what a start does without.
env -u KONKO_API_KEYS -u KONKO_API_KEYS_FILE -u KONKO_STORE KONKO_OFFLINE_MODEL=true \
  "$java" -XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTRecordTraining \
  -XX:AOTCacheOutput=app.aot -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port=$port \
  -jar quarkus-run.jar >train.log 2>&1 &
service=$!
finish() {
  status=$?
  kill $service 2>/dev/null || true
  [ $status = 0 ] || cat train.log >&2
}
trap finish EXIT

until [[ $(request GET /q/health/ready '*/*' '' 2>/dev/null) == *'"UP"'* ]]; do
  kill -0 $service
  sleep 0.2
done
chat=$(request POST /chats '*/*' '{"title": "training"}' | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
test -n "$chat"
for _ in 1 2; do
  answer=$(request POST "/chats/$chat/messages" application/json '{"content": "hello"}')
  [[ $answer == *'"finishReason":"stop"'* ]]
  answer=$(request POST "/chats/$chat/messages" text/event-stream '{"content": "hello"}')
  [[ $answer == *'event: completed'* ]]
done
kill $service
wait $service
test -s app.aot
rm train.log
