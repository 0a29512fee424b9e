package dev.cairn.workflow.spec;

import dev.cairn.workflow.expression.Parameter;
import dev.cairn.workflow.expression.Template;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
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

    /**
     * {@code uses: ./part.yaml}: the steps of another workflow file.
     *
     * @param file as written, relative to the folder of the file that uses it
     * @param with values for the inputs of that file
     */
    record Part(Named file, Map<String, Parameter> with) implements Work {
        public Part {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }

        /** The path of the file, relative to the file that uses it. */
        public Path resolve(Path user) {
            try {
                return user.resolveSibling(file.text()).normalize();
            } catch (InvalidPathException unfit) {
                return user.resolveSibling("(no path)");
            }
        }
    }

    /** {@code uses} and {@code with}: an action that Cairn itself carries out. */
    record Uses(String what, Map<String, Parameter> with) implements Work {
        public Uses {
            with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
        }
    }
}
