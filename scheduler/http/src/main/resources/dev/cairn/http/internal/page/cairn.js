// Times in the viewer's zone, logs that are followed, and what changes on the page.
"use strict";

const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (isNaN(at)) continue;
    time.title = time.dateTime;
    time.textContent = at.toLocaleString();
  }
}

// Each event names the offset of the next one, which the browser sends when it reconnects.
function followLog(log) {
  const details = log.closest("details");
  const parts = [];
  const follow = () => {
    if (log.source || !details.open) return;
    log.source = new EventSource(log.dataset.follow);
    log.source.addEventListener("text", (event) => {
      const data = JSON.parse(event.data);
      const node = document.createTextNode(data.text.replace(ANSI, ""));
      parts.push({ offset: data.offset, node });
      const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
      log.append(node);
      if (atEnd) log.scrollTop = log.scrollHeight;
    });
    log.source.addEventListener("cut", (event) => {
      const from = JSON.parse(event.data).offset;
      while (parts.length && parts[parts.length - 1].offset >= from) {
        parts.pop().node.remove();
      }
    });
    log.source.addEventListener("end", () => log.source.close());
  };
  details.addEventListener("toggle", follow);
  follow();
}

// What the server has sent for each part, by id: what is shown has local times.
const served = new Map();
for (const part of document.querySelectorAll("[data-live]")) served.set(part.id, part.innerHTML);

// Replaces the parts that have changed; what a person has opened or typed elsewhere stays as it is.
function takeOver(fresh) {
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const shown = document.getElementById(part.id);
    if (shown && served.get(part.id) !== part.innerHTML) {
      shown.innerHTML = part.innerHTML;
      localTimes(shown);
    }
    served.set(part.id, part.innerHTML);
  }
  const added = fresh.querySelectorAll("section[data-step]");
  for (const section of added) {
    if (!document.getElementById(section.id)) {
      document.getElementById("steps").append(section);
      localTimes(section);
      section.querySelectorAll("[data-follow]").forEach(followLog);
    }
  }
  document.title = fresh.title;
}

async function watch(body) {
  const status = document.getElementById("connection");
  let tag = "";
  for (;;) {
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(location.href, { headers, cache: "no-store" });
      if (answer.redirected) {
        location.reload();
        return;
      }
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
      status.textContent = answer.ok || answer.status === 304 ? "" : "The server answers " + answer.status + ".";
    } catch (unreachable) {
      status.textContent = "The server cannot be reached; trying again.";
    }
    do {
      await new Promise((resolve) => setTimeout(resolve, Number(body.dataset.watch)));
    } while (document.hidden);
  }
}

localTimes(document);
document.querySelectorAll("[data-follow]").forEach(followLog);
const watched = document.querySelector("[data-watch]");
if (watched) watch(watched);
