# kms-byok on the distribution's libssl. Targets: the default one has everything; `slim` is built without the embedded
# KMS (no `provision --rehearse`, no `rehearsal serve`): no private-key operation of a server is in it; `rehearsal` is the
# embedded KMS, on port 4566 of a network of containers in which its name is `kms`.
#
#   docker build -t kms-byok .
#   docker build -t kms-byok:slim --target slim .
#   docker build -t kms-byok:rehearsal --target rehearsal .
#   docker build --target packages --output . --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" .
#
# The last makes no image, but the files of a release for this Debian: .deb, .rpm, tarball, bill of materials, checksums.
#
# To pin the base images: --build-arg RUST_IMAGE=rust@sha256:... --build-arg RUNTIME_IMAGE=debian@sha256:...
# Both must be of one Debian release, so that libssl is the one that was compiled against.
ARG RUST_IMAGE=rust:1-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${RUST_IMAGE} AS toolchain
# The distribution's own versions are the point, security updates included, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends pkg-config libssl-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# The dependencies are built around an empty crate: their layer lasts until Cargo.toml or Cargo.lock changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && printf '//! Placeholder.\nfn main() {}\n' >build.rs \
 && cp build.rs src/main.rs \
 && printf '//! Placeholder.\n' >src/lib.rs \
 && cargo fetch --locked

FROM toolchain AS dependencies
RUN cargo build --release --locked

# Few crates differ without the embedded KMS; the others are taken from above.
FROM dependencies AS dependencies-slim
RUN cargo build --release --locked --no-default-features

FROM dependencies-slim AS build-slim
ARG REVISION=unknown
COPY build.rs ./
COPY src src
# touch: cargo goes by times, and the sources may be older than the placeholder's build.
RUN touch build.rs src/lib.rs src/main.rs \
 && KMS_BYOK_COMMIT="${REVISION}" cargo build --release --locked --no-default-features

FROM dependencies AS build
ARG REVISION=unknown
COPY build.rs ./
COPY src src
RUN touch build.rs src/lib.rs src/main.rs \
 && KMS_BYOK_COMMIT="${REVISION}" cargo build --release --locked

# cargo-deb and cargo-generate-rpm, in a layer that lasts until their versions change.
FROM ${RUST_IMAGE} AS packers
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends liblzma-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
COPY scripts/requirements-cargo.txt /
# Without names cargo install fails.
# hadolint ignore=DL4006
RUN grep @ /requirements-cargo.txt | xargs cargo install --locked --debug --root /packers --target-dir /tmp/packers \
 && rm -rf /tmp/packers

FROM toolchain AS packaged
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends dpkg-dev python3 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=packers /packers target/tools
COPY . .
COPY --from=build /build/target/release/kms-byok /usr/local/bin/kms-byok
ARG SOURCE_DATE_EPOCH
RUN scripts/release --bin /usr/local/bin/kms-byok --out /packages deb rpm tarball sbom

FROM scratch AS packages
COPY --from=packaged /packages /

FROM ${RUNTIME_IMAGE} AS runtime
# /data is where it runs: mount what it reads and writes there. /state: see XDG_STATE_HOME below; anybody may write there,
# as in /tmp, because --user may be anybody.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libssl3 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 10001 -g 10001 /data \
 && install -d -m 1777 /state
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/kms-byok/
ARG RUNTIME_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kms-byok" \
      org.opencontainers.image.description="Imports key material into AWS KMS with the system's OpenSSL" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${RUNTIME_IMAGE}"
# What is asked of KMS is noted here until it has answered. Mount a volume, and a run that was killed between the two
# finds its key at the next start.
ENV XDG_STATE_HOME=/state
# Numeric, so that Kubernetes' runAsNonRoot can tell.
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["/usr/local/bin/kms-byok"]

# The last step of each starts the program with the libraries it will find: base images of two Debian releases fail here.
FROM runtime AS slim
COPY --from=build-slim /build/target/release/kms-byok /usr/local/bin/kms-byok
RUN ["/usr/local/bin/kms-byok", "doctor"]

# Whoever reaches it can use every key: it checks no signatures. Other flags stand in the place of all of these.
FROM runtime AS rehearsal
COPY --from=build /build/target/release/kms-byok /usr/local/bin/kms-byok
RUN ["/usr/local/bin/kms-byok", "doctor"]
EXPOSE 4566
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/kms-byok", "rehearsal", "ping", "--endpoint-url", "http://127.0.0.1:4566"]
ENTRYPOINT ["/usr/local/bin/kms-byok", "rehearsal", "serve"]
CMD ["--listen", "0.0.0.0:4566", "--allow-remote", "--host", "kms"]

FROM runtime AS full
COPY --from=build /build/target/release/kms-byok /usr/local/bin/kms-byok
RUN ["/usr/local/bin/kms-byok", "doctor"]
