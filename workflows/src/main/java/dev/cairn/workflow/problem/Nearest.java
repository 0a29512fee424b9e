package dev.cairn.workflow.problem;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds the name that somebody meant. */
public final class Nearest {

    private static final int FEW = 12;

    private Nearest() {}

    /**
     * The end of a message about an unknown name.
     *
     * @return {@code ; did you mean "retry"?}, or, when nothing is near, {@code ; known are a, b, c} where they are few
     */
    public static String hint(String name, Collection<String> known) {
        Optional<String> nearest = of(name, known);
        if (nearest.isPresent()) {
            return "; did you mean \"" + nearest.get() + "\"?";
        }
        List<String> sorted = known.stream().sorted().toList();
        return sorted.isEmpty() || sorted.size() > FEW ? "" : "; known are " + String.join(", ", sorted);
    }

    /** The known name within a third of the length in edits, if there is one; ties go to the alphabet. */
    public static Optional<String> of(String name, Collection<String> known) {
        String wanted = plain(name);
        int limit = Math.max(1, wanted.length() / 3);
        return known.stream()
                .filter(candidate -> Math.abs(plain(candidate).length() - wanted.length()) <= limit)
                .filter(candidate -> edits(wanted, plain(candidate)) <= limit)
                .min(Comparator.<String>comparingInt(candidate -> edits(wanted, plain(candidate)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** {@code workingDirectory}, {@code working-directory} and {@code working_directory} are one name to a person. */
    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    /** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
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
