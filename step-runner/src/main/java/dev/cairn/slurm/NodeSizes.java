package dev.cairn.slurm;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The sizes of nodes in the output of {@code sinfo --format=%P|%c}: {@code 64}, or {@code 32+} if some nodes have more.
 */
final class NodeSizes {
    private static final Pattern LINE = Pattern.compile("^([^|\\s]+)\\|(\\d{1,6})(\\+?)\\s*$", Pattern.MULTILINE);

    private NodeSizes() {}

    /** @param all whether to count every partition, not only the default one, whose name ends in a star */
    static OptionalInt mostCpus(String text, boolean all) {
        int most = 0;
        Matcher line = LINE.matcher(text);
        while (line.find()) {
            if (!all && !line.group(1).endsWith("*")) {
                continue;
            }
            if (!line.group(3).isEmpty()) {
                return OptionalInt.empty();
            }
            most = Math.max(most, Integer.parseInt(line.group(2)));
        }
        return most == 0 ? OptionalInt.empty() : OptionalInt.of(most);
    }
}
