package dev.cairn.airflow.step;

import dev.cairn.files.Digests;

/**
 * The id of a step's DAG run: it depends only on the run and the step, so that a request after a crash names the same
 * DAG run. Airflow accepts at most 250 characters of {@code [A-Za-z0-9_.~:+-]} by default, and reserves {@code
 * manual__}, {@code scheduled__} and other prefixes.
 */
final class RunName {
    private static final int LONGEST = 250;
    private static final int KEPT = 180;

    private RunName() {}

    /** @param generation 1 for the first DAG run; further ones follow a failure if the user requests that */
    static String of(String run, String step, int generation) {
        String name = ("cairn__" + run + "__" + step).replaceAll("[^A-Za-z0-9_.~:+-]", "_");
        String suffix = generation == 1 ? "" : "__" + generation;
        if (name.length() + suffix.length() > LONGEST) {
            String digest = Digests.of(name).replaceAll("^.*:", "").substring(0, 16);
            name = name.substring(0, KEPT) + "__" + digest;
        }
        return name + suffix;
    }
}
