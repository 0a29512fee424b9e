package dev.cairn.workflow;

import dev.cairn.workflow.internal.read.WorkflowReader;
import dev.cairn.workflow.plan.SpecCheck;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Step;
import dev.cairn.workflow.spec.Work;
import dev.cairn.workflow.spec.Workflow;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Reads a workflow and the workflow files that its steps use. Checks each file once. Confined to one thread. */
final class WorkflowLoader {
    /** A limit that lets the joined ids of nested steps fit into a file name. */
    private static final int DEEPEST = 3;

    private final Map<Path, String> texts;
    private final Map<Path, Optional<Workflow>> loaded = new HashMap<>();
    private final Deque<Path> using = new ArrayDeque<>();
    private final TreeSet<Problem> problems = new TreeSet<>();

    private WorkflowLoader(Map<Path, String> texts) {
        this.texts = texts;
    }

    /** @param file the path as the user gave it */
    static Result<Workflow> load(String text, Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        WorkflowLoader loader = new WorkflowLoader(WorkflowText.split(text, absolute));
        Optional<Workflow> workflow = loader.load(file, absolute);
        return loader.problems.isEmpty()
                ? new Result.Ok<>(workflow.orElseThrow())
                : new Result.Broken<>(loader.problems.stream().toList());
    }

    private Optional<Workflow> load(Path shown, Path file) {
        Problems own = new Problems(shown.toString());
        Optional<Workflow> workflow = WorkflowReader.read(texts.getOrDefault(file, ""), file, own);
        using.push(file);
        Optional<Workflow> whole = workflow.map(it -> it.withParts(parts(it, shown, own)));
        using.pop();
        whole.ifPresent(it -> SpecCheck.check(it, own));
        problems.addAll(own.sorted());
        return whole;
    }

    private Map<String, Workflow> parts(Workflow workflow, Path shown, Problems own) {
        Map<String, Workflow> parts = new HashMap<>();
        for (Step step : workflow.steps()) {
            step.part()
                    .ifPresent(part -> part(part, workflow, shown, own)
                            .ifPresent(used -> parts.put(part.file().text(), used)));
        }
        return parts;
    }

    private Optional<Workflow> part(Work.Part part, Workflow workflow, Path shown, Problems own) {
        Path file = part.resolve(workflow.file());
        if (using.contains(file)) {
            own.add(part.file().place(), part.file().text() + " would use itself");
        } else if (!texts.containsKey(file)) {
            own.add(part.file().place(), "there is no workflow file " + file);
        } else if (using.size() > DEEPEST) {
            own.add(part.file().place(), "more than " + DEEPEST + " workflow files deep");
        } else {
            if (!loaded.containsKey(file)) {
                loaded.put(file, load(part.resolve(shown), file));
            }
            return loaded.get(file);
        }
        return Optional.empty();
    }
}
