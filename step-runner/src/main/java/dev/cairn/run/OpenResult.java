package dev.cairn.run;

import dev.cairn.run.manifest.OwnerRecord;
import dev.cairn.run.manifest.RunFolder;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.workflow.problem.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** The result of a request for a run. */
public sealed interface OpenResult {
    /** The result as a sentence for a person. */
    default String words() {
        if (this instanceof Held held) {
            return "run " + held.run().runId() + " is held by " + held.owner().describe();
        }
        if (this instanceof Paused paused) {
            return "run " + paused.run().runId() + " is paused; resume it with: cairn unpause "
                    + paused.run().runId();
        }
        if (this instanceof Done done) {
            return "run " + done.run().id() + " has succeeded already";
        }
        if (this instanceof Invalid invalid) {
            return invalid.problems().stream().map(Problem::toString).collect(Collectors.joining("; "));
        }
        return this instanceof Refused refused ? String.join("; ", refused.reasons()) : "this process owns the run";
    }

    /** This process owns the run; run it, then close it. */
    record Ready(RunSession session) implements OpenResult {}

    /** A run of that key has succeeded; there is nothing to do. */
    record Done(RunManifest run) implements OpenResult {}

    /** A live process runs it. */
    record Held(RunFolder run, OwnerRecord owner) implements OpenResult {}

    /** It is paused, and resumes only on request. */
    record Paused(RunFolder run) implements OpenResult {}

    /** The workflow file or the inputs are wrong. */
    record Invalid(List<Problem> problems) implements OpenResult {}

    /** The run cannot run here, or not with these options; nothing was started. One sentence per reason. */
    record Refused(List<String> reasons) implements OpenResult {}
}
