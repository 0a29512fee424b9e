package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code strace -f -y} saw of some processes. Immutable. */
record Trace(List<Call> calls) {
    private static final Pattern WHOLE = Pattern.compile("(\\d+) +(\\w+)\\((.*)\\) += 0.*");
    private static final Pattern BEGUN = Pattern.compile("(\\d+) +(\\w+)\\((.*) <unfinished \\.\\.\\.>");
    private static final Pattern ENDED = Pattern.compile("(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)\\) += 0.*");
    private static final Pattern DESCRIPTOR = Pattern.compile("(?:\\d+|AT_FDCWD)<([^>]*)>");
    private static final Pattern TEXT = Pattern.compile("\"([^\"]*)\"");

    /**
     * A system call that succeeded.
     *
     * @param begun line of the trace on which it began, likewise {@code ended}
     * @param path what it was done to, in the end: of a rename the new name
     */
    record Call(int begun, int ended, String name, String path) {
        boolean isSync() {
            return name.equals("fsync") || name.equals("fdatasync");
        }

        boolean isRename() {
            return name.startsWith("rename");
        }

        boolean isBefore(Call other) {
            return ended < other.begun;
        }
    }

    static Trace read(Path file) throws IOException {
        List<Call> calls = new ArrayList<>();
        Map<String, Call> unfinished = new HashMap<>();
        List<String> lines = Files.readAllLines(file);
        for (int at = 0; at < lines.size(); at++) {
            Matcher whole = WHOLE.matcher(lines.get(at));
            Matcher begun = BEGUN.matcher(lines.get(at));
            Matcher ended = ENDED.matcher(lines.get(at));
            if (whole.matches()) {
                calls.add(new Call(at, at, whole.group(2), path(whole.group(3))));
            } else if (begun.matches()) {
                unfinished.put(begun.group(1), new Call(at, at, begun.group(2), path(begun.group(3))));
            } else if (ended.matches() && unfinished.containsKey(ended.group(1))) {
                Call call = unfinished.get(ended.group(1));
                calls.add(new Call(call.begun(), at, call.name(), call.path()));
            }
        }
        return new Trace(List.copyOf(calls));
    }

    List<Call> those(Predicate<Call> which) {
        return calls.stream().filter(which).toList();
    }

    /** The last descriptor's path, and below it the last text, as {@code fsync} and the renames have them. */
    private static String path(String arguments) {
        Path path = Path.of("/");
        for (Matcher matcher = DESCRIPTOR.matcher(arguments); matcher.find(); ) {
            path = Path.of(matcher.group(1));
        }
        String name = "";
        for (Matcher matcher = TEXT.matcher(arguments); matcher.find(); ) {
            name = matcher.group(1);
        }
        return path.resolve(name).toString();
    }
}
