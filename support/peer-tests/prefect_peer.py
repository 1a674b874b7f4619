"""What the beamline's Python does with a Prefect server: trigger a deployment, read a run."""

import asyncio
import json
import os
import sys

import prefect.main  # noqa: F401  Prefect 3.4 completes its models there, and nowhere else
from prefect.client.orchestration import get_client


async def trigger(deployment, file_path):
    """As the file watcher does it."""
    async with get_client() as client:
        found = await client.read_deployment_by_name(deployment)
        run = await client.create_flow_run_from_deployment(
            found.id, parameters={"file_path": file_path}, name=os.path.basename(file_path)
        )
    print(json.dumps({"id": str(run.id), "name": run.name}))


async def read(run_id):
    """Reads a run, its task runs and its logs with the models of the client."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, LogFilter, LogFilterFlowRunId

    async with get_client() as client:
        run = await client.read_flow_run(run_id)
        of = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
        tasks = await client.read_task_runs(flow_run_filter=of)
        logs = await client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])), limit=200)
    print(
        json.dumps(
            {
                "name": run.name,
                "state": run.state.name,
                "message": run.state.message,
                "parameters": run.parameters,
                "tasks": sorted(task.name for task in tasks),
                "states": sorted({task.state.name for task in tasks}),
                "logs": [log.message for log in logs],
            }
        )
    )


if __name__ == "__main__":
    asyncio.run({"trigger": trigger, "read": read}[sys.argv[1]](*sys.argv[2:]))
