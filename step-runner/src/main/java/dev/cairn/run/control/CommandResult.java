package dev.cairn.run.control;

import java.util.List;
import java.util.OptionalLong;

/** The result of a command for each step. A step that was not running has no entry. */
public record CommandResult(List<Line> lines) {
    public static final CommandResult TOO_LATE =
            new CommandResult(List.of(Line.failed("", "the run ended before this request was handled")));

    public CommandResult {
        lines = List.copyOf(lines);
    }

    /**
     * @param image sequence of the new image, if there is one
     * @param failure empty on success
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
