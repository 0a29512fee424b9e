package dev.cairn.host;

import dev.cairn.engine.PidScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Identifies a machine, its boot and a pid namespace: only processes with the same boot and namespace see the same pids.
 *
 * @param name host name, for people
 * @param bootId of its {@link PidScope}
 * @param pidNamespace of its {@link PidScope}, as {@code /proc/self/ns/pid} reads, e.g. {@code pid:[4026531836]}
 * @param kernel release, e.g. {@code 6.1.0-18-amd64}
 * @param architecture as Java names it, e.g. {@code amd64}
 */
public record HostIdentity(String name, String bootId, String pidNamespace, String kernel, String architecture) {

    /** This process's own. */
    public static HostIdentity current() throws IOException {
        PidScope scope = PidScope.current();
        return new HostIdentity(
                Files.readString(Path.of("/proc/sys/kernel/hostname")).strip(),
                scope.bootId(),
                "pid:[" + scope.namespace() + "]",
                System.getProperty("os.version"),
                System.getProperty("os.arch"));
    }

    /** Whether a pid denotes the same process for both identities. */
    public boolean sharesPidsWith(String otherBootId, String otherPidNamespace) {
        return bootId.equals(otherBootId) && pidNamespace.equals(otherPidNamespace);
    }
}
