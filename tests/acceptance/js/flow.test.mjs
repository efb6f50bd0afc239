// A fleet's owner and a device, both written with AWS's SDK for JavaScript v3: typed errors, members and retries.
// Run by test_javascript_sdk.py with `node --test`; the server's address is in JOBS_URL.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import * as owner from "@aws-sdk/client-iot";
import * as device from "@aws-sdk/client-iot-jobs-data-plane";

const endpoint = process.env.JOBS_URL;
const settings = {
  endpoint,
  region: "eu-west-1",
  credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
  maxAttempts: 1, // the SDK would repeat refusals for a limit, too
};
const iot = new owner.IoTClient(settings);
const jobs = new device.IoTJobsDataPlaneClient(settings);
const execution = { jobId: "j1", thingName: "t1" };

async function control(path, body, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${endpoint}/moto-api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
}

async function createJob(jobId = "j1") {
  const { thingArn } = await iot.send(new owner.CreateThingCommand({ thingName: "t1" }));
  return iot.send(new owner.CreateJobCommand({ jobId, targets: [thingArn], document: '{"op":"x"}' }));
}

// Insist on a refusal by class, name, status and message.
async function refused(sent, refusal, status, message) {
  await assert.rejects(sent, (error) => {
    assert.ok(error instanceof refusal, `${error.name}: ${error.message}`);
    assert.equal(error.name, refusal.name);
    assert.equal(error.$metadata.httpStatusCode, status);
    if (message) assert.equal(error.message, message);
    return true;
  });
}

beforeEach(async () => {
  await control("reset");
  await control("state-manager/unset-transition", { model_name: "iot::job_deletion" });
});

test("a job is created and described", async () => {
  const created = await createJob();
  assert.equal(created.jobArn, "arn:aws:iot:eu-west-1:123456789012:job/j1");
  const { job } = await iot.send(new owner.DescribeJobCommand({ jobId: "j1" }));
  assert.equal(job.status, "IN_PROGRESS");
  assert.equal(job.jobProcessDetails.numberOfQueuedThings, 1);
  assert.ok(job.createdAt instanceof Date);
  assert.ok(Math.abs(Date.now() - job.createdAt) < 600_000);
});

test("a device works through its jobs", async () => {
  await createJob();
  const pending = await jobs.send(new device.GetPendingJobExecutionsCommand({ thingName: "t1" }));
  assert.deepEqual(pending.inProgressJobs, []);
  assert.deepEqual([pending.queuedJobs[0].jobId, pending.queuedJobs[0].versionNumber], ["j1", 1]);
  const next = await jobs.send(new device.DescribeJobExecutionCommand({ jobId: "$next", thingName: "t1" }));
  assert.equal(next.execution.status, "QUEUED");
  const started = await jobs.send(new device.StartNextPendingJobExecutionCommand({ thingName: "t1" }));
  assert.deepEqual([started.execution.status, started.execution.versionNumber], ["IN_PROGRESS", 2]);
  assert.equal(started.execution.jobDocument, '{"op":"x"}');
  const report = { ...execution, status: "SUCCEEDED", expectedVersion: 2, includeJobExecutionState: true };
  const updated = await jobs.send(new device.UpdateJobExecutionCommand(report));
  assert.deepEqual([updated.executionState.status, updated.executionState.versionNumber], ["SUCCEEDED", 3]);
  const { job } = await iot.send(new owner.DescribeJobCommand({ jobId: "j1" }));
  assert.equal(job.status, "COMPLETED");
  const idle = await jobs.send(new device.StartNextPendingJobExecutionCommand({ thingName: "t1" }));
  assert.equal(idle.execution, undefined);
});

test("an execution in progress is deleted by force only", async () => {
  await createJob();
  await jobs.send(new device.StartNextPendingJobExecutionCommand({ thingName: "t1" }));
  const which = { ...execution, executionNumber: 1 };
  await refused(
    iot.send(new owner.DeleteJobExecutionCommand(which)),
    owner.InvalidStateTransitionException,
    409,
    "Job execution for thing t1 within job j1 in status IN_PROGRESS cannot be deleted without force flag.",
  );
  const deleted = await iot.send(new owner.DeleteJobExecutionCommand({ ...which, force: true }));
  assert.equal(deleted.$metadata.httpStatusCode, 200);
  await refused(
    jobs.send(new device.UpdateJobExecutionCommand({ ...execution, status: "SUCCEEDED" })),
    device.ResourceNotFoundException,
    404,
    "Job j1 not found for t1",
  );
  await refused(
    iot.send(new owner.DeleteJobExecutionCommand(which)),
    owner.ResourceNotFoundException,
    404,
    "Job execution for thing t1 cannot be found within job j1.",
  );
});

