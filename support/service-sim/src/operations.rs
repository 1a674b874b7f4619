//! The name of every operation that is simulated, as faults and the journal use them.

/// Names by service. A route's name must stand here, else no fault can be aimed at it.
pub(crate) const OPERATIONS: &[&str] = &[
    "auth.token",
    "auth.authorize",
    "auth.code_page",
    "auth.revoke",
    "auth.introspect",
    "auth.userinfo",
    "transfer.submission_id",
    "transfer.submit",
    "transfer.delete",
    "transfer.task_get",
    "transfer.task_update",
    "transfer.task_list",
    "transfer.task_cancel",
    "transfer.task_events",
    "transfer.task_successful_transfers",
    "transfer.task_skipped_errors",
    "transfer.task_pause_info",
    "transfer.admin_pause",
    "transfer.admin_resume",
    "transfer.endpoint_get",
    "transfer.access_list",
    "transfer.access_create",
    "transfer.access_get",
    "transfer.access_update",
    "transfer.access_delete",
    "transfer.endpoint_search",
    "transfer.ls",
    "transfer.stat",
    "transfer.rename",
    "transfer.mkdir",
    "compute.version",
    "compute.endpoint_list",
    "compute.endpoint_get",
    "compute.endpoint_status",
    "compute.allowed_functions",
    "compute.function_register",
    "compute.function_get",
    "compute.function_delete",
    "compute.submit",
    "compute.task_get",
    "compute.batch_status",
    "compute.task_group",
    "scicat.health",
    "scicat.login",
    "scicat.whoami",
    "scicat.logout",
    "scicat.user_self",
    "scicat.user_list",
    "scicat.dataset_create",
    "scicat.dataset_is_valid",
    "scicat.dataset_find",
    "scicat.dataset_find_one",
    "scicat.dataset_full_query",
    "scicat.dataset_facets",
    "scicat.dataset_metadata_keys",
    "scicat.dataset_count",
    "scicat.dataset_get",
    "scicat.dataset_update",
    "scicat.dataset_replace",
    "scicat.dataset_append",
    "scicat.dataset_delete",
    "scicat.dataset_lifecycle_get",
    "scicat.dataset_lifecycle_update",
    "scicat.dataset_thumbnail",
    "scicat.origdatablock_create",
    "scicat.origdatablock_is_valid",
    "scicat.origdatablock_list",
    "scicat.origdatablock_find",
    "scicat.origdatablock_update",
    "scicat.origdatablock_delete",
    "scicat.datablock_create",
    "scicat.datablock_list",
    "scicat.datablock_find",
    "scicat.datablock_update",
    "scicat.datablock_delete",
    "scicat.attachment_create",
    "scicat.attachment_list",
    "scicat.attachment_find",
    "scicat.attachment_update",
    "scicat.attachment_delete",
    "scicat.sample_create",
    "scicat.sample_get",
    "scicat.sample_find",
    "scicat.sample_full_query",
    "scicat.sample_count",
    "scicat.sample_update",
    "scicat.sample_delete",
    "scicat.proposal_create",
    "scicat.proposal_get",
    "scicat.proposal_find",
    "scicat.proposal_full_query",
    "scicat.proposal_count",
    "scicat.proposal_update",
    "scicat.proposal_delete",
    "scicat.instrument_create",
    "scicat.instrument_get",
    "scicat.instrument_find",
    "scicat.instrument_find_one",
    "scicat.instrument_count",
    "scicat.instrument_update",
    "scicat.instrument_delete",
    "scicat.policy_create",
    "scicat.policy_get",
    "scicat.policy_find",
    "scicat.policy_count",
    "scicat.policy_update",
    "scicat.policy_delete",
    "scicat.job_create",
    "scicat.job_get",
    "scicat.job_find",
    "scicat.job_update",
    "scicat.job_delete",
    "scicat.published_data_find",
    "scicat.published_data_count",
    "scicat.logbook_list",
    "prefect.health",
    "prefect.ready",
    "prefect.version",
    "prefect.variable_create",
    "prefect.variable_get",
    "prefect.variable_update",
    "prefect.variable_delete",
    "prefect.deployment_by_name",
    "prefect.flow_run_create",
    "prefect.flow_run_get",
    "prefect.flow_run_list",
    "sfapi.token",
    "sfapi.meta",
    "sfapi.status",
    "sfapi.account",
    "sfapi.jobs",
    "sfapi.job_submit",
    "sfapi.job_get",
    "sfapi.job_cancel",
    "sfapi.task_list",
    "sfapi.task_get",
    "sfapi.task_cancel",
    "sfapi.ls",
    "sfapi.download",
    "sfapi.upload",
    "sfapi.command",
    "sfapi.transfer",
    "sfapi.transfer_get",
];

/// Reads that can be answered with what was true before.
pub(crate) const CAN_BE_STALE: &[&str] = &[
    "transfer.task_get",
    "transfer.task_list",
    "transfer.ls",
    "transfer.stat",
    "sfapi.jobs",
    "sfapi.job_get",
    "sfapi.task_get",
];

/// Whether `pattern`, in which `*` stands for any text, matches the whole of `text`.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            match rest.find(middle) {
                Some(at) => rest = rest.get(at + middle.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    match last {
        Some(end) => rest.ends_with(end),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs() {
        for (pattern, text, matches) in [
            ("transfer.submit", "transfer.submit", true),
            ("transfer.submit", "transfer.submits", false),
            ("transfer.*", "transfer.task_get", true),
            ("transfer.task_*", "transfer.submit", false),
            ("*", "", true),
            ("*.ta*k_*t", "transfer.task_get", true),
            ("a*a", "a", false),
            ("a*bc*bc", "abc", false),
            ("*.h5", "scan.h5", true),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}
