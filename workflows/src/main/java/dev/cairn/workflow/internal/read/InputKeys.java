package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;

import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Input;
import dev.cairn.workflow.spec.InputType;
import dev.cairn.workflow.value.Value;
import dev.cairn.yaml.Node;
import java.util.List;
import java.util.Optional;

/** The keys of an input. */
final class InputKeys {

    private static final Field<InputType> TYPE_KEY =
            optional("type", Scalars.oneOf(InputType.class), "string if not given.");
    private static final Field<Value> DEFAULT = optional(
            "default",
            Scalars.scalar(
                    "a single value",
                    Keywords.of("type", List.of("string", "number", "boolean")),
                    scalar -> Optional.of(scalar.value()).filter(value -> !(value instanceof Value.Null))),
            "The value when none is given; today and now become the date and the time of the run's start.");
    private static final Field<Boolean> REQUIRED =
            optional("required", Scalars.bool(), "Whether a run must have a value.");
    private static final Field<String> DESCRIPTION = optional("description", Scalars.text(), "For people.");
    private static final Field<List<String>> OPTIONS =
            optional("options", Composites.listOf(Scalars.text()), "The possible values of an input of type choice.");

    static final Type<Input> TYPE = Composites.orNothing(
            ObjectType.of("input", List.of(TYPE_KEY, DEFAULT, REQUIRED, DESCRIPTION, OPTIONS), InputKeys::make),
            InputKeys::plain);

    private InputKeys() {}

    private static Input plain(Node node) {
        return new Input(node.place(), InputType.STRING, List.of(), Optional.empty(), false, Optional.empty());
    }

    private static Input make(ReadFields fields, Problems problems) {
        InputType type = fields.get(TYPE_KEY).orElse(InputType.STRING);
        if ((type == InputType.CHOICE) != fields.has(OPTIONS)) {
            problems.add(
                    fields.has(OPTIONS) ? fields.place(OPTIONS) : fields.place(TYPE_KEY),
                    "\"type: choice\" and \"options\" belong together");
        }
        return new Input(
                fields.place(DEFAULT),
                type,
                fields.get(OPTIONS).orElse(List.of()),
                fields.get(DEFAULT),
                fields.get(REQUIRED).orElse(false),
                fields.get(DESCRIPTION));
    }
}
