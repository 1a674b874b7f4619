#!/bin/bash
# Stands in for `podman-hpc run` and for shifter: runs the inner command in the folders that the volumes name. Paths
# inside the container become those of the host; a file that is mounted is copied into its place; the working folder is
# that of --workdir, or the one that files are mounted into, or the first volume.
name=${0##*/}
fail() { echo "Error: $1" >&2; exit 125; }
outsides=() insides=() image= workdir=
volume() {
  local outside=${1%%:*} rest=${1#*:}
  case "$outside" in
    "$SERVICE_SIM_HOST"/*) ;;
    /*) outside=$SERVICE_SIM_HOST$outside ;;
    *) fail "volume $1: not a path" ;;
  esac
  [ -e "$outside" ] || fail "statfs ${outside#"$SERVICE_SIM_HOST"}: no such file or directory"
  outsides+=("${outside%/}")
  rest=${rest%%:*}
  insides+=("${rest%/}")
}
if [ "$name" = podman-hpc ]; then
  case "${1:-}" in
    run) shift ;;
    pull | images | migrate) exit 0 ;;
    *) fail "unrecognized command \`$name ${1:-}\`" ;;
  esac
fi
while [ $# -gt 0 ]; do
  case "$1" in
    --volume | -v) volume "$2"; shift 2 ;;
    --volume=*) volume "${1#*=}"; shift ;;
    --image=*) image=${1#*=}; shift ;;
    --image) image=$2; shift 2 ;;
    --workdir=*) workdir=${1#*=}; shift ;;
    --workdir | -w) workdir=$2; shift 2 ;;
    --env | -e | --name | --network | --shm-size | --entrypoint | --user | -u | --mount | --device) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
if [ "$name" = podman-hpc ]; then image=${1:-}; shift; fi
[ -n "$image" ] || fail "no image"
case "$image" in *absent*) fail "$image: image not known" ;; esac

# The host's path of a path in the container: the volume with the longest name in front of it.
host_path() {
  local n best=-1 length=-1
  for n in "${!insides[@]}"; do
    case "$1" in
      "${insides[n]}" | "${insides[n]}"/*) [ ${#insides[n]} -gt "$length" ] && best=$n length=${#insides[n]} ;;
    esac
  done
  [ "$best" -ge 0 ] && printf '%s' "${outsides[best]}${1#"${insides[best]}"}"
}
folders=()
for n in "${!outsides[@]}"; do [ -d "${outsides[n]}" ] && folders+=("$n"); done
for n in "${!outsides[@]}"; do
  [ -f "${outsides[n]}" ] || continue
  parent=${insides[n]%/*}
  saved=("${insides[@]}")
  insides[n]=/.
  place=$(host_path "$parent")
  insides=("${saved[@]}")
  [ -n "$place" ] || continue
  target=$place/${insides[n]##*/}
  cmp -s "${outsides[n]}" "$target" || { cp "${outsides[n]}" "$target.$$" && mv "$target.$$" "$target"; } || fail "mount"
  [ -n "$workdir" ] || workdir=$parent
done
[ -n "$workdir" ] || { [ ${#folders[@]} -gt 0 ] && workdir=${insides[folders[0]]}; }
here=$(host_path "$workdir")
cd "${here:-$SERVICE_SIM_HOST}" || fail "workdir $workdir: no such directory"

# Arguments that are paths in the container, or hold some after a blank, a quote, `=` or `:`.
words=()
for word in "$@"; do
  for n in "${!insides[@]}"; do
    inside=${insides[n]} outside=${outsides[n]}
    [ -n "$inside" ] || continue
    case "$word" in "$inside" | "$inside"/*) word=$outside${word#"$inside"}; break ;; esac
    for before in ' ' "'" '"' = :; do word=${word//"$before$inside/"/"$before$outside/"}; done
  done
  words+=("$word")
done
if [ ${#words[@]} -eq 0 ]; then
  # The image's own program: a service that runs until it is ended.
  echo "$image started in $workdir"
  exec sleep 86400
fi
exec "${words[@]}"
