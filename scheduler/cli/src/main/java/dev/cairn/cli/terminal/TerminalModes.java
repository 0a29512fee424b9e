package dev.cairn.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The terminal modes that full-screen programs set and that would disturb a shell: the alternate screen, a hidden
 * cursor, special keys, mouse reports. They are read from the program's output, whose portions may end within an escape
 * sequence. Confined to one thread.
 */
final class TerminalModes {
    private static final char ESCAPE = '\33';
    private static final String CURSOR = "25";
    private static final String KEYPAD = "66";
    /** The alternate screen, which has three names. */
    private static final Set<String> SCREENS = Set.of("47", "1047", "1049");

    private static final Set<String> FOLLOWED = Set.of(
            "1", CURSOR, "47", "1000", "1001", "1002", "1003", "1004", "1005", "1006", "1015", "1047", "1049", "2004");

    private static final Pattern SEQUENCE = Pattern.compile(ESCAPE + "(?:([=>c])|\\[\\?([0-9;]{0,80})([hl]))");

    /** The modes that differ from those of a new terminal. */
    private final SortedSet<String> unusual = new TreeSet<>();
    /** A sequence whose end has not been seen yet; empty between sequences. */
    private final StringBuilder begun = new StringBuilder();

    /** The modes of a terminal after it has shown this part of a log. */
    static TerminalModes after(Path log, long length) throws IOException {
        TerminalModes modes = new TerminalModes();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(log)) {
            int n = 0;
            for (long left = length; left > 0 && n >= 0; left -= n) {
                n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                modes.scan(buffer, 0, n);
            }
        }
        return modes;
    }

    void scan(byte[] bytes, int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (bytes[i] == ESCAPE) {
                begun.setLength(0);
                begun.append(ESCAPE);
            } else if (!begun.isEmpty()) {
                scan((char) bytes[i]);
            }
        }
    }

    private void scan(char next) {
        if (begun.length() == 2 && next != '?') {
            begun.setLength(0); // skips colours, which are frequent in long logs
            return;
        }
        begun.append(next);
        Matcher sequence = SEQUENCE.matcher(begun);
        boolean whole = sequence.matches();
        if (whole) {
            obey(sequence);
        }
        if (whole || !sequence.hitEnd()) {
            begun.setLength(0);
        }
    }

    private void obey(Matcher sequence) {
        String numbers = sequence.group(2);
        if (numbers != null) {
            for (String number : numbers.split(";")) {
                put(number, sequence.group(3).equals("h"));
            }
        } else if (sequence.group(1).equals("c")) {
            unusual.clear(); // a reset
        } else {
            put(KEYPAD, sequence.group(1).equals("="));
        }
    }

    private void put(String mode, boolean on) {
        if (SCREENS.contains(mode)) {
            unusual.removeAll(SCREENS);
        }
        unusual.remove(mode);
        if (on != mode.equals(CURSOR) && (FOLLOWED.contains(mode) || mode.equals(KEYPAD))) {
            unusual.add(mode);
        }
    }

    /**
     * The text that changes a terminal from these modes to others, and as far into a sequence; empty if there is
     * nothing to change.
     */
    String to(TerminalModes others) {
        StringBuilder change = new StringBuilder();
        unusual.stream()
                .filter(mode -> !others.unusual.contains(mode))
                .forEach(mode -> change.append(sequence(mode, mode.equals(CURSOR))));
        others.unusual.stream()
                .filter(mode -> !unusual.contains(mode))
                .forEach(mode -> change.append(sequence(mode, !mode.equals(CURSOR))));
        return change.append(others.begun).toString();
    }

    private static String sequence(String mode, boolean on) {
        if (mode.equals(KEYPAD)) {
            return ESCAPE + (on ? "=" : ">");
        }
        return ESCAPE + "[?" + mode + (on ? "h" : "l");
    }
}
