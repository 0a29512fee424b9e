package dev.cairn.run.manifest;

import dev.cairn.engine.ProcessIdentity;
import dev.cairn.files.WriteFailure;
import dev.cairn.host.HostIdentity;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The owner of a run.
 *
 * @param epoch a number from 1 that every take-over raises
 * @param heartbeat a number that grows while the owner lives
 * @param stopping whether the owner is stopping the run and will release it soon
 * @param released whether the owner has released the run, so that another process may take over at once
 * @param cannotWrite present if the owner cannot write the run's manifest for now, and retries
 */
public record OwnerRecord(
        String host,
        String bootId,
        String pidNamespace,
        ProcessIdentity process,
        long epoch,
        long heartbeat,
        boolean stopping,
        boolean released,
        Optional<WriteFailure> cannotWrite) {

    public static OwnerRecord of(HostIdentity host, ProcessIdentity process, long epoch) {
        return new OwnerRecord(
                host.name(), host.bootId(), host.pidNamespace(), process, epoch, 0, false, false, Optional.empty());
    }

    public OwnerRecord beat(Optional<WriteFailure> failure) {
        return new OwnerRecord(host, bootId, pidNamespace, process, epoch, heartbeat + 1, stopping, released, failure);
    }

    public OwnerRecord stopping(boolean now) {
        return new OwnerRecord(host, bootId, pidNamespace, process, epoch, heartbeat + 1, now, released, cannotWrite);
    }

    public OwnerRecord letGo() {
        return new OwnerRecord(host, bootId, pidNamespace, process, epoch, heartbeat + 1, stopping, true, cannotWrite);
    }

    public static OwnerRecord from(JsonNode node) {
        return new OwnerRecord(
                node.path("host").asString(""),
                node.path("boot_id").asString(""),
                node.path("pid_ns").asString(""),
                new ProcessIdentity(
                        node.path("pid").asLong(0), node.path("start_time").asLong(0)),
                node.path("epoch").asLong(0),
                node.path("heartbeat").asLong(0),
                node.path("stopping").asBoolean(false),
                node.path("released").asBoolean(false),
                failureFrom(node.path("cannot_write")));
    }

    private static Optional<WriteFailure> failureFrom(JsonNode node) {
        try {
            return Optional.of(new WriteFailure(
                    node.path("reason").asString(""),
                    Instant.parse(node.path("since").asString(""))));
        } catch (DateTimeParseException noneOrTorn) {
            return Optional.empty();
        }
    }

    public ObjectNode into(ObjectNode node) {
        cannotWrite.ifPresent(failure -> node.putObject("cannot_write")
                .put("reason", failure.reason())
                .put("since", failure.since().truncatedTo(ChronoUnit.MILLIS).toString()));
        return node.put("host", host)
                .put("boot_id", bootId)
                .put("pid_ns", pidNamespace)
                .put("pid", process.pid())
                .put("start_time", process.startTime())
                .put("epoch", epoch)
                .put("heartbeat", heartbeat)
                .put("stopping", stopping)
                .put("released", released);
    }

    /** For a person: {@code pid 4711 on node17}. */
    public String describe() {
        return "pid " + process.pid() + " on " + host;
    }
}
