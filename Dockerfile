# The gateway, and beside it the simulated tenant for trying it out:
#   docker build --tag defender-certificate-gateway .
#   docker build --tag defender-simulator --target simulator .
#
# There is no build step: Node 24 runs the sources. tools/prove-container.ts follows these instructions
# where there is no Docker.

FROM node:24-slim AS production-libraries
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-slim AS all-libraries
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund

# docker run --network host -e AZURE_TENANT_ID=… defender-simulator --devices 1000 --port 4100
FROM node:24-slim AS simulator
WORKDIR /app
COPY --from=all-libraries /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
USER node
ENTRYPOINT ["node", "src/main.ts", "simulator"]

# The last stage is what `docker build` makes when no target is named.
FROM node:24-slim AS gateway
WORKDIR /app
COPY --from=production-libraries /app/node_modules ./node_modules
COPY package.json schema.graphql LICENSE ./
COPY src ./src
# The only folder that is written to. The rest may be mounted read-only: docker run --read-only.
RUN install --directory --owner=node --group=node --mode=0700 /data
VOLUME /data
# All interfaces of the container. The gateway refuses that without a way to know its callers, unless
# AUTH_ALLOW_ANONYMOUS=true says that whoever reaches the published port may read the inventory.
ENV HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
EXPOSE 4000
USER node
# Liveness, not readiness: an upstream that has never answered is no reason to be restarted. Over TLS the certificate is for the
# name that callers use, and is not looked at here.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "--eval", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch(`${process.env.TLS_CERT_PATH ? 'https' : 'http'}://127.0.0.1:${process.env.PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: node is process 1 and gets SIGTERM itself, handles it, and answers what is under way. It starts
# no child processes, so there is nothing for an init process to reap.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "src/main.ts"]
