# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016 # what scripts/docker-test and tools.sh set; formats and scripts for containers
# The images: how they are built, what is in them, how large they are.

both_images_build() {
  docker build --target runtime -t "$base" .
  docker build -t "$full" .
  docker build --target slim -t "$slim" .
}

# The changed source does not compile, so that the proof takes seconds: cargo would build a dependency before it.
touching_a_source_file_rebuilds_no_dependency() {
  local context status=0
  context=$(context touched)
  printf 'compile_error!("touched by %s");\n' "$tag" >>"$context/src/lib.rs"
  docker build --progress=plain --target build "$context" >"$work/build" 2>&1 || status=$?
  cat "$work/build"
  ((status != 0))
  holds "error: touched by $tag" "$work/build"
  equal "$(grep -o 'Compiling [^ ]*' "$work/build" | sort -u)" 'Compiling kms-byok'
}

a_lock_file_that_does_not_fit_stops_the_build() {
  local context status=0
  context=$(context unlocked)
  sed 's/^\[dependencies\]$/&\nitoa = "1"/' Cargo.toml >"$context/Cargo.toml"
  docker build --progress=plain --target toolchain "$context" >"$work/build" 2>&1 || status=$?
  ((status != 0))
  holds 'error: cannot update the lock file .* because --locked was passed' "$work/build"
}

the_base_image_is_an_argument() {
  docker tag debian:bookworm-slim "$tag:pinned"
  docker build -q --target runtime --build-arg "RUNTIME_IMAGE=$tag:pinned" -t "$tag:on-pinned" .
  equal "$(label base.name "$tag:on-pinned")" "$tag:pinned"
  equal "$(docker image inspect -f '{{index .RootFS.Layers 0}}' "$tag:on-pinned")" \
    "$(docker image inspect -f '{{index .RootFS.Layers 0}}' "$tag:pinned")"
  docker rmi "$tag:on-pinned" "$tag:pinned" >/dev/null
}

they_add_at_most_15_mib_to_the_base_and_libssl() {
  local image size base_size libssl
  base_size=$(docker image inspect -f '{{.Size}}' debian:bookworm-slim)
  libssl=$(container --rm --network none --entrypoint dpkg-query "$full" -W -f '${Installed-Size}' libssl3) # KiB
  for image in "$full" "$slim"; do
    size=$(docker image inspect -f '{{.Size}}' "$image")
    size=$(((size - base_size) / 1024 - libssl))
    printf 'measured: %s: %d KiB over the base and libssl (certificates and their tools included; at most 15360)\n' "$image" "$size"
    ((size <= 15 * 1024))
  done
}

# ca-certificates depends on the program openssl.
the_runtime_is_the_base_with_libssl_and_certificates_only() {
  local image
  packages debian:bookworm-slim >"$work/packages.base"
  for image in "$full" "$slim"; do
    packages "$image" >"$work/packages"
    comm -13 "$work/packages.base" "$work/packages" >"$work/added"
    cat "$work/added"
    equal "$(grep -vx -e ca-certificates -e libssl3 -e openssl "$work/added" || true)" ''
    container --rm --network none --entrypoint sh "$image" -c \
      'test -s /etc/ssl/certs/ca-certificates.crt && ldd /usr/local/bin/kms-byok && dpkg -S "$(realpath /usr/lib/*/libcrypto.so.3)"' >"$work/ldd"
    cat "$work/ldd"
    holds 'libcrypto.so.3 => ' "$work/ldd"
    holds 'libssl.so.3 => ' "$work/ldd"
    holds '^libssl3:' "$work/ldd"
    if grep 'not found' "$work/ldd"; then return 1; fi
  done
}
packages() { container --rm --network none --entrypoint dpkg-query "$1" -W -f '${Package}\n' | sort; }

the_configuration_is_numeric_labelled_and_without_a_shell() {
  local image version
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
  for image in "$full" "$slim"; do
    equal "$(docker image inspect -f '{{.Config.User}}' "$image")" 10001:10001
    equal "$(docker image inspect -f '{{json .Config.Entrypoint}}' "$image")" '["/usr/local/bin/kms-byok"]'
    equal "$(label title "$image")" kms-byok
    equal "$(label licenses "$image")" 'MIT OR Apache-2.0'
    equal "$(label version "$image")" "$version"
    equal "$(alone "$image" --version | head -n 1)" "kms-byok $version"
    equal "$(label base.name "$image")" debian:bookworm-slim
  done
}
label() { docker image inspect -f "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" "$2"; } # name image

slim_has_no_embedded_kms() {
  fails 2 alone "$slim" rehearsal serve --listen 127.0.0.1:0
  fails 2 alone "$slim" provision --rehearse --alias alias/a --generate --discard
}

tests+=(both_images_build touching_a_source_file_rebuilds_no_dependency a_lock_file_that_does_not_fit_stops_the_build
  the_base_image_is_an_argument they_add_at_most_15_mib_to_the_base_and_libssl
  the_runtime_is_the_base_with_libssl_and_certificates_only the_configuration_is_numeric_labelled_and_without_a_shell
  slim_has_no_embedded_kms)
