# shellcheck shell=bash
# shellcheck disable=SC2154 # what scripts/docker-test and tools.sh set
# Key material comes on standard input or from a mounted file, and stays in no layer, configuration, log or container.

material_comes_on_standard_input() {
  openssl rand 32 | alone -i "$full" --output json provision --rehearse --alias alias/a --material - | tee "$work/report"
  equal "$(field key_state <"$work/report")" Enabled
  equal "$(field generated <"$work/report")" false
}

material_comes_from_a_mounted_file() {
  local data; data=$(owned mounted)
  openssl rand 32 | put_owned "$data" material
  alone -v "$data:/run/material:ro" "$full" --output json --strict provision --rehearse --alias alias/a \
    --material /run/material/material | tee "$work/report"
  equal "$(field key_state <"$work/report")" Enabled
}

# Secrets lie around the checkout and in the builder's environment; not one may be in a layer or in the configuration.
no_planted_secret_is_in_any_layer_or_in_the_configuration() {
  needs_python
  local marker context secret
  marker=planted-$(openssl rand -hex 12) # 32 bytes
  context=$(context planted)
  mkdir -p "$context/target" "$context/keys"
  for secret in .env PlaintextKeyMaterial.bin aws.env keys/key.pem target/key.bin ImportToken.bin; do
    printf 'secret=%s\n' "$marker" >"$context/$secret"
  done
  AWS_SECRET_ACCESS_KEY=$marker docker build -q -t "$full" "$context"
  AWS_SECRET_ACCESS_KEY=$marker docker build -q -t "$slim" --target slim "$context"
  inspect_image "$full" "$work/full"
  inspect_image "$slim" "$work/slim"
  python scripts/docker/search.py "$marker" "$work"/{full,slim}.{tar,json}
}
inspect_image() { # image file
  docker save "$1" >"$2.tar"
  { docker image inspect "$1"; docker history --no-trunc "$1"; } >"$2.json"
}

# The same search on an image in which there is something: in a layer that a later one hides, in the environment, in the
# arguments of a build step.
that_search_finds_what_is_planted() {
  needs_python
  local marker kind
  marker=planted-$(openssl rand -hex 12)
  mkdir "$work/leaky"
  printf 'in-a-file-%s' "$marker" >"$work/leaky/secret"
  printf 'FROM %s\nUSER 0\nCOPY secret /secret\nRUN rm /secret\nENV KEY=in-the-environment-%s\nARG TOKEN\nRUN true\n' "$base" "$marker" \
    >"$work/leaky/Dockerfile"
  docker build -q -t "$tag:leaky" --build-arg "TOKEN=in-an-argument-$marker" "$work/leaky"
  inspect_image "$tag:leaky" "$work/found"
  docker rmi "$tag:leaky" >/dev/null
  for kind in in-a-file in-the-environment; do
    fails 1 python scripts/docker/search.py "$kind-$marker" "$work/found.tar"
  done
  fails 1 python scripts/docker/search.py "in-an-argument-$marker" "$work/found.json"
}

no_material_stays_in_a_container_its_log_or_its_configuration() {
  needs_python
  local marker data id
  marker=planted-$(openssl rand -hex 12) # 32 bytes, as a symmetric key has
  data=$(owned marked)
  printf '%s' "$marker" >"$work/marker"
  put_owned "$data" marker <"$work/marker"
  id=$(container -d -v "$data:/run/material:ro" --network none "$full" -vv provision --rehearse --alias alias/a \
    --material /run/material/marker --material-format raw)
  equal "$(docker wait "$id")" 0
  docker export "$id" >"$work/container.tar"
  docker logs "$id" >"$work/container.log" 2>&1
  docker inspect "$id" >"$work/container.json"
  python scripts/docker/search.py "$marker" "$work"/container.{tar,log,json}
  # The search would find it: the key itself, and the name of the file in the container's configuration.
  fails 1 python scripts/docker/search.py "$marker" "$work/marker"
  fails 1 python scripts/docker/search.py /run/material/marker "$work/container.json"
}

tests+=(material_comes_on_standard_input material_comes_from_a_mounted_file
  no_planted_secret_is_in_any_layer_or_in_the_configuration that_search_finds_what_is_planted
  no_material_stays_in_a_container_its_log_or_its_configuration)
