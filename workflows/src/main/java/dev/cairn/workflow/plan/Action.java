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

    /** A script, which a shell runs. */
    record Script(Template text, Shell shell) implements Action {}

    /** A program and its arguments, without a shell. */
    record Command(List<Template> words) implements Action {
        public Command {
            words = List.copyOf(words);
        }
    }

    /**
     * The begin of a used workflow file: its condition decides whether the steps of the file run. It has no process.
     *
     * @param with values for the inputs of the file
     */
    record EnterPart(Map<String, Parameter> with) implements Action {
        public EnterPart {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }
    }

    /**
     * The end of a used workflow file: it ends when all steps of the file have ended. Its outputs are computed from
     * theirs. It has no process.
     */
    record LeavePart() implements Action {}

    /**
     * An action that Cairn itself carries out.
     *
     * @param what the action's name, e.g. {@code airflow}
     */
    record Uses(String what, Map<String, Parameter> with) implements Action {
        public Uses {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }
    }
}