test("a job is deleted by force unless it is over", async () => {
  await createJob();
  await refused(iot.send(new owner.DeleteJobCommand({ jobId: "j1" })), owner.InvalidStateTransitionException, 409);
  await iot.send(new owner.CancelJobCommand({ jobId: "j1" }));
  const deleted = await iot.send(new owner.DeleteJobCommand({ jobId: "j1" }));
  assert.equal(deleted.$metadata.httpStatusCode, 200);
  await refused(
    iot.send(new owner.DescribeJobCommand({ jobId: "j1" })),
    owner.ResourceNotFoundException,
    404,
    "Job j1 cannot be found.",
  );
});

test("ten deletions at once are the limit", async () => {
  await control("state-manager/set-transition", {
    model_name: "iot::job_deletion",
    transition: { progression: "time", seconds: 3600 },
  });
  for (let number = 0; number <= 10; number += 1) await createJob(`j${number}`);
  for (let number = 0; number < 10; number += 1) {
    await iot.send(new owner.DeleteJobCommand({ jobId: `j${number}`, force: true }));
  }
  const eleventh = new owner.DeleteJobCommand({ jobId: "j10", force: true });
  await refused(iot.send(eleventh), owner.LimitExceededException, 410);
  const found = [];
  const list = { client: iot, pageSize: 4 };
  for await (const page of owner.paginateListJobs(list, { status: "DELETION_IN_PROGRESS" })) found.push(...page.jobs);
  assert.equal(found.length, 10);
});

test("errors carry their members", async () => {
  await createJob();
  await assert.rejects(createJob(), (error) => {
    assert.ok(error instanceof owner.ResourceAlreadyExistsException);
    assert.equal(error.$metadata.httpStatusCode, 409);
    assert.equal(error.resourceId, "j1");
    assert.equal(error.resourceArn, "arn:aws:iot:eu-west-1:123456789012:job/j1");
    return true;
  });
  await refused(
    iot.send(new owner.CancelJobExecutionCommand({ ...execution, expectedVersion: 7 })),
    owner.VersionConflictException,
    409,
    "Expected version 7 but found version 1",
  );
});

test("a finished execution is a terminal state for its device", async () => {
  await createJob();
  await jobs.send(new device.UpdateJobExecutionCommand({ ...execution, status: "FAILED" }));
  await refused(jobs.send(new device.DescribeJobExecutionCommand(execution)), device.TerminalStateException, 410);
  await refused(
    jobs.send(new device.UpdateJobExecutionCommand({ ...execution, status: "SUCCEEDED" })),
    device.InvalidStateTransitionException,
    409,
  );
});

test("an invalid request says what is invalid", async () => {
  await refused(
    iot.send(new owner.DescribeJobCommand({ jobId: "no job" })),
    owner.InvalidRequestException,
    400,
    "1 validation error detected: Value 'no job' at 'jobId' failed to satisfy constraint: " +
      "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
  );
});

test("throttling and outages are typed on both planes", async () => {
  await createJob();
  const cases = [
    [iot, "iot", "DescribeJob", new owner.DescribeJobCommand({ jobId: "j1" }), owner],
    [jobs, "iot-jobs-data", "DescribeJobExecution", new device.DescribeJobExecutionCommand(execution), device],
  ];
  for (const [client, service, operation, command, errors] of cases) {
    for (const [error, status] of [["ThrottlingException", 429], ["ServiceUnavailableException", 503]]) {
      await control("iot-jobs/faults", { operation, error, times: 1, service });
      await refused(client.send(command), errors[error], status);
    }
  }
});

test("the SDK's own retries get through", async () => {
  await createJob();
  const patient = new owner.IoTClient({ ...settings, maxAttempts: 3 });
  await control("iot-jobs/faults", {
    operation: "DeleteJob",
    error: "ServiceUnavailableException",
    times: 2,
    service: "iot",
  });
  const deleted = await patient.send(new owner.DeleteJobCommand({ jobId: "j1", force: true }));
  assert.equal(deleted.$metadata.attempts, 3);
});
