# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# Everything that needs no AWS runs with a read-only root, no capability, no new privilege, no network, and no shell.

provision_rehearses_hardened() {
  alone "$full" --output json provision --rehearse --alias alias/a --generate --discard | tee "$work/report"
  equal "$(field key_state <"$work/report")" Enabled
  equal "$(field rehearsal <"$work/report")" true
  equal "$(field outcome <"$work/report")" proven
}

generate_and_wrap_run_hardened_and_openssl_opens_what_they_made() {
  local data image
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/private.pem" 2>/dev/null
  for image in "$full" "$slim"; do
    data=$(owned "wrap-${image##*:}")
    openssl pkey -in "$work/private.pem" -pubout -outform DER | put_owned "$data" PublicKey.bin
    alone -v "$data:/data" "$image" generate --key-spec SYMMETRIC_DEFAULT --out PlaintextKeyMaterial.bin
    alone -v "$data:/data" "$image" wrap --in PlaintextKeyMaterial.bin --inkey PublicKey.bin --out EncryptedKeyMaterial.bin
    read_owned "$data" PlaintextKeyMaterial.bin >"$work/plain"
    equal "$(wc -c <"$work/plain" | tr -d ' ')" 32
    read_owned "$data" EncryptedKeyMaterial.bin >"$work/wrapped"
    openssl pkeyutl -decrypt -inkey "$work/private.pem" -in "$work/wrapped" -pkeyopt rsa_padding_mode:oaep \
      -pkeyopt rsa_oaep_md:sha256 | cmp - "$work/plain"
  done
}

doctor_finds_the_distributions_openssl_hardened() {
  local image
  for image in "$full" "$slim"; do
    alone "$image" doctor | tee "$work/doctor"
    holds '^loaded  *OpenSSL 3\.' "$work/doctor"
  done
}

# An empty file lies over each shell of the image.
no_shell_is_needed() {
  local shells=() shell
  for shell in bash dash rbash sh; do
    if container --rm --network none --entrypoint test "$full" -f "/usr/bin/$shell" -a ! -L "/usr/bin/$shell"; then
      shells+=(-v "/dev/null:/usr/bin/$shell:ro")
    fi
  done
  ((${#shells[@]} >= 4)) # bash and dash, two words each
  fails 126 alone "${shells[@]}" --entrypoint /bin/sh "$full" -c true
  alone "${shells[@]}" "$full" provision --rehearse --alias alias/a --generate --discard
}

tests+=(provision_rehearses_hardened generate_and_wrap_run_hardened_and_openssl_opens_what_they_made
  doctor_finds_the_distributions_openssl_hardened no_shell_is_needed)
