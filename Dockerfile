# One image for all services; docker-compose.yml says which one runs. No build step: Node runs the
# TypeScript, but not below node_modules, so the image is the workspace itself; the stores' drivers, which
# whoever installs @holdfast/store chooses, are the workspace's dependencies.

# The manifests alone: packages are installed anew when one of these changes, and not otherwise.
FROM node:24-bookworm-slim AS manifests
WORKDIR /holdfast
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages packages
RUN find packages -type f ! -name package.json -delete

FROM node:24-bookworm-slim AS dependencies
RUN npm install --global --no-audit --no-fund pnpm@12.21.0
WORKDIR /holdfast
COPY --from=manifests /holdfast ./
RUN CI=true pnpm install --prod --frozen-lockfile

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /holdfast
COPY --from=dependencies /holdfast ./
COPY packages packages
USER node
CMD ["node", "packages/lab/src/services/pki.ts"]
