// What the page of a server does: asks for the state every second and shows it.
//
// What is on the page follows from two things alone: the state that the server answered last, and the address after its "#"
// (which job, which status, which thing, which page), so that every view can be linked to and the Back button works. Nodes
// are kept from one state to the next, so that what a reader opened, marked or focused stays so. All text goes in as text.

"use strict";

const API = "/moto-api/iot-jobs";
const EVERY = 1000;
const SIZES = { jobs: 20, executions: 20, messages: 30 };
const ROUTE = ["account", "region", "job", "status", "thing", "jobs_below", "executions_below"];
// Below so many executions their histories are open from the start.
const FEW = 4;
const OPEN = new Set(["QUEUED", "IN_PROGRESS"]);

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

function written(moment) {
  return new Date(moment).toISOString().replace("T", " ").replace(/\.\d+Z$/, "");
}

// The date is left out of moments of today, as the mock's clock has it.
function at(moment, now) {
  const text = written(moment);
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

// Where the reader is

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
  showMessages(state);
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
  show(slots.inside, Boolean(where.job));
  if (where.job) fillExecutions(slots, job, now, { ...where, ...here });
}

function jobFacts(job, now) {
  const facts = [job.targetSelection, `created ${at(job.createdAt, now)}`];
  if (job.completedAt) facts.push(`completed ${at(job.completedAt, now)}`);
  else if (job.lastUpdatedAt !== job.createdAt) facts.push(`updated ${at(job.lastUpdatedAt, now)}`);
  if (job.forceCanceled) facts.push("canceled by force");
  if (job.reasonCode) facts.push(`reason ${job.reasonCode}`);
  if (job.comment) facts.push(`“${job.comment}”`);
  return facts;
}

function fillExecutions(slots, job, now, where) {
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
  list(slots.told, Object.entries(execution.statusDetails), ([key]) => key, () => cloned("told"), (node, [key, value]) => {
    say(node.slots.key, key);
    say(node.slots.value, value);
  });
  show(slots.history, transitions.length > 0);
  show(slots.bar, transitions.length > 0);
  if (transitions.length) fillHistory(slots, transitions, now);
}

function fillHistory(slots, transitions, now) {
  const last = transitions[transitions.length - 1];
  const end = OPEN.has(last.after) ? now : last.at;
  say(slots.summary, `${plural(transitions.length, "transition", "transitions")} in ${span(end - transitions[0].at)}`);
  bar(slots.bar, transitions.map((transition, place) => {
    const until = place + 1 < transitions.length ? transitions[place + 1].at : end;
    return { key: place, status: transition.after, size: Math.max(until - transition.at, 0) };
  }));
  list(slots.transitions, transitions.map((transition, place) => ({ ...transition, place })), (transition) => transition.place, () => cloned("transition"), (node, transition) => {
    const since = transition.place ? ` +${span(transition.at - transitions[transition.place - 1].at)}` : "";
    say(node.slots.at, `${at(transition.at, now)}${since}`);
    const isProgress = transition.before === transition.after;
    status(node.slots.after, transition.after, isProgress ? `${transition.after} again` : transition.after);
    say(node.slots.why, [transition.cause === "time" ? "time went on" : transition.cause, transition.act].filter(Boolean).join(", "));
  });
}

function showMessages(state) {
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

// What is asked

let timer = 0;
let asked = 0;

async function ask(method, path, members) {
  const body = members && JSON.stringify(members);
  const response = await fetch(`${API}${path}`, { method, body, headers: body ? { "Content-Type": "application/json" } : {} });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.message ?? `the server answered ${response.status}`);
  return answer;
}

async function load() {
  clearTimeout(timer);
  const mine = (asked += 1);
  const where = route();
  const executions = where.job ? SIZES.executions : 0;
  try {
    const state = await ask("GET", `/state?${new URLSearchParams({ ...SIZES, executions, ...where })}`);
    if (mine !== asked) return;
    showState(state, where);
    show(byId("trouble"), false);
  } catch (problem) {
    if (mine !== asked) return;
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
  const { operation, error, times } = Object.fromEntries(new FormData(event.target));
  tell(byId("ordered"), async () => {
    await ask("POST", "/faults", { operation, error, times: Number(times) });
    return `${operation} will give ${error} ${plural(Number(times), "time", "times")}.`;
  });
});
byId("clear-faults").addEventListener("click", () => tell(byId("ordered"), async () => {
  await ask("DELETE", "/faults");
  return "All orders are taken back.";
}));
byId("refresh").addEventListener("change", load);
addEventListener("hashchange", () => {
  scrollTo(0, 0);
  load();
});
document.addEventListener("visibilitychange", load);
load();
