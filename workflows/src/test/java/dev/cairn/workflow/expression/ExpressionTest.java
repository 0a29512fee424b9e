package dev.cairn.workflow.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {

    private static final Value FALSE = new Value.Bool(false);

    private static final Context CONTEXT = new Context() {
        private final Map<String, Value> contexts = Map.of(
                "inputs",
                new Value.Fields(Map.of(
                        "name", new Value.Text("Ada"),
                        "count", new Value.Number(3),
                        "empty", new Value.Text(""),
                        "on", new Value.Bool(true),
                        "off", FALSE,
                        "nothing", Value.NULL)),
                "matrix",
                new Value.Fields(Map.of(
                        "list", new Value.Items(List.of(new Value.Number(1), new Value.Text("b"))),
                        "map", new Value.Fields(Map.of("deep-er", new Value.Text("found"))))));

        @Override
        public Optional<Value> value(String context) {
            return Optional.ofNullable(contexts.get(context));
        }

        @Override
        public Optional<Value> step(String id) {
            return id.equals("a")
                    ? Optional.of(new Value.Fields(Map.of("status", new Value.Text("failed"))))
                    : Optional.empty();
        }

        @Override
        public Upstream upstream() {
            return new Upstream(true, false);
        }

        @Override
        public String read(String path) throws IOException {
            if (path.equals("answer.txt")) {
                return "42\n\n";
            }
            throw new IOException("there is no such file");
        }

        @Override
        public List<String> glob(String pattern) {
            return List.of("in/" + pattern, "in/b");
        }
    };

    private static Value evaluate(String expression) throws ExpressionException {
        Problems problems = new Problems("test");
        Template template =
                Template.parse("${{" + expression + "}}", Place.FILE, offset -> new Position(1, offset - 2), problems);
        assertThat(problems.sorted()).isEmpty();
        return template.value(CONTEXT);
    }

    private static List<String> complaints(String expression) {
        Problems problems = new Problems("test");
        Template.parse("${{" + expression + "}}", Place.FILE, offset -> new Position(1, offset - 2), problems);
        return problems.sorted().stream()
                .map(problem -> problem.place().position().column() + ": " + problem.message())
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "1 == 1.0 ~ true",
                "1 + 2 * 3 == 7 ~ true",
                "10 / 4 ~ 2",
                "10 % 4 -1 ~ 1",
                "(1 - 3) * -2 ~ 4",
                "'4' * inputs.count ~ 12",
                "lines('answer.txt')[0] ~ 42",
                "glob('*.fq') ~ in/*.fq in/b",
                "fromJSON('{\"a\": [1, 2.50, \"x\"]}').a ~ 1 2.50 x",
                "toJSON(matrix.list) ~ [1,\"b\"]",
                "'3' == 3 ~ true",
                "'3' == '3.0' ~ false",
                "'true' == true ~ true",
                "'a' == 'A' ~ false",
                "inputs.nothing == null ~ true",
                "inputs.empty == null ~ false",
                "inputs.nothing == '' ~ false",
                "2 < 10 ~ true",
                "'2' < '10' ~ true",
                "'b' > 'a' ~ true",
                "1 <= 1 && 1 >= 1 ~ true",
                "!true || true ~ true",
                "!(true || true) ~ false",
                "true || false && false ~ true",
                "1 < 2 == true ~ true",
                "inputs.empty || 'other' ~ other",
                "inputs.on && 'yes' || 'no' ~ yes",
                "inputs.off && 'yes' || 'no' ~ no",
                "inputs['name'] ~ Ada",
                "matrix.map.deep-er ~ found",
                "matrix.list[1] ~ b",
                "matrix.list[inputs.count == 3 && 0] ~ 1",
                "contains(inputs.name, 'd') ~ true",
                "contains(matrix.list, '1') ~ true",
                "contains(matrix.list, 'c') ~ false",
                "startsWith(inputs.name, 'A') ~ true",
                "endsWith(inputs.name, 'A') ~ false",
                "format('{1} {0} {{}}', 1, 'x') ~ x 1 {}",
                "join(matrix.list, ', ') ~ 1, b",
                "join(matrix.list) ~ 1 b",
                "read('answer.txt') == 42 ~ true",
                "'it''s' ~ it's",
                "\"say \"\"hi\"\"\" ~ say \"hi\"",
                "-1.50 ~ -1.50",
                "steps.a.status ~ failed",
                "success() ~ false",
                "failure() ~ true",
                "always() ~ true",
                "cancelled() ~ false",
            })
    void computes(String expression, String text) throws ExpressionException {
        assertThat(evaluate(expression).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "inputs.nam ~ 8: inputs has no \"nam\"; did you mean \"name\"?",
                "matrix.list[2] ~ 13: matrix.list is a list of 2, counted from 0; it has no [2]",
                "inputs.name.first ~ 13: inputs.name is a text and has no \"first\"",
                "nowhere.x ~ 1: there is no \"nowhere.x\" here",
                "steps.b.status ~ 1: there is no \"steps.b.status\" here",
                "1 / 0 ~ 3: division by zero",
                "1 + 1.5 ~ 3: \"+\" computes with whole numbers of up to 18 digits, not with \"1.5\"",
                "1 + inputs.nothing ~ 3: \"+\" computes with whole numbers of up to 18 digits, not with nothing",
                "999999999999999999 * 100 ~ 20: the result is too large",
                "fromJSON('[1') ~ 1: not JSON from line 1, column 3",
                "1 < 'a' ~ 3: cannot order a number and a text",
                "matrix.list < 1 ~ 13: cannot order a list and a number",
                "read('x') ~ 1: cannot read x: there is no such file",
                "format('{1}', 0) ~ 1: format has no argument {1}; a brace itself is written twice",
                "format('{') ~ 1: format has no argument {}; a brace itself is written twice",
            })
    void saysWhyThereIsNoValue(String expression, String complaint) {
        assertThatThrownBy(() -> evaluate(expression))
                .isInstanceOfSatisfying(
                        ExpressionException.class,
                        e -> assertThat(e.position().column() + ": " + e.reason())
                                .isEqualTo(complaint));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "` ` ~ 2: expected a value, found the end",
                "1 + ~ 4: expected a value, found the end",
                "1 ^ 2 ~ 3: unexpected \"^\"",
                "a = b ~ 3: unexpected \"=\"; to compare, write ==",
                "a & b ~ 3: unexpected \"&\"; write &&",
                "inputs. ~ 8: expected a name after \".\", found the end",
                "inputs.a b ~ 10: unexpected \"b\" after the expression",
                "(1 ~ 3: expected \")\", found the end",
                "matrix[1 ~ 9: expected \"]\", found the end",
                "'abc ~ 1: the text that begins here has no closing '",
                "12ab ~ 1: not a number; a text needs quotes: '...'",
                "contain('a', 'b') ~ 1: unknown function \"contain\"; did you mean \"contains\"?",
                "contains('a') ~ 1: contains takes 2 arguments, not 1",
                "read() ~ 1: read takes 1 argument, not 0",
                "join() ~ 1: join takes 1 to 2 arguments, not 0",
            })
    void saysWhereAnExpressionIsBroken(String expression, String complaint) {
        assertThat(complaints(expression)).containsExactly(complaint);
    }

    @Test
    void boundsNestingAndLength() {
        assertThat(complaints("(".repeat(500))).containsExactly("101: nested more than 100 deep");
        assertThat(complaints("!".repeat(500))).containsExactly("101: nested more than 100 deep");
        assertThat(complaints("1||".repeat(2000))).containsExactly("1: an expression has at most 4000 characters");
    }

    @Test
    void findsTheEndOfAnExpressionOutsideItsQuotes() throws ExpressionException {
        assertThat(evaluate("'}}'").text()).isEqualTo("}}");
    }

    @Test
    void keepsTheKindOfAValueThatStandsAlone() throws ExpressionException {
        assertThat(evaluate(" inputs.count ")).isEqualTo(new Value.Number(3));
        assertThat(evaluate("matrix.list")).isInstanceOf(Value.Items.class);
    }

    @Test
    void reportsEveryBrokenExpressionOfATextAndKeepsTheRest() throws ExpressionException {
        Problems problems = new Problems("test");
        Template template = Template.parse(
                "a ${{ 1 ^ }} b ${{ inputs.name }} c ${{ (",
                Place.FILE,
                offset -> new Position(1, offset + 1),
                problems);

        assertThat(problems.sorted())
                .extracting(problem -> problem.place().position().column(), Problem::message)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(9, "unexpected \"^\""),
                        org.assertj.core.groups.Tuple.tuple(37, "\"${{\" without \"}}\""));
        assertThat(template.value(CONTEXT).text()).isEqualTo("a  b Ada c ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inputs.off", "${{ inputs.off }}", "  ${{inputs.off}}", "inputs.off || always()"})
    void takesConditionsWithAndWithoutBraces(String text) throws ExpressionException {
        Condition condition = condition(text);

        assertThat(condition.holds(CONTEXT)).isEqualTo(text.contains("always"));
    }

    @Test
    void addsSuccessToAConditionThatAsksNoStatus() throws ExpressionException {
        assertThat(condition("inputs.on").holds(CONTEXT))
                .as("a step before has failed")
                .isFalse();
        assertThat(condition("failure() && inputs.on").holds(CONTEXT)).isTrue();
    }

    private static Condition condition(String text) {
        Problems problems = new Problems("test");
        Condition condition = Condition.parse(text, Place.FILE, offset -> Position.START, problems);
        assertThat(problems.sorted()).isEmpty();
        return condition;
    }

    @Test
    void neverThrowsAnythingElseWhateverTheText() {
        String alphabet = "ab1.'\"()[]!=<>&|,{}$ \n\u00e9inputs.matrix";
        Random random = new Random(20240229);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder("${{");
            int length = random.nextInt(30);
            for (int j = 0; j < length; j++) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            Problems problems = new Problems("test");
            Template template = Template.parse(
                    text.append("}}").toString(), Place.FILE, offset -> new Position(1, offset + 1), problems);
            try {
                template.value(CONTEXT);
            } catch (ExpressionException e) {
                assertThat(e.reason()).isNotEmpty();
            }
        }
    }
}
