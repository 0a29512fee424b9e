package dev.cairn.workflow.internal.read;

/**
 * A key of a mapping; immutable.
 *
 * @param description one sentence for the schema, which editors show
 */
record Field<T>(String name, Type<T> type, String description, boolean required) {

    static <T> Field<T> optional(String name, Type<T> type, String description) {
        return new Field<>(name, type, description, false);
    }

    static <T> Field<T> required(String name, Type<T> type, String description) {
        return new Field<>(name, type, description, true);
    }
}
