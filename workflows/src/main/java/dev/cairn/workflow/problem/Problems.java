package dev.cairn.workflow.problem;

import java.util.List;
import java.util.TreeSet;

/** Collects the problems of one file. Confined to the thread that reads it. */
public final class Problems {

    private final String file;
    private final TreeSet<Problem> found = new TreeSet<>();

    /** @param file the file's name as the user gave it */
    public Problems(String file) {
        this.file = file;
    }

    public void add(Place place, String message) {
        found.add(new Problem(file, place, message));
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    /** All problems in the order of the file, each once. */
    public List<Problem> sorted() {
        return List.copyOf(found);
    }

    /** A result with the value, if there is no problem. */
    public <T> Result<T> result(T value) {
        return found.isEmpty() ? new Result.Ok<>(value) : new Result.Broken<>(sorted());
    }

    /** A result with the problems and no value. */
    public <T> Result<T> broken() {
        return new Result.Broken<>(sorted());
    }
}
