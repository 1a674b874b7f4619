#!/bin/bash
# Stands in for srun: runs the command once, here. Options of one word are passed over.
while [ $# -gt 0 ]; do
  case "$1" in
    -N | -n | -c | -G | --nodes | --ntasks | --cpus-per-task | --gpus) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { echo "srun: fatal: No command given to execute." >&2; exit 1; }
exec "$@"
