package dev.cairn.run.mask;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Writes {@code ***} in place of masked texts. Holds back the end of an unfinished line that could be the beginning of
 * a masked text, until more arrives or {@link #finish} is called. So a text that arrives in two parts is masked, too.
 * Confined to one thread.
 */
public final class MaskedOutput {
    private static final byte[] MASK = {'*', '*', '*'};

    private final OutputStream out;
    private byte[] held = new byte[0];
    /** The bytes at the start of {@link #held} that belong to a text whose mask was written already. */
    private int covered;
    /** Whether the last output was a mask. */
    private boolean inside;

    public MaskedOutput(OutputStream out) {
        this.out = out;
    }

    public void write(Masks masks, byte[] bytes, int length) throws IOException {
        if (masks.isEmpty() && held.length == 0) {
            out.write(bytes, 0, length);
            return;
        }
        byte[] text = Arrays.copyOf(held, held.length + length);
        System.arraycopy(bytes, 0, text, held.length, length);
        int keptFrom = text.length;
        int earliest = Math.max(0, text.length - Math.max(0, masks.longest() - 1));
        while (keptFrom > earliest && text[keptFrom - 1] != '\n') {
            keptFrom--;
        }
        show(masks, text, keptFrom);
    }

    /** Shows the bytes held back, because their line is complete. */
    public void finish(Masks masks) throws IOException {
        show(masks, held, held.length);
    }

    /** Drops the bytes held back, because the log continues elsewhere. */
    public void reset() {
        held = new byte[0];
        covered = 0;
        inside = false;
    }

    private void show(Masks masks, byte[] text, int end) throws IOException {
        boolean[] hidden = masks.find(text, text.length);
        Arrays.fill(hidden, 0, Math.min(covered, hidden.length), true);
        int at = 0;
        while (at < end) {
            int next = at;
            while (next < end && hidden[next] == hidden[at]) {
                next++;
            }
            if (!hidden[at]) {
                out.write(text, at, next - at);
            } else if (!inside) {
                out.write(MASK);
            }
            inside = hidden[at];
            at = next;
        }
        int stillHidden = end;
        while (inside && stillHidden < text.length && hidden[stillHidden]) {
            stillHidden++;
        }
        covered = inside ? stillHidden - end : 0;
        held = Arrays.copyOfRange(text, end, text.length);
    }
}
