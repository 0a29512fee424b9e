package dev.cairn.workflow.spec;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.value.Value;
import java.util.List;
import java.util.Optional;

/**
 * An input of a run; immutable.
 *
 * @param options the possible values of a {@link InputType#CHOICE}
 * @param fallback the {@code default}
 * @param required whether a value is mandatory; an optional input without value and default is null
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
