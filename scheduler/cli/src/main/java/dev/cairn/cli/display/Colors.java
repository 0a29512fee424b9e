package dev.cairn.cli.display;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.manifest.RunState;
import dev.cairn.run.manifest.StepState;

/**
 * The colours of states: success, failure, in progress. Immutable.
 *
 * @param on whether to use colours
 */
public record Colors(boolean on) {
    private static final String RESET = "\033[0m";

    private enum Colour {
        RED(31),
        GREEN(32),
        YELLOW(33),
        CYAN(36),
        FAINT(2);

        private final String start;

        Colour(int code) {
            start = "\033[" + code + "m";
        }
    }

    /** Colors a text about a step in this state. */
    String state(StepState state, String text) {
        return painted(colour(state), text);
    }

    /** Colors a text about an event. */
    String event(RunEvent event, String text) {
        if (event instanceof RunEvent.StepChanged changed) {
            return state(changed.state(), text);
        }
        if (event instanceof RunEvent.RunChanged changed) {
            return painted(colour(changed.state()), text);
        }
        return event instanceof RunEvent.CheckpointFailed ? painted(Colour.RED, text) : text;
    }

    private String painted(Colour colour, String text) {
        return on ? colour.start + text + RESET : text;
    }

    private static Colour colour(StepState state) {
        return switch (state) {
            case SUCCEEDED -> Colour.GREEN;
            case FAILED -> Colour.RED;
            case RUNNING -> Colour.CYAN;
            case WAITING, PAUSED, INTERRUPTED, PREEMPTED, LOST -> Colour.YELLOW;
            case PENDING, READY, SKIPPED, CANCELLED -> Colour.FAINT;
        };
    }

    private static Colour colour(RunState state) {
        return switch (state) {
            case SUCCEEDED -> Colour.GREEN;
            case FAILED -> Colour.RED;
            case RUNNING -> Colour.CYAN;
            case PAUSED, INTERRUPTED, CANCELLED -> Colour.YELLOW;
        };
    }
}
