#!/bin/sh
# The page tests drive a real browser. Take the system's Chromium; else install one.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null && exit 0
fi
.venv/bin/playwright install chromium && exit 0
echo "No Chromium found and none could be installed: the browser tests will be skipped." >&2
