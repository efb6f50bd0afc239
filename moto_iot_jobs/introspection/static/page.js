// Shows the state of a server, which it requests every second.
//
// What is on the page follows from two things alone: the state that the server answered last, and the address after its "#"
// (which job, which status, which thing, which page), so that every view can be linked to and the Back button works. Nodes
// are kept from one state to the next, so that what a reader opened, marked or focused stays so. All text goes in as text.

"use strict";

const API = "/moto-api/iot-jobs";
const EVERY = 1000;
const SIZES = { jobs: 20, executions: 20, messages: 30, calls: 30, shadows: 20, packages: 20, commands: 20 };
const ROUTE = ["account", "region", "job", "status", "thing", "jobs_below", "executions_below"];
// Below so many executions their histories are open from the start.
const FEW = 4;
const OPEN = new Set(["QUEUED", "CREATED", "IN_PROGRESS"]);

const byId = (id) => document.getElementById(id);

// Nodes

function cloned(template) {
  const node = byId(`${template}-template`).content.firstElementChild.cloneNode(true);
  node.slots = {};
  for (const slot of node.querySelectorAll("[data-slot]")) node.slots[slot.dataset.slot] = slot;
  return node;
}

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function show(node, visible) {
  node.hidden = !visible;
}

function lead(link, route) {
  const href = `#${new URLSearchParams(route)}`;
  if (link.getAttribute("href") !== href) link.setAttribute("href", href);
}

function status(node, name, text = name) {
  node.dataset.status = name;
  say(node, text);
}

// Let a node's children be those of the items, in their order; a child stays the same node while its item's key does.
function list(parent, items, keyOf, make, fill) {
  const keys = new Set(items.map(keyOf));
  const kept = new Map();
  for (const child of Array.from(parent.children)) {
    if (keys.has(child.key)) kept.set(child.key, child);
    else child.remove();
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const node = kept.get(key) ?? make(item);
    node.key = key;
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
    fill(node, item);
  }
}

function bar(parent, parts) {
  list(parent, parts, (part) => part.key, () => document.createElement("i"), (node, part) => {
    node.dataset.status = part.status;
    node.style.flexGrow = String(part.size);
  });
}

// Words

const number = new Intl.NumberFormat("en");
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function written(time) {
  return new Date(time).toISOString().replace("T", " ").replace(/\.\d+Z$/, "");
}

// The date is left out of times of today, as the mock's clock has it.
function at(time, now) {
  const text = written(time);
  return text.slice(0, 10) === written(now).slice(0, 10) ? text.slice(11) : text;
}

function span(milliseconds) {
  const units = [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"], [SECOND, "s"]];
  const first = units.findIndex(([size]) => milliseconds >= size);
  if (first < 0) return `${Math.max(0, milliseconds)} ms`;
  let rest = milliseconds;
  const words = [];
  for (const [size, unit] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) words.push(`${count} ${unit}`);
  }
  return words.join(" ");
}

function plural(count, one, many) {
  return `${number.format(count)} ${count === 1 ? one : many}`;
}

function shownOf(shown, left, one, many) {
  return left ? `${number.format(shown)} of ${plural(shown + left, one, many)}` : plural(shown, one, many);
}

function pretty(payload) {
  try {
    const value = JSON.parse(payload);
    // Numbers longer than a double holds would come out as others.
    return JSON.stringify(value) === payload ? JSON.stringify(value, null, 2) : payload;
  } catch {
    return payload;
  }
}

