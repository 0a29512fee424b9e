package dev.cairn.run.control;

import java.util.List;
import java.util.OptionalLong;

/** What came of a command, step by step; a step that was not running has no line. */
public record CommandResult(List<Line> lines) {
    public static final CommandResult TOO_LATE =
            new CommandResult(List.of(Line.failed("", "the run ended before this request was handled")));

    public CommandResult {
        lines = List.copyOf(lines);
    }

    /**
     * @param image sequence of the image that was taken, where one was
     * @param failure empty when it was done
     */
    public record Line(String step, OptionalLong image, String failure) {
        public static Line done(String step, OptionalLong image) {
            return new Line(step, image, "");
        }

        public static Line failed(String step, String failure) {
            return new Line(step, OptionalLong.empty(), failure);
        }

        public boolean ok() {
            return failure.isEmpty();
        }
    }

    /** No step carried out the command. */
    public boolean isRefusal() {
        return !lines.isEmpty() && lines.stream().noneMatch(Line::ok);
    }

    public boolean ok() {
        return lines.stream().allMatch(Line::ok);
    }
}
