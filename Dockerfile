# syntax=docker/dockerfile:1
# The service in a container: see docs/service.md. What is built here is what `npm run build` builds.

FROM node:20-slim AS build
WORKDIR /src
COPY . .
# Installs by the lock file, generates the database client, compiles, bundles; then leaves what only the build needed.
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production \
    NATSCTL_DATA_DIR=/data \
    NATSCTL_HOST=0.0.0.0 \
    HOME=/tmp
# The data folder is closed to everybody but the user the service runs as (uid 1000 of the image).
RUN install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=build /src/package.json /src/oclif.manifest.json /src/LICENSE ./
COPY --from=build /src/bin bin
COPY --from=build /src/dist/bundle dist/bundle
COPY --from=build /src/prisma/migrations prisma/migrations
COPY --from=build /src/node_modules node_modules
USER node
VOLUME /data
EXPOSE 9090
# Alive, not ready: a service whose database is away is not mended by a restart.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.NATSCTL_SERVICE_PORT || 9090}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/natsctl.js"]
CMD ["service", "start"]
