package dev.cairn.daemon;

import dev.cairn.files.Digests;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.Registrar;
import dev.cairn.schedule.store.StoreException;
import dev.cairn.workflow.WorkflowText;
import dev.cairn.workflow.Workflows;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Notices that workflow files have changed. A change takes effect when the file is valid and did not change between two checks; until
 * then the last valid version stays in effect. Confined to the daemon's thread.
 */
final class WorkflowWatch {
    private final Database database;
    private final Registrar registrar;
    private final Clock clock;
    private final Consumer<String> tell;
    private final Map<Path, Stamp> seen = new HashMap<>();
    private final Map<Path, Stamp> read = new HashMap<>();

    /** @param tell writes a line to the daemon's log */
    WorkflowWatch(Database database, Registrar registrar, Clock clock, Consumer<String> tell) {
        this.database = database;
        this.registrar = registrar;
        this.clock = clock;
        this.tell = tell;
    }

    /** Attributes of the workflow file, and of those that it uses, that show a change without reading the files. */
    private record Stamp(List<String> files) {
        static Stamp of(ScheduledWorkflow workflow) {
            return new Stamp(WorkflowText.files(workflow.content(), workflow.file()).stream()
                    .map(Stamp::of)
                    .toList());
        }

        private static String of(Path file) {
            try {
                BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
                return found.lastModifiedTime().toMillis() + " " + found.size() + " " + found.fileKey();
            } catch (IOException gone) {
                return "";
            }
        }
    }

    /**
     * The findings of a check.
     *
     * @param changed the changed schedules
     * @param unsettled whether a file has changed since the last check, so that another check must follow soon
     */
    record Look(boolean changed, boolean unsettled) {}

    Look look(List<ScheduledWorkflow> workflows) throws StoreException {
        boolean changed = false;
        boolean unsettled = false;
        for (ScheduledWorkflow workflow : workflows) {
            Stamp now = Stamp.of(workflow);
            Stamp before = seen.put(workflow.file(), now);
            boolean standsStill = before == null || before.equals(now);
            unsettled |= !standsStill;
            if (standsStill && !now.equals(read.get(workflow.file()))) {
                changed |= take(workflow);
                read.put(workflow.file(), now);
            }
        }
        return new Look(changed, unsettled);
    }

    private boolean take(ScheduledWorkflow workflow) throws StoreException {
        String content;
        Result<Workflow> result;
        try {
            content = WorkflowText.gather(workflow.file(), OrdinaryFile::sharedText);
            result = Workflows.read(content, workflow.file());
        } catch (NoSuchFileException gone) {
            return problem(workflow, workflow.file() + ": the file does not exist any more");
        } catch (IOException e) {
            return problem(workflow, workflow.file() + ": cannot be read: " + e.getMessage());
        }
        if (!(result instanceof Result.Ok<Workflow> ok)) {
            return problem(
                    workflow, result.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")));
        }
        if (ok.value().schedules().isEmpty()) {
            return problem(workflow, workflow.file() + ": has no 'schedule' any more");
        }
        if (Digests.of(content).equals(workflow.digest())) {
            return problem(workflow, "");
        }
        database.transact(tables -> registrar.add(tables, ok.value(), content, workflow.home(), clock.instant()));
        tell.accept(workflow.id() + ": loaded the changed file");
        return true;
    }

    private boolean problem(ScheduledWorkflow workflow, String problem) throws StoreException {
        if (problem.equals(workflow.problem())) {
            return false;
        }
        database.transact(tables -> {
            tables.put(workflow.withProblem(problem));
            tables.tellOfChange();
            return true;
        });
        tell.accept(
                problem.isEmpty()
                        ? workflow.id() + ": the file is as it was again"
                        : workflow.id() + ": the changed file was not loaded:\n" + problem);
        return true;
    }
}
