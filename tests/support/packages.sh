#!/usr/bin/env bash
# System packages the tests use. As root they are installed; otherwise what is missing is named and its tests skip themselves.
# The real peers (Prometheus, Alertmanager, ...) are only unpacked into .peers: nothing of them is installed or started.
set -u
cd "$(dirname "$0")/../.."

declare -A provides=([chromium]=chromium [newuidmap]=uidmap [runc]=runc [busybox]=busybox-static [podman]=podman)
missing=()
for command in "${!provides[@]}"; do
  command -v "$command" >/dev/null 2>&1 || missing+=("${provides[$command]}")
done
command -v apt-get >/dev/null 2>&1 || { echo "packages: no apt-get here; tests that need ${missing[*]:-the peers} are skipped"; exit 0; }
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then
    echo "packages: installing ${missing[*]}"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" fonts-noto-cjk libdevmapper1.02.1; } \
      >/dev/null 2>.venv/packages.log || echo "packages: could not install ${missing[*]}: $(tail -n 1 .venv/packages.log)"
  else
    echo "packages: missing ${missing[*]}; install them as root, until then their tests are skipped"
  fi
fi

# Debian's newer suites hold newer peers; the same archive this machine is configured with.
suite=${PHAROS_PEERS_SUITE:-sid}
peers=(prometheus promtool prometheus-alertmanager prometheus-node-exporter prometheus-blackbox-exporter victoria-metrics)
command -v kubectl >/dev/null 2>&1 || peers+=(kubernetes-client)
[ -x .peers/usr/bin/prometheus ] && [ -x .peers/usr/bin/linux.uml ] && [ -x .peers/usr/bin/containerd ] && exit 0
rm -rf .peers
state=$PWD/.peers/.apt
mkdir -p "$state"/{lists/partial,cache/archives/partial,debs}
uri=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null)
[ -n "$uri" ] || uri=$(awk '$1=="deb"{for(i=2;i<=NF;i++) if ($i ~ /^https?:/) {print $i; exit}}' /etc/apt/sources.list 2>/dev/null)
[ -n "$uri" ] || { echo "packages: no Debian archive configured; peers are skipped"; exit 0; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$state/sources.list"
cat >"$state/apt.conf" <<CONF
Dir::Etc::sourcelist "$state/sources.list"; Dir::Etc::sourceparts "-";
Dir::State::lists "$state/lists"; Dir::Cache "$state/cache";
CONF
echo "packages: unpacking the peers into .peers"
(
  cd "$state/debs" || exit 1
  export APT_CONFIG=$state/apt.conf
  apt-get -qq update >/dev/null 2>&1
  for package in "${peers[@]}"; do
    apt-get -qq download "$package" >/dev/null 2>&1 || echo "packages: $package is not to be had in $suite"
  done
  # The Go peers run anywhere; these need the C library of this very release.
  unset APT_CONFIG
  native=(user-mode-linux containerd containernetworking-plugins docker.io)
  apt-get -qq download "${native[@]}" >/dev/null 2>&1 || { apt-get -qq update && apt-get -qq download "${native[@]}"; } >/dev/null 2>&1 \
    || echo "packages: not all of ${native[*]} are to be had; their tests are skipped"
  for file in *.deb; do [ -e "$file" ] && dpkg -x "$file" ../.. ; done
  # This release's own node_exporter, for pages that have to look like an older one's.
  mkdir release && cd release && apt-get -qq download prometheus-node-exporter >/dev/null 2>&1
  for file in *.deb; do [ -e "$file" ] && dpkg -x "$file" ../../../release ; done
)
rm -rf "$state"
exit 0
