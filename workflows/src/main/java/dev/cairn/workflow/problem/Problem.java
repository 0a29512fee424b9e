package dev.cairn.workflow.problem;

import java.util.Comparator;

/**
 * A problem of a workflow file, for a person.
 *
 * @param file the file's name as the user gave it
 * @param message the problem and its remedy
 */
public record Problem(String file, Place place, String message) implements Comparable<Problem> {

    private static final Comparator<Problem> ORDER = Comparator.comparing(Problem::file)
            .thenComparing(problem -> problem.place().position())
            .thenComparing(problem -> problem.place().path())
            .thenComparing(Problem::message);

    @Override
    public int compareTo(Problem other) {
        return ORDER.compare(this, other);
    }

    /** {@code flow.yaml:12:5: steps[2].retry.mx: unknown key; did you mean "max"?}. */
    @Override
    public String toString() {
        return file + ":" + place.position() + ": " + (place.path().isEmpty() ? "" : place.path() + ": ") + message;
    }
}
