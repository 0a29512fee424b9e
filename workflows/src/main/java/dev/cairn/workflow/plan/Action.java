package dev.cairn.workflow.plan;

import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.spec.Shell;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a step does. */
public sealed interface Action {

    /** A script, handed to a shell. */
    record Script(Template text, Shell shell) implements Action {}

    /** A program and its arguments, without a shell. */
    record Command(List<Template> words) implements Action {
        public Command {
            words = List.copyOf(words);
        }
    }

    /**
     * Decides by its condition whether the steps of a used workflow file run. Without a process.
     *
     * @param with values for the inputs of the file
     */
    record EnterPart(Map<String, Parameter> with) implements Action {
        public EnterPart {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }
    }

    /** Ends when all steps of the used workflow file have ended; its outputs are computed from theirs. Without a process. */
    record LeavePart() implements Action {}

    /**
     * Something that Cairn does itself.
     *
     * @param what e.g. {@code airflow}
     */
    record Uses(String what, Map<String, Parameter> with) implements Action {
        public Uses {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }
    }
}
