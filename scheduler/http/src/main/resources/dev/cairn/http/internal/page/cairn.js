// Follows the logs that are open. Each event names the offset of the next one, which the browser sends when it reconnects.
"use strict";
for (const log of document.querySelectorAll("[data-follow]")) {
  const details = log.closest("details");
  const parts = [];
  const follow = () => {
    if (log.source || !details.open) return;
    log.source = new EventSource(log.dataset.follow);
    log.source.addEventListener("text", (event) => {
      const data = JSON.parse(event.data);
      const node = document.createTextNode(data.text);
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
