package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.problem.Place;
import java.util.Map;
import java.util.Optional;

/** What was read of a mapping; immutable. */
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

    /** The value; empty when the key is absent or what it says cannot be read. */
    @SuppressWarnings("unchecked") // ObjectType puts in what the field's own type has read
    <T> Optional<T> get(Field<T> field) {
        return Optional.ofNullable((T) values.get(field));
    }

    /** Whether the key is there, readable or not. */
    boolean has(Field<?> field) {
        return written.containsKey(field.name());
    }

    /** The position of the key, or else of the mapping. */
    Place place(Field<?> field) {
        return written.getOrDefault(field.name(), place);
    }
}
