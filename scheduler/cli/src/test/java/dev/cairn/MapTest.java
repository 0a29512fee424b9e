package dev.cairn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The map in CONTRIBUTING.md names every Java package and every C folder, each with its own description.
 * {@code -Dcairn.golden=write} writes the map anew.
 */
final class MapTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Path PAGE = ROOT.resolve("CONTRIBUTING.md");
    private static final Path C_FOLDERS = ROOT.resolve("native/src/main/c");
    private static final String JAVA_SOURCES = "src/main/java";
    private static final String BEGIN = "<!-- map -->\n";
    private static final String END = "<!-- end of map -->\n";

    /** Group 1: the first sentence of the Javadoc. */
    private static final Pattern FIRST_SENTENCE = Pattern.compile("/\\*\\*[\\s*]*(.*?\\.)(?=\\s)", Pattern.DOTALL);

    private static final Pattern TAG = Pattern.compile("\\{@(?:code|link) ([^}]*)}");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z_]+)` \\| (.*) \\|$");

    @Test
    void theMapIsThatOfTheTree() throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        int to = page.indexOf(END);
        String map = map();
        if ("write".equals(System.getProperty("cairn.golden"))) {
            page = page.substring(0, from) + map + page.substring(to);
            Files.writeString(PAGE, page);
            to = from + map.length();
        }
        assertThat(page.substring(from, to)).isEqualTo(map);
    }

    private static String map() throws IOException {
        StringBuilder map = new StringBuilder();
        for (String module : modules()) {
            Map<String, String> packages = packages(module);
            if (!packages.isEmpty()) {
                section(map, module + "/" + JAVA_SOURCES, packages);
            }
        }
        section(map, ROOT.relativize(C_FOLDERS).toString(), folders());
        return map.append('\n').toString();
    }

    private static void section(StringBuilder map, String folder, Map<String, String> lines) {
        map.append("\n**`").append(folder).append("`**\n\n| | |\n| --- | --- |\n");
        lines.forEach((name, line) ->
                map.append("| `").append(name).append("` | ").append(line).append(" |\n"));
    }

    /** In the order of the build, which is that of their dependencies. */
    private static List<String> modules() throws IOException {
        return Pattern.compile("<module>(.*?)</module>")
                .matcher(Files.readString(ROOT.resolve("pom.xml")))
                .results()
                .map(module -> module.group(1))
                .toList();
    }

    private static Map<String, String> packages(String module) throws IOException {
        Path sources = ROOT.resolve(module).resolve(JAVA_SOURCES);
        Map<String, String> packages = new TreeMap<>();
        if (!Files.isDirectory(sources)) {
            return packages;
        }
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".java")).toList()) {
                Path folder = file.getParent();
                packages.put(
                        sources.relativize(folder).toString().replace('/', '.'),
                        sentence(folder.resolve("package-info.java")));
            }
        }
        return packages;
    }

    private static String sentence(Path packageInfo) throws IOException {
        assertThat(packageInfo).exists();
        Matcher sentence = FIRST_SENTENCE.matcher(Files.readString(packageInfo));
        assertThat(sentence.find()).as("%s has no sentence", packageInfo).isTrue();
        String line = sentence.group(1).replaceAll("\\s+\\*?\\s*", " ");
        return TAG.matcher(line).replaceAll("`$1`").replace("|", "\\|");
    }

    private static Map<String, String> folders() throws IOException {
        Map<String, String> folders = new LinkedHashMap<>();
        ROW.matcher(Files.readString(C_FOLDERS.resolve("README.md")))
                .results()
                .forEach(row -> folders.put(row.group(1), row.group(2)));
        return folders;
    }
}
