package dev.cairn.workflow.resolve;

import dev.cairn.workflow.expression.Context;
import dev.cairn.workflow.expression.Evaluator;
import dev.cairn.workflow.expression.Expression;
import dev.cairn.workflow.expression.ExpressionException;
import dev.cairn.workflow.plan.PlanStep;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds the files that a step reads, as far as its definition shows: files that its expressions name, folders among the
 * outputs of other steps, and added paths. Confined to one thread.
 */
final class InputFiles {
    private static final int LONGEST_PATH = 4096;
    private static final int LONGEST_NAME = 255;

    /** Contexts whose values are not files that the step reads. */
    private static final Set<String> NO_INPUTS = Set.of("run", "workflow", "step", "secrets");

    private final SortedSet<Path> found = new TreeSet<>();
    private final Context context;
    private final Path directory;
    private final Collection<Path> made;

    /**
     * @param directory the folder for relative paths
     * @param made the files that the step itself writes
     */
    InputFiles(PlanStep step, Context context, Path directory, Collection<Path> made) {
        this.context = context;
        this.directory = directory;
        this.made = made;
        step.visit(this::addNamedBy);
    }

    List<Path> found() {
        return List.copyOf(found);
    }

    /**
     * Adds a path, or the files that match a pattern.
     *
     * @throws IOException if a folder of a pattern cannot be listed
     */
    void add(String text) throws IOException {
        if (!Globs.isPattern(text)) {
            addUnlessMade(directory.resolve(text).normalize());
            return;
        }
        for (String match : Globs.of(directory, text)) {
            addUnlessMade(directory.resolve(match).normalize());
        }
    }

    private void addNamedBy(Expression expression) {
        if (!(expression instanceof Expression.Reference reference) || NO_INPUTS.contains(reference.context())) {
            return;
        }
        try {
            addNamedBy(
                    new Evaluator(context).evaluate(expression),
                    reference.context().equals("steps"));
        } catch (ExpressionException e) {
            // an expression without a value names no file; if the command needs it, the command
            // reports it
        }
    }

    private void addNamedBy(Value value, boolean evenFolder) {
        if (value instanceof Value.Items items) {
            items.items().forEach(item -> addNamedBy(item, evenFolder));
        } else if (value instanceof Value.Fields fields) {
            fields.fields().values().forEach(field -> addNamedBy(field, evenFolder));
        } else if (value instanceof Value.Text text && isPath(text.content())) {
            addIfThere(text.content(), evenFolder);
        }
    }

    private static boolean isPath(String text) {
        return !text.isEmpty()
                && text.length() < LONGEST_PATH
                && text.indexOf('\n') < 0
                && Stream.of(text.split("/")).allMatch(name -> name.length() <= LONGEST_NAME);
    }

    private void addIfThere(String text, boolean evenFolder) {
        try {
            Path path = directory.resolve(text).normalize();
            if (counts(path, evenFolder)) {
                addUnlessMade(path);
            }
        } catch (InvalidPathException e) {
            // no file can have this name
        }
    }

    /** Whether the path counts as an existing file. One that cannot be examined does: reading it will show why. */
    private static boolean counts(Path path, boolean evenFolder) {
        try {
            BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class);
            return found.isRegularFile() || evenFolder && found.isDirectory();
        } catch (NoSuchFileException absent) {
            return false;
        } catch (IOException unseen) {
            return true;
        }
    }

    private void addUnlessMade(Path path) {
        if (made.stream().noneMatch(path::startsWith)) {
            found.add(path);
        }
    }
}