function compact(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

// The settings of a job, in words where AWS's names would need to be looked up.
function settingsOf(details, now) {
  const { jobExecutionsRolloutConfig: rollout, abortConfig: abort, timeoutConfig: timeout } = details;
  const { jobExecutionsRetryConfig: retry, schedulingConfig: schedule, presignedUrlConfig: presigned } = details;
  const found = [["targets", details.targets.slice(0, 20).join("\n") + (details.targets.length > 20 ? `\n… ${details.targets.length - 20} more` : "")]];
  if (rollout) found.push(["rollout", rolloutOf(rollout)]);
  if (abort) found.push(["abort", abort.criteriaList.map((each) => `${each.action} when ${each.thresholdPercentage} % ${each.failureType} of at least ${each.minNumberOfExecutedThings}`).join("\n")]);
  if (timeout) found.push(["timeout", `${timeout.inProgressTimeoutInMinutes} min in progress`]);
  if (retry) found.push(["retry", retry.criteriaList.map((each) => `${each.failureType} up to ${plural(each.numberOfRetries, "time", "times")}`).join("\n")]);
  if (schedule) found.push(["schedule", scheduleOf(schedule)]);
  if (details.scheduledJobRollouts) found.push(["next windows", details.scheduledJobRollouts.map((each) => each.startTime).join("\n")]);
  if (presigned) found.push(["presigned URLs", `${presigned.expiresInSec ?? 3600} s, ${presigned.roleArn ?? "no role"}`]);
  if (details.documentSource) found.push(["document source", details.documentSource]);
  if (details.documentParameters) found.push(["document parameters", compact(details.documentParameters)]);
  if (details.jobTemplateArn) found.push(["template", details.jobTemplateArn]);
  if (details.namespaceId) found.push(["namespace", details.namespaceId]);
  if (details.destinationPackageVersions) found.push(["package versions", details.destinationPackageVersions.join("\n")]);
  const tags = Object.entries(details.tags);
  if (tags.length) found.push(["tags", tags.map(([key, value]) => `${key} = ${value}`).join("\n")]);
  found.push(["ARN", details.jobArn]);
  return found;
}

function rolloutOf({ maximumPerMinute, exponentialRate: rate }) {
  const most = maximumPerMinute ? `at most ${number.format(maximumPerMinute)} a minute` : "";
  if (!rate) return most;
  const { numberOfNotifiedThings: notified, numberOfSucceededThings: succeeded } = rate.rateIncreaseCriteria;
  const after = notified ? `${notified} notified` : `${succeeded} succeeded`;
  return [`from ${rate.baseRatePerMinute} a minute, times ${rate.incrementFactor} after each ${after}`, most].filter(Boolean).join(", ");
}

function scheduleOf({ startTime, endTime, endBehavior, maintenanceWindows }) {
  const parts = [];
  if (startTime) parts.push(`start ${startTime}`);
  if (endTime) parts.push(`end ${endTime}, then ${endBehavior ?? "STOP_ROLLOUT"}`);
  for (const each of maintenanceWindows ?? []) parts.push(`window ${each.startTime} for ${each.durationInMinutes} min`);
  return parts.join("\n");
}

// The view

function route() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(ROUTE.filter((name) => given.has(name)).map((name) => [name, given.get(name)]));
}

function without(where, ...names) {
  return Object.fromEntries(Object.entries(where).filter(([name]) => !names.includes(name)));
}

// What is shown

function showState(state, where) {
  const focused = document.activeElement;
  say(byId("clock"), `${written(state.milliseconds)} UTC`);
  byId("clock").dateTime = new Date(state.milliseconds).toISOString();
  show(byId("all"), Object.keys(where).length > 0);
  show(byId("empty"), state.regions.length === 0);
  say(byId("empty"), where.job ? `There is no job ${where.job} any more.` : "There are no jobs yet.");
  document.title = where.job ? `${where.job} – IoT Jobs` : "IoT Jobs";
  list(byId("regions"), state.regions, (region) => `${region.account} ${region.region} ${where.job ?? ""}`,
    () => cloned("region"), (node, region) => fillRegion(node, region, state.milliseconds, where));
  showShadows(state, where);
  showPackages(state);
  showMessages(state, where);
  showCalls(state, where);
  if (focused === document.activeElement) return;
  // What had the focus was summary, or is gone with the view that it was in.
  (focused?.isConnected ? focused : byId("main")).focus({ preventScroll: true });
}

