package dev.cairn.webhook;

import dev.cairn.run.notify.Notice;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A notification as a CloudEvent in structured mode (CloudEvents 1.0, JSON event format). Every post has the same
 * bytes.
 */
final class CloudEvent {
    static final String MEDIA_TYPE = "application/cloudevents+json";

    private CloudEvent() {}

    static byte[] of(Notice notice) {
        ObjectNode event = JsonMapper.shared().createObjectNode();
        event.put("specversion", "1.0")
                .put("id", notice.id())
                .put("source", "/cairn/" + escaped(notice.workflow()))
                .put("type", "dev.cairn." + notice.change().wire())
                .put(
                        "subject",
                        notice.run() + notice.step().map(step -> "/" + step).orElse(""))
                .put("time", notice.at().toString())
                .put("datacontenttype", "application/json");
        ObjectNode data = event.putObject("data");
        data.put("run", notice.run()).put("workflow", notice.workflow());
        notice.key().ifPresent(key -> data.put("key", key));
        notice.step().ifPresent(step -> data.put("step", step));
        data.put("text", notice.text());
        return JsonMapper.shared().writeValueAsBytes(event);
    }

    /** Encodes a text as a segment of a path (RFC 3986). */
    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
