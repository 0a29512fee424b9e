package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a step does. */
public sealed interface Work {

    /** {@code run: text}. */
    record Script(Template text) implements Work {}

    /** {@code run: [program, argument, ...]}, without a shell. */
    record Command(List<Template> words) implements Work {
        public Command {
            words = List.copyOf(words);
        }
    }

    /** {@code uses} and {@code with}. */
    record Uses(String what, Map<String, Parameter> with) implements Work {
        public Uses {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }
    }
}
