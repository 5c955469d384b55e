# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# examples/compose.yaml as it stands, and examples/compose.aws.yaml with an embedded KMS in AWS's place.

compose() {
  if docker compose version >/dev/null 2>&1; then docker compose -p "$tag" "${stack[@]}" "$@"
  else docker-compose -p "$tag" "${stack[@]}" "$@"; fi
}

begin_stack() { # file...
  local file
  docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null ||
    skip "neither docker-compose nor the compose plugin is installed"
  stack=()
  for file in "$@"; do stack+=(-f "$file"); done
  trap 'compose down -v --rmi local --remove-orphans >/dev/null 2>&1 || true' EXIT
  export KMS_BYOK_IMAGE=$full KEY_MATERIAL=$work/compose-material KMS_BYOK_USER=$uid:$uid
  rm -f "$KEY_MATERIAL"
  openssl rand "${bytes:-32}" >"$KEY_MATERIAL"
  if ((EUID == 0)); then chown "$uid:$uid" "$KEY_MATERIAL"; else KMS_BYOK_USER=$(id -u):$(id -g); fi
  chmod 0400 "$KEY_MATERIAL"
}

# Waits until a service's container has ended with that status.
ended() { # service status
  local id
  for _ in {1..200}; do
    id=$(compose ps -a -q "$1" 2>/dev/null)
    if [[ -n $id && $(docker inspect -f '{{.State.Status}}' "$id") == exited ]]; then
      equal "$(docker inspect -f '{{.State.ExitCode}}' "$id")" "$2"
      return
    fi
    sleep 0.3
  done
  echo "$1 did not end"
  return 1
}

# A field of the last report that the service `provision` has printed.
reported() { compose logs --no-color provision 2>/dev/null | sed -n 's/^[^|]*provision[^|]*| //p' | tr -d '\n' | field "$1"; }
uses() { compose logs --no-color application 2>/dev/null | grep -c "used $1" || true; } # key ARN: how often the application used it

the_compose_stack_provisions_and_its_application_uses_the_key_and_again_changes_nothing() {
  local key
  begin_stack examples/compose.yaml
  compose up -d
  ended application 0
  compose logs --no-color
  key=$(reported key_arn)
  equal "${key%/*}" arn:aws:kms:us-east-1:000000000000:key
  equal "$(reported changed)" true
  equal "$(uses "$key")" 1

  compose up -d
  ended application 0
  compose logs --no-color
  equal "$(reported changed)" false
  equal "$(reported key_arn)" "$key"
  equal "$(uses "$key")" 2
}

the_application_does_not_start_when_provisioning_fails() {
  local bytes=31
  begin_stack examples/compose.yaml
  if compose up -d; then echo 'the stack came up'; return 1; fi
  ended provision 1
  compose logs --no-color provision | tee "$work/log"
  holds 'error: ' "$work/log"
  [[ -z $(compose ps -a -q application) ]] || equal "$(docker inspect -f '{{.State.StartedAt}}' "$(compose ps -a -q application)")" 0001-01-01T00:00:00Z
}

# The override puts an embedded KMS in AWS's place: everything else is the file's, the env file and the volume included.
the_compose_file_for_aws_runs_with_its_env_file_against_a_stand_in() {
  needs_python
  local command key
  cp -R examples "$work/examples"
  sed -e 's/^AWS_ACCESS_KEY_ID=/&AKIDENVFILE/' -e 's/^AWS_SECRET_ACCESS_KEY=/&secret/' examples/aws.env.example >"$work/examples/aws.env"
  command=$(python scripts/docker/documents.py command examples/compose.aws.yaml provision | sed 's/.*/      - "&"/')
  cat >"$work/examples/stand-in.yaml" <<YAML
services:
  kms:
    image: $full
    command: [rehearsal, serve, --listen, "127.0.0.1:4600"]
    network_mode: none
    healthcheck:
      test: [CMD, /usr/local/bin/kms-byok, rehearsal, ping, --endpoint-url, "$endpoint"]
      interval: 1s
  provision:
    command:
      - --endpoint-url=$endpoint
$command
    network_mode: "service:kms"
    depends_on:
      kms:
        condition: service_healthy
  application:
    environment:
      KMS_ENDPOINT_URL: "$endpoint"
    network_mode: "service:kms"
YAML
  begin_stack "$work/examples/compose.aws.yaml" "$work/examples/stand-in.yaml"
  export KMS_BYOK_IMAGE=$slim
  compose up -d
  ended application 0
  compose logs --no-color
  key=$(reported key_arn)
  equal "${key%/*}" arn:aws:kms:eu-central-1:000000000000:key
  equal "$(uses "$key")" 1
  compose up -d
  ended application 0
  equal "$(reported changed)" false
  # Nothing of the finished request is left in the volume, which the file's user could write.
  compose run --rm -T --entrypoint sh provision -c 'test -d /state/kms-byok && ls /state/kms-byok' </dev/null >"$work/left"
  equal "$(cat "$work/left")" ''
}

# Without a stand-in and without credentials it says what is missing.
the_env_file_as_it_comes_is_refused_with_what_is_missing() {
  fails 1 alone --env-file examples/aws.env.example "$slim" provision --alias alias/application --generate --discard
  holds '^error: .*credential' "$work/said"
  holds '^hint: ' "$work/said"
}

tests+=(the_compose_stack_provisions_and_its_application_uses_the_key_and_again_changes_nothing
  the_application_does_not_start_when_provisioning_fails
  the_compose_file_for_aws_runs_with_its_env_file_against_a_stand_in
  the_env_file_as_it_comes_is_refused_with_what_is_missing)
