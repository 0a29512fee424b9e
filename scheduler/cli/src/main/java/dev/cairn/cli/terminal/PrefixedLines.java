package dev.cairn.cli.terminal;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Prefixes each line with a name, to distinguish the logs of several steps. Confined to one thread. */
public final class PrefixedLines extends FilterOutputStream {
    private final byte[] prefix;
    private boolean atLineStart = true;

    public PrefixedLines(OutputStream out, String name) {
        super(out);
        this.prefix = (name + " | ").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int end = offset + length;
        for (int start = offset; start < end; ) {
            int lineEnd = start;
            while (lineEnd < end && bytes[lineEnd] != '\n') {
                lineEnd++;
            }
            int next = Math.min(end, lineEnd + 1);
            if (atLineStart) {
                out.write(prefix);
            }
            out.write(bytes, start, next - start);
            atLineStart = bytes[next - 1] == '\n';
            start = next;
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }
}
