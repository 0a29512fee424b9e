package dev.cairn.workflow;

import dev.cairn.workflow.internal.read.WorkflowReader;
import dev.cairn.workflow.plan.Plan;
import dev.cairn.workflow.plan.Planner;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.problem.Result;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/** The entry point of this module: reads a workflow file, then plans a run of it. */
public final class Workflows {

    private Workflows() {}

    /**
     * Reads and checks a workflow file, and the files that its steps use.
     *
     * @return the workflow, or everything that is wrong with the files
     * @throws IOException if a file cannot be read
     */
    public static Result<Workflow> read(Path file) throws IOException {
        try {
            return read(WorkflowText.gather(file, (part, by) -> text(part)), file);
        } catch (NoTextException e) {
            return e.problems.broken();
        }
    }

    /**
     * Checks a workflow whose text has been read.
     *
     * @param text the result of {@link WorkflowText#gather}
     * @param file the text's source: problems name it, and relative paths begin at its folder
     */
    public static Result<Workflow> read(String text, Path file) {
        return WorkflowLoader.load(text, file);
    }

    private static String text(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            Problems problems = new Problems(file.toString());
            problems.add(Place.FILE.at(firstBroken(bytes)), "not a text in UTF-8");
            throw new NoTextException(problems);
        }
    }

    /** Reports a file that is not in UTF-8. */
    private static final class NoTextException extends IOException {
        private static final long serialVersionUID = 1;
        private final transient Problems problems;

        NoTextException(Problems problems) {
            this.problems = problems;
        }
    }

    private static Position firstBroken(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var out = java.nio.CharBuffer.allocate(bytes.length);
        decoder.decode(in, out, true);
        String good = out.flip().toString();
        int line = (int) good.chars().filter(c -> c == '\n').count() + 1;
        String last = good.substring(good.lastIndexOf('\n') + 1);
        return new Position(line, last.codePointCount(0, last.length()) + 1);
    }

    /**
     * Plans a run.
     *
     * @param inputs the given values by name; the values of an earlier plan produce the same plan
     * @param clock for inputs that default to {@code today} or {@code now}, in its zone
     * @return the plan, or what is wrong with the inputs
     */
    public static Result<Plan> plan(Workflow workflow, Map<String, String> inputs, Clock clock) {
        return Planner.plan(workflow, inputs, clock);
    }

    /** The JSON Schema of workflow files (draft 2020-12), for editors and other tools. */
    public static Map<String, Object> schema() {
        return WorkflowReader.schema();
    }
}
