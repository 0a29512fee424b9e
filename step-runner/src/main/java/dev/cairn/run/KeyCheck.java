package dev.cairn.run;

import dev.cairn.run.manifest.RunOrigin;
import dev.cairn.workflow.plan.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Whether the run that has a key is a run of the line that names it: going on with it would quietly do something else. */
final class KeyCheck {
    private KeyCheck() {}

    /** @param plan of the file as it is now */
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

    /** The file may have been changed; it may also have moved, or be seen by another path from this host. */
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
