# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# The image `rehearsal` and examples/rehearsal: the embedded KMS in a network of containers.

rehearsal='kms-byok:test-rehearsal'
needs_rehearsal() { docker build -q --target rehearsal -t "$rehearsal" . >/dev/null; }

# Waits until the image's own health check has passed.
healthy() { # id
  for _ in {1..100}; do
    [[ $(docker inspect -f '{{.State.Health.Status}}' "$1") == healthy ]] && return
    sleep 0.3
  done
  docker logs "$1"
  return 1
}

in_network() { # words of docker run...
  container --rm "${hardened[@]}" --network "$tag" "${local_credentials[@]}" "$@"
}

the_rehearsal_image_answers_its_name_in_a_network_of_containers_and_no_other() {
  needs_rehearsal
  kms=''
  trap '[[ -z $kms ]] || docker rm -fv "$kms" >/dev/null; docker network rm "$tag" >/dev/null' EXIT
  docker network create --internal "$tag" >/dev/null
  kms=$(container -d "${hardened[@]}" --network "$tag" --network-alias kms --network-alias vault "$rehearsal")
  healthy "$kms"
  docker logs "$kms" >"$work/log" 2>&1
  holds '^http://127.0.0.1:4566$' "$work/log"
  holds '^warning: whoever reaches 0.0.0.0:4566 can use every key in it: no signature is checked$' "$work/log"
  in_network "$full" --endpoint-url http://kms:4566 --insecure-endpoint provision --alias alias/a --generate --discard
  fails 2 in_network "$full" --endpoint-url http://kms:4566 status --key-id alias/a
  fails 1 in_network "$full" rehearsal ping --endpoint-url http://vault:4566
  # From the container itself, the clock; from its neighbour, not.
  clock 127.0.0.1 "container:$kms" >"$work/own"
  holds '"now"' "$work/own"
  clock kms >"$work/other"
  holds 'for requests from loopback only' "$work/other"
}
clock() { # host [network]: what the page of the clock says
  container --rm --network "${2:-$tag}" --entrypoint bash "$base" -c "
    exec 3<>/dev/tcp/$1/4566
    printf 'GET /_rehearsal/clock HTTP/1.1\r\nhost: $1:4566\r\nconnection: close\r\n\r\n' >&3
    cat <&3"
}

the_compose_stack_of_the_rehearsal_has_a_key_before_its_application_starts() {
  local key
  needs_rehearsal
  export KMS_BYOK_REHEARSAL_IMAGE=$rehearsal
  begin_stack examples/rehearsal/compose.yaml
  compose up -d
  ended application 0
  compose logs --no-color
  key=$(reported key_arn)
  equal "${key%/*}" arn:aws:kms:us-east-1:000000000000:key
  equal "$(uses "$key")" 1
}

# The package's own helper container, which removes what is left, would have to be pulled.
the_example_for_testcontainers_runs() {
  "$python_env/python" -c 'import testcontainers, boto3' 2>/dev/null || skip "the package testcontainers is not in $python_env"
  needs_rehearsal
  # The port is published on this machine, also where this is a container beside its engine.
  KMS_BYOK_IMAGE=$rehearsal TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_CONNECTION_MODE=docker_host \
    TESTCONTAINERS_HOST_OVERRIDE=localhost python examples/rehearsal/testcontainers_kms.py | tee "$work/said"
  holds '^used arn:aws:kms:eu-central-1:000000000000:key/' "$work/said"
}

tests+=(the_rehearsal_image_answers_its_name_in_a_network_of_containers_and_no_other
  the_compose_stack_of_the_rehearsal_has_a_key_before_its_application_starts the_example_for_testcontainers_runs)
