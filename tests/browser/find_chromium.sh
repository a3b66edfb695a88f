#!/bin/sh
# Prints the path of a Chromium for the browser tests: $CHROMIUM, else an installed one, else Playwright's own.
# With --install, where there is none, gets Debian's package (as root) or Playwright's build first.
set -eu
playwright="$(dirname "$0")/../../.venv-dev/bin/python"

installed() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$name" ] && command -v "$name"; then return; fi
    done
    path=$("$playwright" -c 'from playwright.sync_api import sync_playwright
with sync_playwright() as playwright: print(playwright.chromium.executable_path)')
    [ -x "$path" ] && echo "$path"
}

install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium libpango-1.0-0 libpangoft2-1.0-0
    else
        "$playwright" -m playwright install chromium
    fi
}

installed && exit
if [ "${1:-}" = --install ]; then
    install >&2
    installed && exit
fi
echo "no Chromium found: set CHROMIUM to one, or run \`make test\`, which gets one" >&2
exit 1
