package dev.cairn.run.internal.job;

import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import dev.cairn.run.internal.resume.ResumeChoice;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.WriteGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/**
 * The newest submission of a step, {@code submission.json} in the folder of its job: durable before {@code sbatch}
 * starts, so that after a crash a runner looks for the job before it submits another.
 *
 * @param array the array to which the job belongs as a task; empty for a single job
 * @param number the number of the job in the step's chain of jobs, from 1
 * @param comment the job's comment, different for each submission
 * @param job the job's id; empty until {@code sbatch} has reported it
 * @param over how it ended, as text; empty while it may run
 * @param image the step's newest image at the submission, -1 for none
 * @param idle number of consecutive earlier jobs that ended without a newer image
 */
public record Submission(
        long number,
        Optional<String> array,
        String name,
        String comment,
        Optional<String> job,
        Optional<String> over,
        long image,
        int idle,
        ResumeChoice wish) {
    private static final DocumentType TYPE = new DocumentType("cairn.submission", 1);
    private static final DocumentType START = new DocumentType("cairn.job-start", 1);

    /** @param part the folder of the step's job */
    public static Optional<Submission> read(RunFolder part) throws IOException {
        return TYPE.readIfPresent(file(part), Submission::from);
    }

    /** Whether a job of a step may be in the queue or running. */
    public static boolean isOpen(RunFolder part) {
        try {
            return read(part).filter(last -> last.over().isEmpty()).isPresent();
        } catch (IOException unreadable) {
            return true; // the runner that executes the step reports the problem
        }
    }

    Submission write(RunFolder part, WriteGuard guard) throws IOException {
        guard.publish(file(part), () -> TYPE.write(file(part), into(TYPE.create())));
        return this;
    }

    Submission as(String id) {
        return new Submission(number, array, name, comment, Optional.of(id), over, image, idle, wish);
    }

    /** The same as a single job, because Slurm refuses arrays. */
    Submission alone(String ownName, String ownComment) {
        return new Submission(number, Optional.empty(), ownName, ownComment, job, over, image, idle, wish);
    }

    /** Whether it waits for the id of the same array. */
    public boolean isOpenIn(String tag) {
        return over.isEmpty() && array.filter(tag::equals).isPresent();
    }

    Submission withIdle(int jobs) {
        return new Submission(number, array, name, comment, job, over, image, jobs, wish);
    }

    Submission ended(String how) {
        return new Submission(number, array, name, comment, job, Optional.of(how), image, idle, wish);
    }

    /**
     * Claims the step for a job. A job calls it before it touches the step, because two jobs may exist for one
     * submission.
     *
     * @return the job that has the step: this one, unless another was faster
     */
    public String start(RunFolder part, String id) throws IOException {
        DurableFiles.createExclusive(
                startFile(part), DocumentType.bytes(START.create().put("job", id)));
        return started(part).orElse(id);
    }

    /** The job that has started, if one has. */
    public Optional<String> started(RunFolder part) throws IOException {
        return START.readIfPresent(startFile(part))
                .map(start -> start.path("job").asString(""));
    }

    private Path startFile(RunFolder part) {
        return part.path().resolve("started." + number);
    }

    private static Path file(RunFolder part) {
        return part.path().resolve("submission.json");
    }

    private static Submission from(ObjectNode node) {
        return new Submission(
                node.path("number").asLong(0),
                Optional.of(node.path("array").asString("")).filter(tag -> !tag.isEmpty()),
                node.path("name").asString(""),
                node.path("comment").asString(""),
                Optional.of(node.path("job").asString("")).filter(id -> !id.isEmpty()),
                Optional.of(node.path("over").asString("")).filter(how -> !how.isEmpty()),
                node.path("image").asLong(-1),
                node.path("idle").asInt(0),
                new ResumeChoice(
                        node.path("accept_changed").asBoolean(false),
                        node.path("at").isIntegralNumber()
                                ? OptionalLong.of(node.path("at").asLong())
                                : OptionalLong.empty(),
                        node.path("restart").asBoolean(false),
                        folders(node)));
    }

    private static Map<Path, Path> folders(ObjectNode node) {
        Map<Path, Path> moved = new HashMap<>();
        node.path("moved")
                .properties()
                .forEach(pair -> moved.put(
                        Path.of(pair.getKey()), Path.of(pair.getValue().asString(""))));
        return moved;
    }

    private ObjectNode into(ObjectNode node) {
        node.put("number", number).put("name", name).put("comment", comment);
        array.ifPresent(tag -> node.put("array", tag));
        job.ifPresent(id -> node.put("job", id));
        over.ifPresent(how -> node.put("over", how));
        wish.at().ifPresent(at -> node.put("at", at));
        ObjectNode moved = node.putObject("moved");
        wish.moved().forEach((from, to) -> moved.put(from.toString(), to.toString()));
        return node.put("image", image)
                .put("idle", idle)
                .put("accept_changed", wish.acceptChanged())
                .put("restart", wish.restart());
    }
}
