package dev.cairn.http.internal.api;

import dev.cairn.http.internal.runs.RunSummary;
import dev.cairn.http.internal.server.HttpError;
import dev.cairn.http.internal.server.Request;
import dev.cairn.run.manifest.RunState;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The filter of a list of runs; immutable. */
public record RunFilter(Set<RunState> states, Optional<String> workflow, String text, Instant since)
        implements Predicate<RunSummary> {

    public static RunFilter of(Request request) throws HttpError {
        Set<RunState> states = EnumSet.noneOf(RunState.class);
        for (String given : request.all("state")) {
            for (String state : given.split(",")) {
                if (!state.isEmpty()) {
                    states.add(state(state));
                }
            }
        }
        return new RunFilter(
                Set.copyOf(states),
                request.query("workflow"),
                request.query("name").orElse(""),
                time(request.query("since")));
    }

    private static RunState state(String text) throws HttpError {
        return Stream.of(RunState.values())
                .filter(state -> state.wire().equals(text))
                .findFirst()
                .orElseThrow(() -> new HttpError(
                        400,
                        "state " + text + ": there is no such state; there are "
                                + Stream.of(RunState.values())
                                        .map(RunState::wire)
                                        .collect(Collectors.joining(", "))));
    }

    private static Instant time(Optional<String> text) throws HttpError {
        try {
            return text.isEmpty()
                    ? Instant.MIN
                    : OffsetDateTime.parse(text.get()).toInstant();
        } catch (DateTimeException e) {
            throw new HttpError(400, "since: not a time such as 2026-03-29T02:00:00Z");
        }
    }

    @Override
    public boolean test(RunSummary run) {
        return (states.isEmpty() || states.contains(run.state()))
                && workflow.map(run.name()::equals).orElse(true)
                && !run.createdAt().isBefore(since)
                && Stream.of(run.id(), run.name(), run.key().orElse("")).anyMatch(name -> name.contains(text));
    }
}