function fillRegion({ slots }, region, now, where) {
  const here = { account: region.account, region: region.region };
  say(slots.place, `${region.region} · ${region.account}`);
  lead(slots.place, here);
  show(slots.shown, !where.job);
  say(slots.shown, shownOf(region.jobs.length, region.jobsLeftOut, "job", "jobs"));
  list(slots.jobs, region.jobs, (job) => `${job.jobId} ${job.createdAt}`,
    (job) => madeJob({ ...here, job: job.jobId }), (node, job) => fillJob(node, job, now, { ...where, ...here }));
  show(slots.newest, "jobs_below" in where);
  lead(slots.newest, here);
  show(slots.older, region.nextJobs !== null && !where.job);
  lead(slots.older, { ...here, jobs_below: region.nextJobs });
  fillCommands(slots, region, now);
}

function fillCommands(slots, region, now) {
  const executions = region.commandExecutions ?? [];
  show(slots.commandsTitle, executions.length > 0);
  say(slots.commandsShown, shownOf(executions.length, region.commandExecutionsLeftOut ?? 0, "execution", "executions"));
  list(slots.commands, executions, (execution) => execution.executionId, () => madeExecution(false), (node, execution) => {
    const { commandId, target, reason, createdAt, lastUpdatedAt, timesOutAt, transitions } = execution;
    say(node.slots.name, `${commandId} on ${target}`);
    status(node.slots.status, execution.status);
    const facts = [`started ${at(createdAt, now)}`];
    if (lastUpdatedAt !== createdAt) facts.push(`updated ${at(lastUpdatedAt, now)}`);
    if (timesOutAt) facts.push(`times out in ${span(timesOutAt - now)}`);
    if (reason) facts.push(`reason ${reason}`);
    say(node.slots.facts, facts.join(" · "));
    for (const slot of ["history", "bar", "legend"]) show(node.slots[slot], transitions.length > 0);
    if (transitions.length) fillHistory(node.slots, transitions, now);
  });
}

function madeJob(here) {
  const node = cloned("job");
  node.slots.find.addEventListener("submit", (event) => {
    event.preventDefault();
    const thing = node.slots.find.elements.thing.value.trim();
    location.hash = new URLSearchParams(thing ? { ...here, thing } : here).toString();
  });
  return node;
}

