package dev.cairn.run;

import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.workflow.plan.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Checks whether the run of a key belongs to the line that names it. Otherwise a resume would silently run something
 * else.
 */
final class KeyCheck {
    private KeyCheck() {}

    /** @param plan the plan of the present file */
    static List<String> reasonsAgainst(RunOrigin run, WorkflowRequest request, Plan plan) {
        String key = request.key().orElseThrow();
        if (!isOf(run, request.file(), plan)) {
            return List.of("key " + key + " belongs to a run of " + whose(run) + ", not of " + request.file()
                    + ": choose another key for this file; see that run with: cairn show " + key);
        }
        List<String> reasons = new ArrayList<>();
        plan.inputs().forEach((name, value) -> {
            if (request.inputs().containsKey(name)) {
                reasonAgainst(run, key, name, value.text()).ifPresent(reasons::add);
            }
        });
        return reasons;
    }

    private static Optional<String> reasonAgainst(RunOrigin run, String key, String input, String given) {
        String has = run.inputs().get(input);
        return given.equals(has)
                ? Optional.empty()
                : Optional.of("the run of key " + key + " was started with "
                        + (has == null ? "no input " + input : input + "=" + has) + ", not with " + input + "=" + given
                        + ": omit --input " + input + " to resume that run, or choose another key");
    }

    /** Whether it is the same file. It may have changed, moved, or have another path on this host. */
    private static boolean isOf(RunOrigin run, Path file, Plan plan) {
        return run.workflow()
                .filter(known -> known.equals(file)
                        || run.name().equals(plan.name()) && Objects.equals(known.getFileName(), file.getFileName()))
                .isPresent();
    }

    private static String whose(RunOrigin run) {
        return run.workflow().map(Path::toString).orElse("a command (cairn exec)");
    }
}
