# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016 # what scripts/docker-test and tools.sh set; scripts for containers
# The .deb is installed, used and removed as a stranger would; the .rpm is looked into, and installed where there is a Fedora image.

packages=$scratch/packages
fedora=fedora:latest

the_packages_build_from_the_dockerfile_alone() {
  local version
  version=$(sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' Cargo.toml)
  docker build --target packages --output "$packages" --build-arg "SOURCE_DATE_EPOCH=1700000000" .
  (cd "$packages" && sha256sum -c SHA256SUMS.txt)
  ls "$packages" >"$work/made"
  printf '%s\n' SHA256SUMS.txt "kms-byok-$version-1.deb12.$(uname -m).rpm" "kms-byok-$version-$(uname -m)-unknown-linux-gnu.cdx.json" \
    "kms-byok-$version-$(uname -m)-unknown-linux-gnu.tar.gz" "kms-byok_$version-1.deb12_$(dpkg --print-architecture).deb" | sort |
    diff - <(sort "$work/made")
}
needs_packages() { [[ -d $packages ]] || docker build -q --target packages --output "$packages" --build-arg "SOURCE_DATE_EPOCH=1700000000" .; }

# What README.md says, word for word: how a .deb is installed, and what makes the first key.
readme_commands() {
  sed -n '/^apt-get update/s/ *#.*//p' README.md
  sed -n 's/^\$ \(kms-byok provision --rehearse .*\)/\1/p' README.md
}

# In a container that has Debian and nothing else. dpkg leaves manual and documents out of this image, and is told not to.
a_stranger_goes_from_the_deb_to_a_key_with_the_commands_of_the_readme() {
  needs_packages
  readme_commands >"$work/commands"
  cat "$work/commands"
  (($(sed 's/ && /\n/g' "$work/commands" | wc -l) <= 4))
  {
    printf 'set -e\ncd /packages\nrm -f /etc/dpkg/dpkg.cfg.d/*\nexport DEBIAN_FRONTEND=noninteractive\n'
    cat "$work/commands"
    cat <<'X'
printf '%s\n' --- "$(command -v kms-byok)" "$(kms-byok --version)"
dpkg -L kms-byok >/tmp/files
for file in $(cat /tmp/files); do test -e "$file" || { echo "$file is missing"; exit 1; }; done
grep '^/usr/share/man/man1/kms-byok' /tmp/files
test "$(kms-byok completions bash | cksum)" = "$(cksum </usr/share/bash-completion/completions/kms-byok)"
test "$(kms-byok man wrap | cksum)" = "$(gzip -dc /usr/share/man/man1/kms-byok-wrap.1.gz | cksum)"
ldd /usr/bin/kms-byok | grep 'libssl\.so\.3 => '
dpkg -s kms-byok | grep '^Depends: '
apt-get remove -y kms-byok
for file in $(grep kms-byok /tmp/files); do test ! -e "$file" || { echo "$file was left"; exit 1; }; done
hash -r
if command -v kms-byok; then exit 1; fi
echo removed
X
  } >"$work/script"
  container --rm -i -v "$packages:/packages:ro" debian:bookworm-slim bash <"$work/script" | tee "$work/said"
  holds '^proof: proven' "$work/said"
  holds '^/usr/bin/kms-byok$' "$work/said"
  holds "^kms-byok $(sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' Cargo.toml)" "$work/said"
  holds '^Depends: .*libssl3 (>= ' "$work/said"
  holds '^removed$' "$work/said"
}

every_verb_has_its_page_in_both_packages() {
  local page package
  needs_packages
  look_into
  for page in docs/reference/*.md; do
    page=$(basename "$page" .md)
    case $page in README) echo kms-byok ;; errors|causes|proof) ;; *) echo "kms-byok-$page" ;; esac
  done | sort >"$work/pages"
  for package in deb rpm; do
    sed -n 's,.*/usr/share/man/man1/\(.*\)\.1\.gz$,\1,p' "$work/$package.files" | sort | diff "$work/pages" -
  done
}

# The folder of zsh is the one that the distributions name differently.
both_packages_have_the_same_files_with_the_same_contents() {
  local file
  needs_packages
  look_into
  sed 's,/site-functions/,/vendor-completions/,' "$work/rpm.sums" | diff "$work/deb.sums" -
  for file in LICENSE-MIT LICENSE-APACHE THIRD-PARTY copyright sbom.cdx.json; do holds " \./usr/share/doc/kms-byok/$file\$" "$work/deb.sums"; done
}

the_rpm_says_what_it_needs_and_runs_no_script() {
  needs_packages
  look_into
  cat "$work/rpm.info" "$work/rpm.needs"
  holds '^Name  *: kms-byok$' "$work/rpm.info"
  holds '^License  *: MIT OR Apache-2.0$' "$work/rpm.info"
  holds '^libssl\.so\.3()(64bit)$' "$work/rpm.needs"
  holds '^libcrypto\.so\.3(OPENSSL_3\.0\.0)(64bit)$' "$work/rpm.needs"
  equal "$(grep -v -e '^lib' -e '^ld-linux' -e '^rpmlib(' -e '^rtld(' "$work/rpm.needs" || true)" ''
  equal "$(cat "$work/rpm.scripts" "$work/deb.scripts")" ''
}

# Debian's rpm reads both formats' contents: names, sums, and what each says of itself.
look_into() {
  docker build -q -t "$tag:rpm" - >/dev/null <<X
FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends rpm cpio rpm2cpio >/dev/null && rm -rf /var/lib/apt/lists/*
X
  chmod 0777 "$work"
  container --rm --network none -v "$packages:/packages:ro" -v "$work:/work" "$tag:rpm" bash -euc '
    rpm=$(echo /packages/*.rpm) deb=$(echo /packages/*.deb)
    mkdir /tmp/deb /tmp/rpm
    dpkg-deb -x "$deb" /tmp/deb
    (cd /tmp/rpm && rpm2cpio "$rpm" | cpio -idm --quiet)
    rpm -qip "$rpm" >/work/rpm.info
    rpm -qlp "$rpm" >/work/rpm.files
    rpm -qp --requires "$rpm" >/work/rpm.needs
    rpm -qp --scripts --triggers "$rpm" >/work/rpm.scripts
    dpkg-deb -c "$deb" >/work/deb.files
    dpkg-deb --ctrl-tarfile "$deb" | tar -t | grep -v -e "^\./$" -e "control$" -e "md5sums$" >/work/deb.scripts || true
    for kind in deb rpm; do (cd /tmp/$kind && find . -type f | sort | xargs sha256sum >/work/$kind.sums); done'
  docker rmi "$tag:rpm" >/dev/null
}

the_rpm_is_installed_used_and_removed_on_fedora() {
  needs_packages
  docker image inspect "$fedora" >/dev/null 2>&1 || skip "there is no image $fedora here"
  container --rm -v "$packages:/packages:ro" "$fedora" bash -euxc '
    dnf install -y /packages/*.rpm
    kms-byok provision --rehearse --alias alias/demo --generate --discard
    dnf remove -y kms-byok
    ! command -v kms-byok'
}

the_archive_has_one_folder_of_its_name_with_the_program_in_it() {
  local stem name
  needs_packages
  stem=$(basename "$packages"/*.tar.gz .tar.gz)
  tar -xzf "$packages/$stem.tar.gz" -C "$work"
  equal "$(ls "$work")" "$stem"
  ls "$work/$stem" >"$work/top"
  for name in kms-byok man1 completions doc; do holds "^$name\$" "$work/top"; done
  container --rm --network none -v "$work/$stem:/kms-byok:ro" "$full" --version # the image has the libssl that the archive needs
  container --rm --network none -v "$work/$stem:/archive:ro" --entrypoint /archive/kms-byok "$full" --version
}

# Another clock zone, mask, host name, folder and time of day; the program is the same. Whether two builds give the same program is told
# by scripts/campaign reproducible.
packing_the_same_program_again_gives_the_same_bytes() {
  needs_packages
  docker build -q --target packaged --build-arg "SOURCE_DATE_EPOCH=1700000000" -t "$tag:packaged" .
  sleep 1
  container --rm --hostname elsewhere -e TZ=Pacific/Auckland -e SOURCE_DATE_EPOCH=1700000000 "$tag:packaged" bash -euc '
    umask 077
    cp -R /build /tmp/elsewhere
    cd /tmp/elsewhere
    scripts/release --bin /usr/local/bin/kms-byok --out /again deb rpm tarball sbom >/dev/null
    cat /again/SHA256SUMS.txt' >"$work/again"
  docker rmi "$tag:packaged" >/dev/null
  diff "$packages/SHA256SUMS.txt" "$work/again"
}

tests+=(the_packages_build_from_the_dockerfile_alone a_stranger_goes_from_the_deb_to_a_key_with_the_commands_of_the_readme
  every_verb_has_its_page_in_both_packages both_packages_have_the_same_files_with_the_same_contents
  the_rpm_says_what_it_needs_and_runs_no_script the_rpm_is_installed_used_and_removed_on_fedora
  the_archive_has_one_folder_of_its_name_with_the_program_in_it packing_the_same_program_again_gives_the_same_bytes)
