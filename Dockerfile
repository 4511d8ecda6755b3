# syntax=docker/dockerfile:1
# One image with two entry points: `docker build --target worker -t streamjob/worker .` and `--target operator -t streamjob/operator`.
# What is copied is listed in .dockerignore.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' -o -name '*.md' \) -delete
COPY . .

FROM gcr.io/distroless/cc-debian12:nonroot AS app
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app /app
WORKDIR /app
ENV NODE_ENV=production
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node", "/app/cli/main.ts"]

FROM app AS operator
CMD ["operator"]

FROM app AS worker
CMD ["worker"]
