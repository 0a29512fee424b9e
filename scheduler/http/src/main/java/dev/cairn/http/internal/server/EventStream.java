package dev.cairn.http.internal.server;

import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A stream of server-sent events. It ends after {@link #LONGEST}, before the server would cut it. The client then
 * reconnects and names the last event that it has seen. Confined to one thread.
 */
public final class EventStream {
    static final Duration LONGEST = Duration.ofSeconds(45);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final OutputStream out;
    private final long end = System.nanoTime() + LONGEST.toNanos();
    private long lastWrite = System.nanoTime();

    EventStream(OutputStream out) throws IOException {
        this.out = out;
        write("retry: 500\n\n");
    }

    /** @param id the id that the client names when it reconnects */
    public void send(String event, String id, JsonObject data) throws IOException {
        write("event: " + event + "\nid: " + id + "\ndata: " + Json.text(data) + "\n\n");
    }

    /** Waits until the next look; false if the stream must end. Notices here if the client has left. */
    public boolean pause() throws IOException, InterruptedException {
        if (System.nanoTime() - lastWrite > SILENCE.toNanos()) {
            write(": \n\n");
        }
        Thread.sleep(BETWEEN_LOOKS.toMillis());
        return System.nanoTime() < end;
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
        lastWrite = System.nanoTime();
    }
}
