# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# SIGTERM ends the program as process 1, whose unhandled signals the kernel drops: `docker stop` would kill it after 10 s.

stopped() { # id: seconds and exit status of a container after docker stop
  local began=$SECONDS
  docker stop -t 30 "$1" >/dev/null
  printf '%d s, status %s\n' $((SECONDS - began)) "$(docker inspect -f '{{.State.ExitCode}}' "$1")"
  docker logs "$1" 2>&1
  ((SECONDS - began < 20))
}

sigterm_ends_the_server() {
  local id
  id=$(serve)
  stopped "$id"
  equal "$(docker inspect -f '{{.State.ExitCode}}' "$id")" 0
}

sigterm_ends_a_run_that_waits_for_its_key_material() {
  local id
  id=$(container -d -i "${hardened[@]}" --network none "$full" provision --rehearse --alias alias/a --material -)
  sleep 1
  stopped "$id" | tee "$work/stopped"
  equal "$(docker inspect -f '{{.State.ExitCode}}' "$id")" 1
  holds '^error: stopped by SIGTERM' "$work/stopped"
}

sigterm_ends_an_import_that_waits_for_kms_and_the_report_says_what_exists() {
  local kms id
  kms=$(serve --fault 'ImportKeyMaterial:always:latency=120s')
  id=$(container -d "${hardened[@]}" --network "container:$kms" "${local_credentials[@]}" "$slim" --endpoint-url "$endpoint" \
    provision --alias alias/a --generate --discard)
  for _ in {1..100}; do docker logs "$id" 2>&1 | grep -q '^wrapped' && break; sleep 0.1; done
  sleep 0.5
  stopped "$id" | tee "$work/stopped"
  equal "$(docker inspect -f '{{.State.ExitCode}}' "$id")" 3
  holds '^error: stopped by SIGTERM' "$work/stopped"
  holds 'arn:aws:kms:us-east-1:000000000000:key/' "$work/stopped"
}

# SIGINT asks the program to die of it; the kernel does not let process 1 die of its own signal, so it exits with what a shell would
# show. Under --init it is no process 1, and dies.
interrupted() { # id: sends SIGINT, and gives what the container says once it has ended
  docker kill -s INT "$1" >/dev/null
  docker wait "$1" >/dev/null
  docker logs "$1" 2>&1
}

sigint_ends_a_run_with_130_as_process_1_and_under_an_init() {
  local id flags
  for flags in '' --init; do
    # shellcheck disable=SC2086 # no flag is no word
    id=$(container -d -i $flags "${hardened[@]}" --network none "$full" provision --rehearse --alias alias/a --material -)
    sleep 1
    interrupted "$id" | tee "$work/stopped"
    equal "$(docker inspect -f '{{.State.ExitCode}}' "$id")" 130
    holds '^error: stopped by SIGINT' "$work/stopped"
  done
}

sigint_ends_an_import_that_waits_for_kms_with_130_and_the_report_says_3() {
  local kms id
  kms=$(serve --fault 'ImportKeyMaterial:always:latency=120s')
  id=$(container -d "${hardened[@]}" --network "container:$kms" "${local_credentials[@]}" "$slim" --endpoint-url "$endpoint" \
    provision --alias alias/a --generate --discard --output json)
  for _ in {1..100}; do docker logs "$id" 2>&1 | grep -q '^wrapped' && break; sleep 0.1; done
  sleep 0.5
  interrupted "$id" | tee "$work/stopped"
  equal "$(docker inspect -f '{{.State.ExitCode}}' "$id")" 130
  holds '^error: stopped by SIGINT' "$work/stopped"
  holds '"exit_code": 3' "$work/stopped"
  holds 'arn:aws:kms:us-east-1:000000000000:key/' "$work/stopped"
}

tests+=(sigterm_ends_the_server sigterm_ends_a_run_that_waits_for_its_key_material
  sigterm_ends_an_import_that_waits_for_kms_and_the_report_says_what_exists
  sigint_ends_a_run_with_130_as_process_1_and_under_an_init
  sigint_ends_an_import_that_waits_for_kms_with_130_and_the_report_says_3)
