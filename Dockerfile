# Build: the same Debian as below, so that both have the same C library.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked --bin frontdesk \
 && install -D target/dist/frontdesk /out/frontdesk \
 && mkdir -p /out/var/lib/frontdesk

# Run: C library, certificates and time zones, no shell, a user of its own (65532).
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/frontdesk /usr/local/bin/frontdesk
COPY --from=build --chown=nonroot:nonroot /out/var/lib/frontdesk /var/lib/frontdesk

# Holds frontdesk.yaml, bots/, scripts/ (read only is enough) and the database, whose folder must be writable.
WORKDIR /var/lib/frontdesk
VOLUME /var/lib/frontdesk
USER nonroot
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/frontdesk", "health"]
ENTRYPOINT ["/usr/local/bin/frontdesk"]
CMD ["serve"]
