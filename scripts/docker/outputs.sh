# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# What must outlive the container goes to a mounted directory; one that cannot be written is refused before KMS is asked.

a_kept_key_lands_in_the_mounted_directory() {
  local data; data=$(owned kept)
  alone -v "$data:/data" "$full" provision --rehearse --alias alias/a --generate --keep /data/key.bin
  equal "$(as_root "$data" "stat -c '%s %a %u' key.bin")" "32 600 $uid"
}

recovery_certificate() { # directory: recovery.pem, recovery.key
  mkdir -p "$1"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=recovery -days 30 -keyout "$1/recovery.key" \
    -out "$1/recovery.pem" 2>/dev/null
  chmod 0755 "$1"
  chmod 0644 "$1/recovery.pem"
}

an_escrow_file_lands_in_the_mounted_directory_and_openssl_opens_it() {
  local data; data=$(owned escrow)
  recovery_certificate "$work/recovery"
  alone -v "$data:/data" -v "$work/recovery/recovery.pem:/recovery.pem:ro" "$full" provision --rehearse --alias alias/a \
    --generate --escrow /recovery.pem --escrow-out /data/key.cms
  read_owned "$data" key.cms >"$work/key.cms"
  openssl cms -decrypt -inform DER -in "$work/key.cms" -recip "$work/recovery/recovery.pem" -inkey "$work/recovery/recovery.key" \
    -out "$work/key"
  equal "$(wc -c <"$work/key" | tr -d ' ')" 32
}

a_record_lands_in_the_mounted_directory() {
  local data key; data=$(owned record)
  alone -v "$data:/data" "$full" --output json provision --rehearse --alias alias/a --generate --discard --record /data/record.json |
    tee "$work/report"
  key=$(field key_arn <"$work/report")
  equal "${key%/*}" arn:aws:kms:us-east-1:000000000000:key
  read_owned "$data" record.json | tee "$work/record.json"
  holds "$key" "$work/record.json"
  holds '"ended": "2' "$work/record.json"
}

# Root's directory, and none at all: each output says which directory, why, and what to do.
an_output_that_cannot_be_written_is_refused_before_kms_is_asked() {
  local kms output
  kms=$(serve)
  recovery_certificate "$work/recovery"
  mkdir -p "$work/roots"
  chmod 0755 "$work/roots"
  as_root "$work/roots" 'chown 0:0 .'
  for output in '--keep /data/key.bin' '--escrow /recovery.pem --escrow-out /data/key.cms' '--discard --record /data/record.json'; do
    # shellcheck disable=SC2086 # the words of the flags
    refused "$kms" "let user $uid write to the directory" -v "$work/roots:/data" -- $output
    # shellcheck disable=SC2086
    refused "$kms" 'mount a directory that can be written' -- $output
  done
  fails 1 beside "$kms" "${local_credentials[@]}" "$slim" --endpoint-url "$endpoint" status --key-id alias/a # nothing was made
}
refused() { # id hint words of docker run... -- flags of provision...
  local kms=$1 hint=$2 words=()
  shift 2
  while [[ $1 != -- ]]; do words+=("$1"); shift; done
  shift
  fails 1 beside "$kms" "${local_credentials[@]}" -v "$work/recovery/recovery.pem:/recovery.pem:ro" "${words[@]}" "$slim" \
    --endpoint-url "$endpoint" provision --alias alias/a --generate "$@"
  holds '^error: .*`/data.* cannot be written' "$work/said"
  holds "^hint: $hint.* \`/data\`" "$work/said"
  if grep 'created key' "$work/said"; then return 1; fi
}

# A request under way is noted in /state: by whatever user, as long as something is mounted there or the root is not read-only.
a_run_that_was_killed_finds_its_key_again_with_the_volume_of_its_state() {
  local kms id volume=$tag-state
  kms=$(serve --fault 'CreateAlias:1:latency=120s')
  id=$(container -d "${hardened[@]}" --network "container:$kms" -u 4711:4711 -v "$volume:/state" "${local_credentials[@]}" "$slim" \
    --endpoint-url "$endpoint" provision --alias alias/a --generate --discard)
  for _ in {1..100}; do docker logs "$id" 2>&1 | grep -q '^created key' && break; sleep 0.1; done
  docker kill "$id" >/dev/null
  docker logs "$id" 2>&1 | tee "$work/first"
  beside "$kms" -u 4711:4711 -v "$volume:/state" "${local_credentials[@]}" "$slim" --endpoint-url "$endpoint" --output json \
    provision --alias alias/a --generate --discard 2>&1 | tee "$work/second"
  docker rm "$id" >/dev/null
  docker volume rm "$volume" >/dev/null
  holds "^created key $(field key_arn <"$work/second")\$" "$work/first"
  if grep '^created key' "$work/second"; then return 1; fi
}

tests+=(a_kept_key_lands_in_the_mounted_directory an_escrow_file_lands_in_the_mounted_directory_and_openssl_opens_it
  a_record_lands_in_the_mounted_directory
  an_output_that_cannot_be_written_is_refused_before_kms_is_asked
  a_run_that_was_killed_finds_its_key_again_with_the_volume_of_its_state)
