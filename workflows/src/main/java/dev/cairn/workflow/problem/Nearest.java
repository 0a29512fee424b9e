package dev.cairn.workflow.problem;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds the known name that the user probably meant. */
public final class Nearest {

    private static final int FEW = 12;

    private Nearest() {}

    /**
     * The end of a message about an unknown name.
     *
     * @return {@code ; did you mean "retry"?}; if no name is similar, {@code ; known are a, b, c} for a short list
     */
    public static String hint(String name, Collection<String> known) {
        Optional<String> nearest = of(name, known);
        if (nearest.isPresent()) {
            return "; did you mean \"" + nearest.get() + "\"?";
        }
        List<String> sorted = known.stream().sorted().toList();
        return sorted.isEmpty() || sorted.size() > FEW ? "" : "; known are " + String.join(", ", sorted);
    }

    /** The known name that differs in at most a third of its length, if there is one. The alphabet decides ties. */
    public static Optional<String> of(String name, Collection<String> known) {
        String wanted = plain(name);
        int limit = Math.max(1, wanted.length() / 3);
        return known.stream()
                .filter(candidate -> Math.abs(plain(candidate).length() - wanted.length()) <= limit)
                .filter(candidate -> edits(wanted, plain(candidate)) <= limit)
                .min(Comparator.<String>comparingInt(candidate -> edits(wanted, plain(candidate)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /**
     * Removes differences that people overlook: {@code workingDirectory}, {@code working-directory} and {@code
     * working_directory} count as one name.
     */
    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    /**
     * The number of insertions, deletions, replacements and swaps of neighbours between two texts (optimal string
     * alignment).
     */
    private static int edits(String from, String to) {
        int[] beforeLast = new int[to.length() + 1];
        int[] last = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] row = new int[to.length() + 1];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                boolean same = from.charAt(i - 1) == to.charAt(j - 1);
                row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            beforeLast = last;
            last = row;
        }
        return last[to.length()];
    }
}
