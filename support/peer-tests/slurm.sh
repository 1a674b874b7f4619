#!/bin/bash
# A real Slurm with accounting on this machine alone: no systemd, no cgroups, loopback only, everything in one folder.
#
#   slurm.sh up FOLDER PORT     starts it and waits until its node is idle; three ports from PORT on are taken
#   slurm.sh down FOLDER        ends it
#
# Needs root and Debian's packages slurm-wlm, slurmdbd, munge and mariadb-server. Accounts als and als_g, qualities of
# service normal, regular, realtime and debug, features cpu and gpu; 128 CPUs and 4 GPUs, of which most are pretended.
set -u
folder=$2 host=$(hostname -s)
export SLURM_CONF=$folder/etc/slurm.conf MYSQL_UNIX_PORT=$folder/run/mysql.sock PATH=$PATH:/usr/sbin:/sbin

down() {
  for daemon in slurmd slurmctld slurmdbd mariadbd munged; do
    file=$folder/run/$daemon.started
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null
    rm -f "$file"
  done
}

# start NAME COMMAND...: in the background, its output in a log of its own.
start() {
  name=$1
  shift
  "$@" > "$folder/log/$name.out" 2>&1 < /dev/null &
  echo $! > "$folder/run/$name.started"
}

# wait_for SECONDS WHAT COMMAND...
wait_for() {
  for _ in $(seq $(($1 * 5))); do "${@:3}" > /dev/null 2>&1 && return; sleep 0.2; done
  echo "slurm: $2 not within $1 s; the logs are in $folder/log" >&2
  tail -n 5 "$folder"/log/*.out >&2
  down
  exit 1
}

idle() { sinfo -h -o %T | grep -q idle; }
answers() { (echo > "/dev/tcp/127.0.0.1/$1"); }
manage() { sacctmgr -i "$@" > /dev/null 2>&1; }

configure() {
  mkdir -p "$folder"/{etc,state,spool,log,run,database,dev}
  chmod 755 "$folder"
  chmod 777 "$folder/run"
  dd if=/dev/urandom of="$folder/etc/munge.key" bs=1024 count=1 2> /dev/null
  chmod 400 "$folder/etc/munge.key"
  for gpu in 0 1 2 3; do mknod "$folder/dev/gpu$gpu" c 1 3; done
  echo "Name=gpu File=$folder/dev/gpu[0-3]" > "$folder/etc/gres.conf"
  cat > "$folder/etc/slurm.conf" << EOF
ClusterName=peer
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 2))
AccountingStorageUser=root
AccountingStoragePass=$folder/run/munge.sock
AccountingStorageEnforce=associations,qos
MinJobAge=5
InactiveLimit=0
KillWait=2
OverTimeLimit=0
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=128 RealMemory=64000 Feature=cpu,gpu Gres=gpu:4 State=UNKNOWN
PartitionName=regular Nodes=$host Default=YES MaxTime=INFINITE State=UP
EOF
  cat > "$folder/etc/slurmdbd.conf" << EOF
AuthType=auth/munge
AuthInfo=$folder/run/munge.sock
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$((port + 2))
SlurmUser=root
LogFile=$folder/log/slurmdbd.log
PidFile=$folder/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
EOF
  chmod 600 "$folder/etc/slurmdbd.conf"
}

up() {
  configure
  run=$folder/run
  start munged munged --foreground --force --socket="$run/munge.sock" --key-file="$folder/etc/munge.key" \
    --pid-file="$run/munged.pid" --log-file="$folder/log/munged.log" --seed-file="$run/munge.seed"
  wait_for 20 "munge" test -S "$run/munge.sock"
  chown mysql:mysql "$folder/database"
  mariadb-install-db --no-defaults --datadir="$folder/database" --user=mysql \
    --auth-root-authentication-method=socket > "$folder/log/database.out" 2>&1
  start mariadbd mariadbd --no-defaults --datadir="$folder/database" --user=mysql --socket="$run/mysql.sock" \
    --pid-file="$run/mysql.pid" --skip-networking --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900
  wait_for 60 "the database" mariadb-admin --no-defaults -S "$run/mysql.sock" ping
  mariadb --no-defaults -S "$run/mysql.sock" -e "create user if not exists 'slurm'@'localhost' identified by 'slurm';
    grant all on slurm_acct_db.* to 'slurm'@'localhost'"
  start slurmdbd slurmdbd -D
  wait_for 60 "slurmdbd" answers $((port + 2))
  wait_for 30 "the accounting" sacctmgr -n show cluster
  manage add cluster peer
  for qos in regular realtime debug; do manage add qos $qos; done
  for account in als als_g; do
    manage add account $account Description=$account Organization=lab
    manage add user root Account=$account
  done
  manage modify user root set DefaultAccount=als
  manage modify user root set QOS=normal,regular,realtime,debug DefaultQOS=normal
  start slurmctld slurmctld -D
  wait_for 30 "slurmctld" scontrol ping
  start slurmd slurmd -D -N "$host"
  wait_for 60 "an idle node" idle
}

case $1 in
  up) port=$3; up ;;
  down) down ;;
  *) echo "usage: slurm.sh up FOLDER PORT | down FOLDER" >&2; exit 2 ;;
esac
