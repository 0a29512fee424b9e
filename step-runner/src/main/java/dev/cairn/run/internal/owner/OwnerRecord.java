package dev.cairn.run.internal.owner;

import dev.cairn.engine.ProcessIdentity;
import dev.cairn.host.HostIdentity;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who runs a run.
 *
 * @param epoch raised by every take-over, from 1
 * @param heartbeat counts up while the owner lives
 * @param released the owner has let go; anyone may take over at once
 */
public record OwnerRecord(
        String host,
        String bootId,
        String pidNamespace,
        ProcessIdentity process,
        long epoch,
        long heartbeat,
        boolean released) {

    static OwnerRecord of(HostIdentity host, ProcessIdentity process, long epoch) {
        return new OwnerRecord(host.name(), host.bootId(), host.pidNamespace(), process, epoch, 0, false);
    }

    OwnerRecord beat() {
        return new OwnerRecord(host, bootId, pidNamespace, process, epoch, heartbeat + 1, released);
    }

    OwnerRecord letGo() {
        return new OwnerRecord(host, bootId, pidNamespace, process, epoch, heartbeat + 1, true);
    }

    static OwnerRecord from(JsonNode node) {
        return new OwnerRecord(
                node.path("host").asString(""),
                node.path("boot_id").asString(""),
                node.path("pid_ns").asString(""),
                new ProcessIdentity(
                        node.path("pid").asLong(0), node.path("start_time").asLong(0)),
                node.path("epoch").asLong(0),
                node.path("heartbeat").asLong(0),
                node.path("released").asBoolean(false));
    }

    ObjectNode into(ObjectNode node) {
        return node.put("host", host)
                .put("boot_id", bootId)
                .put("pid_ns", pidNamespace)
                .put("pid", process.pid())
                .put("start_time", process.startTime())
                .put("epoch", epoch)
                .put("heartbeat", heartbeat)
                .put("released", released);
    }

    /** For a person: {@code pid 4711 on node17}. */
    public String describe() {
        return "pid " + process.pid() + " on " + host;
    }
}
