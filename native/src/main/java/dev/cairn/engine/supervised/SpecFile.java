package dev.cairn.engine.supervised;

import dev.cairn.engine.AppCheckpoints;
import dev.cairn.engine.CheckpointPolicy;
import dev.cairn.engine.LeaseTimes;
import dev.cairn.engine.StepIo;
import dev.cairn.engine.StepLaunch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes {@code spec.json}, the order to the supervisor, and encodes the environment that goes with it. */
final class SpecFile {
    static final String NAME = "spec.json";
    private static final int VERSION = 1;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private SpecFile() {}

    static byte[] of(String engine, StepLaunch launch) {
        ObjectNode spec = JSON.objectNode();
        spec.put("version", VERSION);
        spec.put("engine", engine);
        spec.set("argv", texts(launch.command()));
        spec.put("cwd", absolute(launch.workingDirectory()));
        spec.put("umask", launch.umask());
        spec.put("cpu", launch.baselineCpu() ? "baseline" : "native");
        putStreams(spec, launch.io());
        spec.put("checkpoints", absolute(launch.checkpointsDir()));
        spec.set("checkpoint", policy(launch.policy()));
        spec.put("timeout_ms", launch.timeout().map(SpecFile::positiveMillis).orElse(0L));
        spec.put("spent_ms", launch.spent().toMillis());
        spec.put("grace_ms", launch.grace().toMillis());
        ObjectNode rollback = spec.putObject("rollback");
        rollback.put("open", launch.rollback().openFiles());
        rollback.set(
                "trees",
                texts(launch.rollback().trees().stream().map(SpecFile::absolute).toList()));
        launch.restoreFrom()
                .ifPresent(image -> spec.putObject("restore")
                        .put("image", absolute(image))
                        .put("accept_changed", launch.acceptChanged())
                        .set("map", pairs(launch.moved())));
        spec.put("detach", launch.outlivesRunner());
        if (!launch.renewals().isEmpty()) {
            ObjectNode renew = spec.putObject("renew");
            launch.renewals()
                    .forEach((name, renewal) ->
                            renew.putObject(name).put("now", renewal.now()).set("was", texts(renewal.was())));
        }
        launch.app().ifPresent(app -> spec.set("app", app(app)));
        launch.lease().ifPresent(lease -> spec.set("lease", lease(lease)));
        return new JsonMapper().writeValueAsBytes(spec);
    }

    /** {@code K=V} entries, each ended by NUL. */
    static byte[] environmentBlock(Map<String, String> environment) {
        StringBuilder block = new StringBuilder();
        environment.forEach(
                (name, value) -> block.append(name).append('=').append(value).append('\0'));
        return block.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static ArrayNode pairs(Map<Path, Path> moved) {
        ArrayNode pairs = JSON.arrayNode();
        moved.forEach((from, to) -> pairs.addArray().add(absolute(from)).add(absolute(to)));
        return pairs;
    }

    private static void putStreams(ObjectNode spec, StepIo io) {
        if (io instanceof StepIo.Terminal terminal) {
            spec.put("stdout", absolute(terminal.log()));
            spec.putObject("pty").put("rows", terminal.rows()).put("cols", terminal.columns());
        } else if (io instanceof StepIo.Files files) {
            spec.put("stdin", absolute(files.stdin()));
            spec.put("stdout", absolute(files.stdout()));
            spec.put("stderr", absolute(files.stderr()));
        }
    }

    private static ObjectNode policy(CheckpointPolicy policy) {
        ObjectNode node = JSON.objectNode();
        node.put("every_ms", everyMillis(policy.every()));
        node.put("mtbf_ms", positiveMillis(policy.meanTimeBetweenFailures()));
        node.put("keep", policy.keep());
        node.put("compression", policy.compression());
        node.put("min_free", policy.minFreeBytes());
        node.put(
                "before_timeout_ms",
                policy.beforeTimeout().map(Duration::toMillis).orElse(0L));
        node.put("keep_binaries", policy.keepBinaries());
        if (policy.journalBytes() > 0) {
            node.put("journal", policy.journalBytes());
        }
        if (policy.ioUring()) {
            node.put("io_uring", true);
        }
        return node;
    }

    private static long everyMillis(CheckpointPolicy.Interval interval) {
        if (interval instanceof CheckpointPolicy.Interval.Every every) {
            return positiveMillis(every.duration());
        }
        return interval instanceof CheckpointPolicy.Interval.Auto ? 0 : -1;
    }

    /** Rounds up to 1, because 0 has a meaning of its own. */
    private static long positiveMillis(Duration duration) {
        return Math.max(1, duration.toMillis());
    }

    private static ObjectNode lease(LeaseTimes lease) {
        return JSON.objectNode()
                .put("renew_ms", lease.renew().toMillis())
                .put("freeze_ms", lease.freeze().toMillis())
                .put("take_ms", lease.take().toMillis());
    }

    private static ObjectNode app(AppCheckpoints app) {
        ObjectNode node = JSON.objectNode();
        app.signal().ifPresent(signal -> node.put("signal", signal));
        node.set("files", texts(app.files()));
        app.resumeCommand().ifPresent(command -> node.set("resume_argv", texts(command)));
        node.put("settle_ms", app.settle().toMillis());
        return node;
    }

    private static ArrayNode texts(Collection<String> texts) {
        ArrayNode array = JSON.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }
}