function fillJob({ slots }, job, now, where) {
  const here = { account: where.account, region: where.region, job: job.jobId };
  say(slots.name, job.jobId);
  lead(slots.name, here);
  status(slots.status, job.status);
  say(slots.facts, jobFacts(job, now).join(" · "));
  const counted = Object.entries(job.counts).filter(([, count]) => count);
  bar(slots.bar, counted.map(([name, count]) => ({ key: name, status: name, size: count })));
  const chosen = where.job && where.status && !job.counts[where.status] ? [[where.status, 0]] : [];
  list(slots.counts, [...counted, ...chosen], ([name]) => name, () => cloned("count"), (node, [name, count]) => {
    const link = node.slots.link;
    const isChosen = Boolean(where.job) && where.status === name;
    status(link, name, `${number.format(count)} ${name}`);
    lead(link, isChosen ? here : { ...here, status: name });
    if (isChosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  show(slots.waiting, job.waiting > 0);
  if (job.waiting) say(slots.waiting, waitingOf(job));
  show(slots.inside, Boolean(where.job));
  if (where.job) fillExecutions(slots, job, now, { ...where, ...here });
}

function waitingOf({ waiting, details }) {
  const names = details?.waitingThings ?? [];
  const text = `The rollout has not reached ${plural(waiting, "thing", "things")} yet`;
  return names.length ? `${text}: ${names.join(", ")}${waiting > names.length ? ", …" : ""}` : `${text}.`;
}

function jobFacts(job, now) {
  const facts = [job.targetSelection, `created ${at(job.createdAt, now)}`];
  if (job.description) facts.unshift(job.description);
  if (job.startsAt > now) facts.push(`starts in ${span(job.startsAt - now)}, at ${at(job.startsAt, now)}`);
  if (job.completedAt) facts.push(`completed ${at(job.completedAt, now)}`);
  else if (job.lastUpdatedAt !== job.createdAt) facts.push(`updated ${at(job.lastUpdatedAt, now)}`);
  if (job.forceCanceled) facts.push("canceled by force");
  if (job.reasonCode) facts.push(`reason ${job.reasonCode}`);
  if (job.comment) facts.push(`“${job.comment}”`);
  return facts;
}

function fillExecutions(slots, job, now, where) {
  list(slots.settings, settingsOf(job.details, now), ([key]) => key, () => cloned("setting"), (node, [key, value]) => {
    say(node.slots.key, key);
    say(node.slots.value, value);
  });
  say(slots.document, pretty(job.details.document));
  const field = slots.find.elements.thing;
  // Only when another thing is shown: the reader may be typing.
  if (field.shows !== where.thing) field.value = where.thing ?? "";
  field.shows = where.thing;
  const kinds = [where.status, where.thing && `of ${where.thing}`].filter(Boolean).join(" ");
  const shown = shownOf(job.executions.length, job.executionsLeftOut, "execution", "executions");
  say(slots.shown, [shown, kinds].filter(Boolean).join(", "));
  const areFew = job.executions.length < FEW;
  list(slots.executions, job.executions, (execution) => `${execution.thing} ${execution.executionNumber} ${execution.queuedAt}`,
    () => madeExecution(areFew), (node, execution) => fillExecution(node, execution, now));
  show(slots.newest, "executions_below" in where);
  lead(slots.newest, without(where, "executions_below", "jobs_below"));
  show(slots.older, job.nextExecutions !== null);
  lead(slots.older, { ...without(where, "jobs_below"), executions_below: job.nextExecutions });
}

function madeExecution(isOpen) {
  const node = cloned("execution");
  node.slots.history.open = isOpen;
  return node;
}

function fillExecution({ slots }, execution, now) {
  const { thing, executionNumber, transitions, timesOutAt } = execution;
  say(slots.name, `${thing} #${executionNumber}`);
  status(slots.status, execution.status);
  const facts = [`version ${execution.version}`, `queued ${at(execution.queuedAt, now)}`];
  if (execution.startedAt) facts.push(`started ${at(execution.startedAt, now)}`);
  if (execution.lastUpdatedAt !== execution.queuedAt) facts.push(`updated ${at(execution.lastUpdatedAt, now)}`);
  if (timesOutAt) facts.push(`times out in ${span(timesOutAt - now)}`);
  say(slots.facts, facts.join(" · "));
  list(slots.details, Object.entries(execution.statusDetails), ([key]) => key, () => cloned("detail"), (node, [key, value]) => {
    say(node.slots.key, key);
    say(node.slots.value, value);
  });
  show(slots.history, transitions.length > 0);
  show(slots.bar, transitions.length > 0);
  show(slots.legend, transitions.length > 0);
  if (transitions.length) fillHistory(slots, transitions, now);
}

function fillHistory(slots, transitions, now) {
  const last = transitions[transitions.length - 1];
  const end = OPEN.has(last.after) ? now : last.at;
  say(slots.summary, `${plural(transitions.length, "transition", "transitions")} in ${span(end - transitions[0].at)}`);
  const parts = transitions.map((transition, place) => {
    const until = place + 1 < transitions.length ? transitions[place + 1].at : end;
    return { key: place, status: transition.after, size: Math.max(until - transition.at, 0) };
  });
  bar(slots.bar, parts);
  const times = new Map();
  for (const part of parts) times.set(part.status, (times.get(part.status) ?? 0) + part.size);
  list(slots.legend, [...times], ([name]) => name, () => cloned("legend"), (node, [name, size]) => {
    // What is over has no length of its own.
    status(node, name, OPEN.has(name) ? `${name} ${span(size)}` : name);
  });
  list(slots.transitions, transitions.map((transition, place) => ({ ...transition, place })), (transition) => transition.place, () => cloned("transition"), (node, transition) => {
    const since = transition.place ? ` +${span(transition.at - transitions[transition.place - 1].at)}` : "";
    say(node.slots.at, `${at(transition.at, now)}${since}`);
    const isProgress = transition.before === transition.after;
    status(node.slots.after, transition.after, isProgress ? `${transition.after} again` : transition.after);
    say(node.slots.why, [transition.cause === "time" ? "time went on" : transition.cause, transition.act].filter(Boolean).join(", "));
  });
}

function showShadows(state, where) {
  show(byId("shadows-panel"), state.shadows.length > 0);
  say(byId("shadows-title"), where.thing ? `Shadows of ${where.thing}` : "Shadows");
  list(byId("shadows"), state.shadows, ({ account, region, thing, name }) => `${account} ${region} ${thing} ${name}`,
    () => cloned("shadow"), ({ slots }, shadow) => {
      const last = shadow.changes[shadow.changes.length - 1];
      const facts = [shadow.version === null ? "deleted" : `version ${shadow.version}`, at(last.at, state.milliseconds)];
      if (shadow.state.delta) facts.push("differs");
      say(slots.name, [shadow.thing, shadow.name].filter(Boolean).join(" · "));
      say(slots.facts, facts.join(" · "));
      say(slots.state, JSON.stringify(shadow.state, null, 2));
      const changes = shadow.changes.slice().reverse();
      list(slots.changes, changes, (change) => `${change.at} ${change.operation} ${change.version}`, () => cloned("change"), ({ slots: inside }, change) => {
        say(inside.at, at(change.at, state.milliseconds));
        say(inside.what, `${change.operation}, version ${change.version}`);
        say(inside.state, change.operation === "UpdateThingShadow" ? JSON.stringify(change.state) : "");
      });
    });
}

function showPackages(state) {
  show(byId("packages-panel"), state.packages.length > 0);
  list(byId("packages"), state.packages, ({ account, region, name }) => `${account} ${region} ${name}`,
    () => cloned("package"), ({ slots }, { name, default: chosen, versions, versionsLeftOut }) => {
      say(slots.name, name);
      say(slots.facts, [chosen ? `default ${chosen}` : "", versionsLeftOut ? `${versionsLeftOut} more versions` : ""].filter(Boolean).join(" · "));
      list(slots.versions, versions, (version) => version.name, () => cloned("version"), (node, version) => {
        status(node, version.status, `${version.name} ${version.status}`);
      });
    });
}

function showMessages(state, where) {
  say(byId("messages-title"), where.job ? `Messages of ${where.job}` : "Messages");
  const times = new Map();
  const messages = state.messages.map((message) => {
    const text = JSON.stringify(message);
    times.set(text, (times.get(text) ?? 0) + 1);
    return { ...message, key: `${text} ${times.get(text)}` };
  });
  show(byId("no-messages"), messages.length === 0);
  list(byId("messages"), messages.reverse(), (message) => message.key, () => cloned("message"), ({ slots }, message) => {
    say(slots.at, at(message.at, state.milliseconds));
    say(slots.topic, message.topic);
    say(slots.payload, pretty(message.payload));
  });
}

function showCalls(state, where) {
  say(byId("calls-title"), where.job ? `Calls of ${where.job}` : "Calls");
  show(byId("no-calls"), state.calls.length === 0);
  const times = new Map();
  const calls = state.calls.map((call) => {
    const text = JSON.stringify(call);
    times.set(text, (times.get(text) ?? 0) + 1);
    return { ...call, key: `${text} ${times.get(text)}` };
  });
  list(byId("calls"), calls.reverse(), (call) => call.key, () => cloned("call"), ({ slots }, call) => {
    const { jobId, thingName } = call.parameters;
    say(slots.at, at(call.milliseconds, state.milliseconds));
    say(slots.operation, [call.operation, jobId, thingName, call.transport === "mqtt" ? "over MQTT" : ""].filter(Boolean).join(" · "));
    say(slots.error, call.error ? `${call.status} ${call.error}` : "");
    say(slots.parameters, JSON.stringify(call.parameters, null, 2));
  });
}

// Faults

let operations = [];

async function loadOperations() {
  if (operations.length) return;
  operations = (await ask("GET", "/operations")).operations;
  const { operation, error } = byId("fault").elements;
  const labels = { "iot": "Control plane", "iot-jobs-data": "Data plane", "iot-data": "Shadows" };
  for (const service of new Set(operations.map((each) => each.service))) {
    const group = document.createElement("optgroup");
    group.label = labels[service] ?? service;
    for (const each of operations.filter((each) => each.service === service)) {
      group.append(new Option(each.operation, `${service} ${each.operation}`));
    }
    operation.append(group);
  }
  operation.value = "iot-jobs-data UpdateJobExecution";
  fillErrors();
  error.value = "ThrottlingException";
}

function fillErrors() {
  const { operation, error } = byId("fault").elements;
  const before = error.value;
  const chosen = operations.find((each) => `${each.service} ${each.operation}` === operation.value);
  error.replaceChildren(...chosen.errors.map((each) => new Option(each)));
  if (chosen.errors.includes(before)) error.value = before;
}

async function loadFaults() {
  const { faults } = await ask("GET", "/faults");
  list(byId("active-faults"), faults, (fault) => fault.number, madeFault, ({ slots }, fault) => say(slots.description, fault.description));
}

function madeFault({ number }) {
  const node = cloned("fault");
  node.slots.cancel.addEventListener("click", () => tell(byId("injected"), async () => {
    await ask("DELETE", `/faults?number=${number}`);
    await loadFaults();
    return "It is cancelled.";
  }));
  return node;
}

// Requests

let timer = 0;
let requested = 0;

async function ask(method, path, members) {
  const body = members && JSON.stringify(members);
  const response = await fetch(`${API}${path}`, { method, body, headers: body ? { "Content-Type": "application/json" } : {} });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.message ?? `the server responded with ${response.status}`);
  return answer;
}

async function load() {
  clearTimeout(timer);
  const mine = (requested += 1);
  const where = route();
  const executions = where.job ? SIZES.executions : 0;
  try {
    const state = await ask("GET", `/state?${new URLSearchParams({ ...SIZES, executions, ...where })}`);
    if (mine !== requested) return;
    showState(state, where);
    if (byId("faults").open) await loadFaults();
    show(byId("trouble"), false);
  } catch (problem) {
    if (mine !== requested) return;
    say(byId("trouble"), `This may be out of date: ${problem.message}.`);
    show(byId("trouble"), true);
  }
  if (byId("refresh").checked && !document.hidden) timer = setTimeout(load, EVERY);
}

async function advance(seconds) {
  // If the server is gone, loading says so.
  await ask("POST", "/clock/advance", { seconds }).catch(() => {});
  await load();
}

async function tell(node, act) {
  try {
    say(node, await act());
  } catch (problem) {
    say(node, problem.message);
  }
}

for (const button of document.querySelectorAll("[data-seconds]")) {
  button.addEventListener("click", () => advance(Number(button.dataset.seconds)));
}
byId("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const { operation: chosen, error, times } = Object.fromEntries(new FormData(event.target));
  const [service, operation] = chosen.split(" ");
  tell(byId("injected"), async () => {
    await ask("POST", "/faults", { service, operation, error, times: Number(times) });
    await loadFaults();
    return `${operation} will return ${error} ${plural(Number(times), "time", "times")}.`;
  });
});
byId("clear-faults").addEventListener("click", () => tell(byId("injected"), async () => {
  await ask("DELETE", "/faults");
  await loadFaults();
  return "All faults are cancelled.";
}));
byId("fault").elements.operation.addEventListener("change", fillErrors);
byId("faults").addEventListener("toggle", () => tell(byId("injected"), async () => {
  await loadOperations();
  await loadFaults();
  return "";
}));
byId("refresh").addEventListener("change", load);
addEventListener("hashchange", () => {
  scrollTo(0, 0);
  load();
});
document.addEventListener("visibilitychange", load);
load();
