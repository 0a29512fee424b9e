package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.problem.Place;
import java.util.Map;
import java.util.Optional;

/** The values that were read from a mapping; immutable. */
final class ReadFields {

    private final Place place;
    private final Map<String, Place> written;
    private final Map<Field<?>, Object> values;

    ReadFields(Place place, Map<String, Place> written, Map<Field<?>, Object> values) {
        this.place = place;
        this.written = written;
        this.values = values;
    }

    /** Of the mapping. */
    Place place() {
        return place;
    }

    /** The value; empty if the key is absent or its value cannot be read. */
    @SuppressWarnings("unchecked") // ObjectType stores only values that the field's own type has
    // read
    <T> Optional<T> get(Field<T> field) {
        return Optional.ofNullable((T) values.get(field));
    }

    /** Whether the key is present, readable or not. */
    boolean has(Field<?> field) {
        return written.containsKey(field.name());
    }

    /** The position of the key; of the mapping if the key is absent. */
    Place place(Field<?> field) {
        return written.getOrDefault(field.name(), place);
    }
}
