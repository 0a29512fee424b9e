package dev.cairn.yaml;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlReaderTest {

    private static Node read(String yaml) {
        Problems problems = new Problems("f");
        Optional<Node> node = YamlReader.read(yaml, problems);
        assertThat(problems.sorted()).isEmpty();
        return node.orElseThrow();
    }

    private static List<String> problems(String yaml) {
        Problems problems = new Problems("f");
        YamlReader.read(yaml, problems);
        return problems.sorted().stream().map(Problem::toString).toList();
    }

    private static Node at(Node root, Object... path) {
        Node node = root;
        for (Object key : path) {
            node = key instanceof String name
                    ? requireNonNull(((Node.Mapping) node).entries().get(name)).value()
                    : ((Node.Sequence) node).items().get((Integer) key);
        }
        return node;
    }

    private static Value value(Node root, Object... path) {
        return ((Node.Scalar) at(root, path)).value();
    }

    @ParameterizedTest
    @CsvSource({
        "3.10, a number, 3.10",
        "1e3, a number, 1e3",
        "0x1F, a number, 0x1F",
        "0o17, a number, 0o17",
        "-.5, a number, -.5",
        "007, a number, 007",
        "true, true or false, true",
        "~, nothing, ''",
        "null, nothing, ''",
        "yes, a text, yes",
        "on, a text, on",
        "12:30, a text, 12:30",
        "2024-02-29, a text, 2024-02-29",
        "1e99999, a text, 1e99999",
        "'\"1\"', a text, 1",
    })
    void readsScalarsByTheCoreSchema(String yaml, String kind, String text) {
        Value value = value(read(yaml));

        assertThat(value.kind()).isEqualTo(kind);
        assertThat(value.text()).isEqualTo(text);
    }

    @Test
    void knowsPathAndPlaceOfEveryNode() {
        Node root = read("a:\n  - x: 1\n    'y z': [2, {b: 3}]\n");

        Node inner = at(root, "a", 0, "y z", 1, "b");
        assertThat(inner.place().path()).isEqualTo("a[0].y z[1].b");
        assertThat(inner.place().position()).isEqualTo(new Position(3, 20));
    }

    @Test
    void refusesASecondKeyOfTheSameName() {
        assertThat(problems("a: 1\nb: 2\na: 3\n")).containsExactly("f:3:1: a: \"a\" is already given in line 1");
    }

    @Test
    void resolvesAliasesAndMerges() {
        Node root = read("""
                base: &base {a: 1, b: 2}
                other: &other {b: 3, c: 4}
                one: {<<: *base, b: 9}
                two:
                  <<: [*base, *other]
                  d: *base
                """);

        assertThat(value(root, "one", "a").text()).isEqualTo("1");
        assertThat(value(root, "one", "b").text()).as("own keys win").isEqualTo("9");
        assertThat(value(root, "two", "b").text()).as("earlier merges win").isEqualTo("2");
        assertThat(value(root, "two", "c").text()).isEqualTo("4");
        assertThat(at(root, "two", "d")).isSameAs(at(root, "base"));
    }

    @Test
    void namesWhatItCannotMerge() {
        assertThat(problems("a: {<<: 1}"))
                .containsExactly("f:1:5: a.<<: << takes a mapping or a list of mappings, not a number");
    }

    @Test
    void namesAnAliasWithoutAnchor() {
        assertThat(problems("a: *b")).containsExactly("f:1:4: a: the alias *b has no anchor &b above it");
    }

    @Test
    void refusesAnAnchorThatContainsItself() {
        assertThat(problems("a: &a [*a]")).containsExactly("f:1:8: a[0]: the alias *a has no anchor &a above it");
    }

    @Test
    void boundsWhatAliasesUnfoldTo() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            String item = "*a" + (i - 1);
            bomb.append("a").append(i).append(": &a").append(i).append(" [");
            bomb.append(String.join(", ", List.of(item, item, item, item, item, item, item, item, item, item)));
            bomb.append("]\n");
        }

        assertThat(problems(bomb.toString()))
                .containsExactly("f:1:1: the aliases of this file unfold to more than 2000000 nodes");
    }

    @Test
    void boundsNesting() {
        assertThat(problems("[".repeat(100_000))).hasSize(2).first().asString().contains("nested more than 64 deep");
        assertThat(problems("{a: ".repeat(70) + "1" + "}".repeat(70))).hasSize(1);
    }

    @Test
    void boundsSize() {
        assertThat(problems("# " + "x".repeat(YamlReader.LONGEST)))
                .containsExactly("f:1:1: the file is longer than 16 MiB");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "'a: [1, 2' ~ f:1:9: not YAML: expected ',' or ']', but got <stream end> (while parsing a flow sequence)",
                "'a: b: c' ~ f:1:5: not YAML: mapping values are not allowed here; a text with \": \" in it needs quotes,"
                        + " or | and a new line",
                "'a: {b: ${{ c }}}' ~ f:1:9: not YAML: expected ',' or '}', but got { (while parsing a flow mapping); an"
                        + " expression within { } or [ ] needs quotes: \"${{ ... }}\"",
                "'a: @b' ~ f:1:4: not YAML: found character '@' that cannot start any token. (Do not use @ for"
                        + " indentation) (while scanning for the next token); a text that begins with it needs quotes",
                "'a: !!python/object 1' ~ f:1:4: a: the tag tag:yaml.org,2002:python/object is not known here",
                "'a: \u0007' ~ f:1:4: the character U+0007 is not allowed in YAML",
                "'{[1]: 2}' ~ f:1:2: a key must be a text, not a list",
            })
    void placesSyntaxErrors(String yaml, String problem) {
        assertThat(problems(yaml)).containsExactly(problem);
    }

    @Test
    void refusesASecondDocument() {
        assertThat(problems("a: 1\n---\nb: 2\n"))
                .containsExactly("f:2:1: a second document begins here; a workflow file has one");
    }

    @Test
    void findsCharactersOfAScalarInTheFile() {
        String yaml = """
                plain: x ${{ A }} y
                single: 'it''s ${{ A }}'
                double: "tab\\t\\u00e9 ${{ A }}"
                literal: |
                  first line
                    indented ${{ B }} ${{ A }}
                folded: >-
                  some words
                  and ${{
                    A }}
                twofold: words
                  that go on ${{ A }}
                astral: "\uD83D\uDE00 ${{ A }}"
                """;
        Node.Mapping root = (Node.Mapping) read(yaml);
        String[] lines = yaml.split("\n");

        root.entries().forEach((name, entry) -> {
            Node.Scalar scalar = (Node.Scalar) entry.value();
            Position position = scalar.locator().at(scalar.text().indexOf('A'));
            String line = lines[position.line() - 1];
            assertThat(Character.toString(line.codePoints().toArray()[position.column() - 1]))
                    .as(name + " " + position)
                    .isEqualTo("A");
        });
    }

    @Test
    void survivesAnyBytes() {
        byte[] seed = "a: &x [1, 'b', {c: *x}]\n? - k\n: |\n  text\n<<: *x\n# c\n".getBytes(StandardCharsets.UTF_8);
        Random random = new Random(17);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = seed.clone();
            for (int j = random.nextInt(8); j >= 0; j--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(128);
            }
            Problems problems = new Problems("f");
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            YamlReader.read(text, problems);
            long lines = text.lines().count() + 1;
            assertThat(problems.sorted())
                    .allMatch(problem -> problem.place().position().line() <= lines);
        }
    }
}
