package dev.cairn.workflow.spec;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.value.Value;
import java.util.List;
import java.util.Optional;

/**
 * An input that a run is started with; immutable.
 *
 * @param options what a {@link InputType#CHOICE} can be
 * @param fallback the {@code default}
 * @param required whether there must be a value; without one and without a default, an input is null
 */
public record Input(
        Place place,
        InputType type,
        List<String> options,
        Optional<Value> fallback,
        boolean required,
        Optional<String> description) {

    public Input {
        options = List.copyOf(options);
    }
}
