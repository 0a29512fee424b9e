package dev.cairn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shown to those who embed Cairn compiles: the programs of its page, and the lines in the Javadoc of its front door. */
final class EmbeddingDocTest {
    private static final Path STEP_RUNNER = Path.of("../../step-runner");
    private static final Pattern PROGRAM =
            Pattern.compile("```java\n(.*?public final class (\\w+) .*?)```", Pattern.DOTALL);
    private static final Pattern JAVADOC = Pattern.compile("<pre>\\{@code\n(.*?)\\* }</pre>", Pattern.DOTALL);

    @TempDir
    Path folder;

    @Test
    void theProgramsOfThePageCompile() throws Exception {
        List<MatchResult> programs = PROGRAM.matcher(Files.readString(STEP_RUNNER.resolve("docs/embedding.md")))
                .results()
                .toList();
        assertThat(programs).hasSize(3);
        for (MatchResult program : programs) {
            assertThat(problems(program.group(2), program.group(1))).isEmpty();
        }
    }

    @Test
    void theExampleOfTheFrontDoorCompiles() throws Exception {
        String source = Files.readString(STEP_RUNNER.resolve("src/main/java/dev/cairn/run/Cairn.java"));
        List<MatchResult> examples = JAVADOC.matcher(source).results().toList();
        assertThat(examples).hasSize(1);
        String lines = examples.get(0).group(1).replaceAll("(?m)^ \\*", "");
        assertThat(problems(
                        "Shown",
                        "import dev.cairn.run.Cairn;\nimport java.nio.file.Path;\nimport java.time.Duration;\n"
                                + "class Shown { void show(Path folder) throws Exception {\n" + lines + "}}"))
                .isEmpty();
    }

    /** What the compiler says of a class. */
    private String problems(String name, String text) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavaFileObject source =
                new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return text;
                    }
                };
        StringWriter said = new StringWriter();
        List<String> options =
                List.of("-proc:none", "-d", folder.toString(), "-cp", System.getProperty("java.class.path"));
        boolean compiled = compiler.getTask(said, null, null, options, null, List.of(source))
                .call();
        return compiled ? "" : said + "does not compile: " + text;
    }
}
