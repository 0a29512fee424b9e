package dev.cairn.examples;

/**
 * A process of this host.
 *
 * @param startTime clock ticks since boot; a pid alone may be used again
 * @param command its command line, arguments separated by spaces
 */
record HostProcess(long pid, long parent, long startTime, String command) {

    void kill() {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Override
    public String toString() {
        return pid + " (" + command + ")";
    }
}
