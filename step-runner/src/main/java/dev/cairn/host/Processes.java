package dev.cairn.host;

import dev.cairn.engine.ProcessIdentity;
import dev.cairn.files.Presence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Processes of this pid namespace, identified by pid and start time. Stateless; any thread. */
public final class Processes {
    private static final int START_TIME_AFTER_NAME = 19;
    private static final int STATE_AFTER_NAME = 0;
    private static final Path PROC = Path.of("/proc");

    private Processes() {}

    /** This JVM. */
    public static ProcessIdentity current() throws IOException {
        long pid = ProcessHandle.current().pid();
        return new ProcessIdentity(
                pid,
                startTime(pid)
                        .orElseThrow(
                                () -> new IOException("/proc/" + pid + "/stat cannot be read; is /proc mounted?")));
    }

    /**
     * Whether exactly this process still runs; a zombie does not.
     *
     * @throws IOException if that cannot be determined, an error does not mean that the process has ended
     */
    public static boolean isAlive(ProcessIdentity process) throws IOException {
        OptionalLong start = startTime(process.pid());
        return start.isPresent() && start.getAsLong() == process.startTime();
    }

    /** Whether a process of this name is among the ancestors of another, as far as {@code /proc} shows them. */
    public static boolean descendsFrom(ProcessHandle process, String name) {
        return Stream.iterate(process.parent(), Optional::isPresent, above -> above.flatMap(ProcessHandle::parent))
                .anyMatch(above -> name.equals(nameOf(above.orElseThrow())));
    }

    private static String nameOf(ProcessHandle process) {
        try {
            return Files.readString(PROC.resolve(process.pid() + "/comm")).strip();
        } catch (IOException ended) {
            return "";
        }
    }

    /** With the mount option {@code hidepid}, {@code /proc} has no folder for another user's process. */
    private static boolean isHidden(long pid) throws IOException {
        return hidesProcesses(Files.readString(PROC.resolve("self/mounts"))) && answers(pid);
    }

    /** @param mounts as in {@code /proc/self/mounts} */
    static boolean hidesProcesses(String mounts) {
        return mounts.lines()
                .map(line -> line.split(" "))
                .filter(fields -> fields.length > 3 && fields[1].equals(PROC.toString()) && fields[2].equals("proc"))
                .anyMatch(fields -> Arrays.stream(fields[3].split(","))
                        .anyMatch(option -> option.matches("hidepid=(?!0$|off$).*")));
    }

    /** Whether the kernel knows the process, according to {@code kill(2)}, which Java does not offer. */
    static boolean answers(long pid) throws IOException {
        ProcessBuilder kill = new ProcessBuilder("/bin/sh", "-c", "kill -0 " + pid).redirectErrorStream(true);
        kill.environment().put("LC_ALL", "C");
        Process asked = kill.start();
        asked.getOutputStream().close();
        String said = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return !said.contains("No such process");
    }

    /** The start time in clock ticks since boot; empty if no such process runs. */
    private static OptionalLong startTime(long pid) throws IOException {
        Path folder = PROC.resolve(Long.toString(pid));
        String stat;
        try {
            stat = new String(Files.readAllBytes(folder.resolve("stat")), StandardCharsets.ISO_8859_1);
        } catch (IOException unread) {
            if (Presence.isThere(folder) || !Presence.isThere(PROC.resolve("self")) || isHidden(pid)) {
                throw unread;
            }
            return OptionalLong.empty();
        }
        // the name is in parentheses and may hold any character, so count from the last parenthesis
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return "Z".equals(fields[STATE_AFTER_NAME]) || "X".equals(fields[STATE_AFTER_NAME])
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseLong(fields[START_TIME_AFTER_NAME]));
    }
}
