package dev.cairn.approval;

import dev.cairn.run.failure.RequestException;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.AttemptRecord;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.StepManifest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Decides on the steps of a run that wait for approval, for {@code cairn approve} and the HTTP API. */
public final class Approvals {
    private Approvals() {}

    /**
     * Decides on a step; the decision is durable when this returns.
     *
     * @param step its id or label; empty if only one step waits
     * @return the id of the step
     * @throws RequestException if the run has ended, or no such step waits
     */
    public static String decide(RunManifest run, Optional<String> step, Approval.Decision decision) throws IOException {
        if (run.state().isFinal()) {
            throw unavailable(
                    "run " + run.id() + " has ended already: " + run.state().wire());
        }
        Map<String, Approval> waiting = waiting(run);
        String id = step.isPresent() ? RunStore.stepId(run, step.get()) : theOnly(run, waiting);
        Approval approval = waiting.get(id);
        if (approval == null) {
            throw unavailable("step " + run.label(id) + " does not wait for approval");
        }
        approval.decide(decision);
        return id;
    }

    /** The steps that wait for a decision, by id. */
    private static Map<String, Approval> waiting(RunManifest run) throws IOException {
        Map<String, Approval> waiting = new LinkedHashMap<>();
        for (StepManifest manifest : RunStore.steps(run)) {
            List<AttemptRecord> attempts = manifest.attempts();
            if (!manifest.state().isFinal() && !attempts.isEmpty()) {
                int newest = attempts.get(attempts.size() - 1).number();
                Approval.read(manifest.folder().attempt(newest))
                        .filter(approval -> approval.decision().isEmpty())
                        .ifPresent(approval -> waiting.put(manifest.stepId(), approval));
            }
        }
        return waiting;
    }

    private static String theOnly(RunManifest run, Map<String, Approval> waiting) throws RequestException {
        if (waiting.isEmpty()) {
            throw unavailable("no step of run " + run.id() + " waits for approval");
        }
        if (waiting.size() > 1) {
            throw new RequestException(
                    RequestException.Kind.INVALID,
                    "these steps wait; name one: "
                            + waiting.keySet().stream().map(run::label).collect(Collectors.joining(", ")));
        }
        return waiting.keySet().iterator().next();
    }

    private static RequestException unavailable(String message) {
        return new RequestException(RequestException.Kind.UNAVAILABLE, message);
    }
}
