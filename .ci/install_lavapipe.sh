#!/usr/bin/env bash
# Mesa's software driver lavapipe from Debian 12's backports; the stable suite's Mesa 22 lacks what Dawn asks for. Fails where it cannot.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "install_lavapipe: needs root" >&2; exit 1; }
. /etc/os-release
[ "${VERSION_CODENAME:-}" = bookworm ] || { echo "install_lavapipe: expected Debian bookworm, got ${PRETTY_NAME:-unknown}" >&2; exit 1; }

# The archive that the machine's own sources use.
archive=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ' || true)
[ -n "$archive" ] || { echo "install_lavapipe: no Debian archive among apt's sources" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive bookworm-backports main" > /etc/apt/sources.list.d/lavapipe-backports.list
apt-get update -qq
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -qq --no-install-recommends "$@" > /dev/null; }
install libvulkan1
install -t bookworm-backports mesa-vulkan-drivers
# An installed package whose files are gone (a loader moved aside, say) counts as installed: put them back.
[ -e "/usr/lib/$(uname -m)-linux-gnu/libvulkan.so.1" ] || install --reinstall libvulkan1
compgen -G '/usr/share/vulkan/icd.d/lvp_icd*.json' > /dev/null || install --reinstall -t bookworm-backports mesa-vulkan-drivers
dpkg-query -W -f='${Package} ${Version}\n' mesa-vulkan-drivers libvulkan1
