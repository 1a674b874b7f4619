//! Rows of `squeue -o %all` and of `sacct -P --format=ALL` (Slurm 22.05), with their names in lower case.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::jobs::{Job, is_alive};
use super::script::shown;

const QUEUE: &str = "account,tres_per_node,min_cpus,min_tmp_disk,end_time,features,group,over_subscribe,jobid,name,comment,\
time_limit,min_memory,req_nodes,command,priority,qos,reason,,st,user,reservation,wckey,exc_nodes,nice,s:c:t,exec_host,cpus,\
nodes,dependency,array_job_id,sockets_per_node,cores_per_socket,threads_per_core,array_task_id,time_left,time,nodelist,\
contiguous,partition,nodelist(reason),start_time,state,uid,submit_time,licenses,core_spec,schednodes,work_dir";

const ACCOUNTING: &str = "account,admincomment,alloccpus,allocnodes,alloctres,associd,avecpu,averss,blockid,cluster,comment,\
constraints,container,consumedenergy,cputime,cputimeraw,dbindex,derivedexitcode,elapsed,elapsedraw,eligible,end,exitcode,\
flags,gid,group,jobid,jobidraw,jobname,layout,maxrss,maxvmsize,mcslabel,ncpus,nnodes,nodelist,ntasks,priority,partition,qos,\
qosraw,reason,reqcpus,reqmem,reqnodes,reqtres,reservation,reservationid,start,state,submit,submitline,suspended,systemcpu,\
systemcomment,timelimit,timelimitraw,totalcpu,uid,user,usercpu,wckey,wckeyid,workdir";

fn empty(names: &str) -> Map<String, Value> {
    names
        .split(',')
        .map(|name| (name.to_owned(), json!("")))
        .collect()
}

fn time(at: Option<DateTime<Utc>>, without: &str) -> Value {
    json!(at.map_or_else(
        || without.to_owned(),
        |at| at.format("%Y-%m-%dT%H:%M:%S").to_string()
    ))
}

fn elapsed(job: &Job, now: DateTime<Utc>) -> std::time::Duration {
    let begun = job.since("RUNNING");
    let end = job.ended().unwrap_or(now);
    begun
        .and_then(|begun| (end - begun).to_std().ok())
        .unwrap_or_default()
}

/// The job in the queue; none once it has ended, as `squeue` hides such jobs.
pub(super) fn queue(job: &Job, now: DateTime<Utc>) -> Option<Value> {
    let state = job.state();
    if !is_alive(state) {
        return None;
    }
    let mut row = empty(QUEUE);
    let mut set = |name: &str, value: Value| row.insert(name.to_owned(), value);
    set("account", json!(job.wishes.account));
    set("jobid", json!(job.id.to_string()));
    set("name", json!(job.wishes.name));
    set("time_limit", json!(shown(job.wishes.time)));
    set("time", json!(shown(elapsed(job, now))));
    set("qos", json!(job.wishes.qos));
    set("reason", json!(job.reason));
    set("st", json!(if state == "PENDING" { "PD" } else { "R" }));
    set("state", json!(state));
    set("user", json!(job.user));
    set("uid", json!("1000"));
    set("nodes", json!(job.wishes.nodes));
    set("partition", json!("regular"));
    set("submit_time", time(job.since("PENDING"), "N/A"));
    set("start_time", time(job.since("RUNNING"), "N/A"));
    set("end_time", json!("N/A"));
    set("work_dir", json!(job.work_dir));
    set("comment", json!("(null)"));
    Some(Value::Object(row))
}

/// The job as the accounting knows it at `known` (some time ago), and its step once it ran.
pub(super) fn accounting(job: &Job, known: DateTime<Utc>) -> Vec<Value> {
    let Some(state) = job.state_at(known) else {
        return Vec::new();
    };
    let ended = !is_alive(state);
    let (code, signal) = if ended { job.exit } else { (0, 0) };
    let mut row = empty(ACCOUNTING);
    let mut set = |name: &str, value: Value| row.insert(name.to_owned(), value);
    set("account", json!(job.wishes.account));
    set("cluster", json!("sim"));
    set("jobid", json!(job.id.to_string()));
    set("jobidraw", json!(job.id.to_string()));
    set("jobname", json!(job.wishes.name));
    set("state", json!(state));
    set("exitcode", json!(format!("{code}:{signal}")));
    set("derivedexitcode", json!("0:0"));
    set("elapsed", json!(clock(elapsed(job, known))));
    set("timelimit", json!(clock(job.wishes.time)));
    set("qos", json!(job.wishes.qos));
    set("reason", json!(job.reason));
    set("user", json!(job.user));
    set("nnodes", json!(job.wishes.nodes));
    set("partition", json!("regular"));
    set("submit", time(job.since("PENDING"), "Unknown"));
    set(
        "start",
        time(job.since("RUNNING").filter(|at| *at <= known), "Unknown"),
    );
    set("end", time(job.ended().filter(|_| ended), "Unknown"));
    set("workdir", json!(job.work_dir));
    let mut rows = vec![Value::Object(row.clone())];
    if job.since("RUNNING").is_some_and(|at| at <= known) {
        row.insert("jobid".to_owned(), json!(format!("{}.batch", job.id)));
        row.insert("jobname".to_owned(), json!("batch"));
        row.insert("user".to_owned(), json!(""));
        rows.push(Value::Object(row));
    }
    rows
}

fn clock(time: std::time::Duration) -> String {
    let s = time.as_secs();
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}
