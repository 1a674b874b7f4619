#!/bin/bash
# Stand-in for a ptychography script of the site: finds the scan by the name that it is given, reads all of it, and
# writes beside it what it was made with. CDTools' script takes the name first, PtychoCam's last.
set -u
tool=${0##*/}
tool=${tool%_reconstruction.sh}
if [ "$tool" = cdtools ]; then scan=${1-}; else scan=${!#}; fi
folder=${SERVICE_SIM_HOST-}/global/cfs/cdirs/als/gsharing/data_mover/7012
found=
while IFS= read -r -d '' path; do
  [ "${path##*/}" = "$scan" ] && found=$path && break
done < <(find "$folder" -type f -print0)
[ -n "$found" ] || { echo "no scan $scan below $folder" >&2; exit 2; }
sum=$(sha256sum < "$found") || exit 1
{
  echo "tool $tool"
  echo "sha256 ${sum%% *}"
  for argument; do printf 'argument %s\n' "$argument"; done
} > "${found%.*}.$tool.txt" || exit 1
echo "reconstructed $scan"
