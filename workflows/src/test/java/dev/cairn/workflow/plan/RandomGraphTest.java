package dev.cairn.workflow.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.workflow.Texts;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random graphs, written as YAML in random order, planned, and compared with what they were made from. */
class RandomGraphTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34})
    void planHasTheEdgesOfTheFileAndAnOrderThatObeysThem(long seed) {
        Random random = new Random(seed);
        int size = 1 + random.nextInt(60);
        List<List<Integer>> needs = randomNeeds(size, random);
        Plan plan = Texts.plan(yaml(needs, random));

        assertThat(plan.steps()).hasSize(size);
        Set<String> before = new HashSet<>();
        for (PlanStep step : plan.steps()) {
            assertThat(step.needs())
                    .isEqualTo(ids(needs.get(Integer.parseInt(step.id().substring(1)))));
            assertThat(before).containsAll(step.needs());
            before.add(step.id());
        }
        assertThat(runFolderOwners(plan)).isEqualTo(aloneByDefinition(needs));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34})
    void oneEdgeBackMakesACycleThatIsNamed(long seed) {
        Random random = new Random(seed);
        int size = 2 + random.nextInt(60);
        List<List<Integer>> needs = randomNeeds(size, random);
        for (int i = 1; i < size; i++) {
            needs.get(i).add(i - 1);
        }
        needs.get(0).add(size - 1);

        assertThat(Texts.problems(yaml(needs, random)))
                .isNotEmpty()
                .allMatch(problem -> problem.contains("the steps wait for one another: "));
    }

    private static List<List<Integer>> randomNeeds(int size, Random random) {
        List<List<Integer>> needs = new ArrayList<>();
        int density = 1 + random.nextInt(4);
        for (int i = 0; i < size; i++) {
            List<Integer> own = new ArrayList<>();
            for (int j = 0; j < i; j++) {
                if (random.nextInt(size) < density || density == 4 && j == i - 1) {
                    own.add(j);
                }
            }
            needs.add(own);
        }
        return needs;
    }

    private static String id(int index) {
        return "s" + index;
    }

    private static List<String> ids(Collection<Integer> indices) {
        return indices.stream().map(RandomGraphTest::id).toList();
    }

    private static String yaml(List<List<Integer>> needs, Random random) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, needs.size()).boxed().toList());
        Collections.shuffle(order, random);
        return order.stream()
                .map(i -> "  - {id: " + id(i) + ", needs: " + ids(needs.get(i)) + ", run: x}\n")
                .collect(Collectors.joining("", "steps:\n", ""));
    }

    private static Set<String> runFolderOwners(Plan plan) {
        return plan.steps().stream()
                .filter(step -> step.policies().rollback().runFolder())
                .map(PlanStep::id)
                .collect(Collectors.toSet());
    }

    /** Those that reach or are reached by every other step. */
    private static Set<String> aloneByDefinition(List<List<Integer>> needs) {
        List<Set<Integer>> reached = new ArrayList<>();
        for (List<Integer> own : needs) {
            Set<Integer> all = new HashSet<>(own);
            own.forEach(need -> all.addAll(reached.get(need)));
            reached.add(all);
        }
        return IntStream.range(0, needs.size())
                .filter(one -> IntStream.range(0, needs.size())
                        .allMatch(other -> one == other
                                || reached.get(one).contains(other)
                                || reached.get(other).contains(one)))
                .mapToObj(RandomGraphTest::id)
                .collect(Collectors.toSet());
    }
}
