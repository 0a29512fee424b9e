package dev.cairn.run.internal.execution;

/**
 * Lets steps start as long as their cpus and memory together fit the host. A step that asks for more than the host has
 * runs alone. Confined to the executor's thread.
 */
final class Admission {
    private final Capacity capacity;
    private double cpus;
    private long memory;
    private int running;

    Admission(Capacity capacity) {
        this.capacity = capacity;
    }

    boolean admits(Capacity wanted) {
        return running == 0
                || (cpus + wanted.cpus() <= capacity.cpus() && memory + wanted.memoryBytes() <= capacity.memoryBytes());
    }

    /** Whether nothing more is admitted, however small. */
    boolean isFull() {
        return running > 0 && cpus >= capacity.cpus();
    }

    void enter(Capacity taken) {
        running++;
        cpus += taken.cpus();
        memory += taken.memoryBytes();
    }

    void leave(Capacity taken) {
        running--;
        cpus -= taken.cpus();
        memory -= taken.memoryBytes();
    }
}
