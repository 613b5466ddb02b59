#!/bin/sh
# Unpacks the GPU suite beside this script, or where SUITE_FOLDER says, and starts it: sh run.sh [--shapes tiny] [--out STEM].
# Needs Linux on x64 with a Vulkan driver; no Node, no network, no root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${SUITE_FOLDER:-$here}

say() { echo "run.sh: $*" >&2; }

if [ ! -f "$folder/suite/unpacked" ]; then
  mkdir -p "$folder"
  if [ -f "$here/suite.tar.gz" ]; then
    tar -xzf "$here/suite.tar.gz" -C "$folder"
  elif command -v xz >/dev/null; then
    tar -xJf "$here/suite.tar.xz" -C "$folder"
  elif command -v python3 >/dev/null; then
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/suite.tar.xz" "$folder"
  else
    say 'expected xz or python3 to unpack suite.tar.xz, got neither: unpack it elsewhere and carry the folder "suite" as well'
    exit 1
  fi
  touch "$folder/suite/unpacked"
fi

if ! "$folder/suite/node" --version >/dev/null; then
  say 'the packed Node does not start here: it needs Linux on x64, libstdc++.so.6 and a glibc as new as that of the packing machine'
  exit 1
fi

ldconfig=/sbin/ldconfig
installed() { "$ldconfig" -p 2>/dev/null | grep -q "$1"; }

if ! installed 'libvulkan\.so\.1'; then
  if [ -f "$folder/suite/lib/libvulkan.so.1" ]; then
    say 'no Vulkan loader (libvulkan.so.1) is installed here; the one that was packed is used'
    LD_LIBRARY_PATH="$folder/suite/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    export LD_LIBRARY_PATH
  else
    say 'expected a Vulkan loader, got no libvulkan.so.1: install it (Debian, Ubuntu: libvulkan1; Fedora: vulkan-loader)'
    exit 1
  fi
fi

# Drivers announce themselves by JSON files. NVIDIA's may be missing in a container that has its libraries.
drivers=$(ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json "${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}"/vulkan/icd.d/*.json 2>/dev/null || true)
if installed 'libGLX_nvidia\.so\.0' && ! echo "$drivers" | grep -q nvidia && [ -z "${VK_DRIVER_FILES:-}" ]; then
  say "NVIDIA's driver is here and not announced to Vulkan; it is for this run"
  printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0"}}\n' >"$folder/suite/nvidia_icd.json"
  VK_ADD_DRIVER_FILES="$folder/suite/nvidia_icd.json"
  export VK_ADD_DRIVER_FILES
elif [ -z "$drivers" ] && [ -z "${VK_DRIVER_FILES:-}${VK_ADD_DRIVER_FILES:-}" ]; then
  say 'no Vulkan driver is announced under /usr/share/vulkan/icd.d or /etc/vulkan/icd.d. Install one; in a container for NVIDIA, run it'
  say 'with NVIDIA_DRIVER_CAPABILITIES=all (or graphics,compute,utility), so that libGLX_nvidia.so.0 is in it, and install libxext6.'
fi

exec "$folder/suite/node" "$folder/suite/bench/main.js" gpu "$@"
