package dev.cairn.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TaskListTest {
    @Test
    void neighboursAreWrittenAsOneRange() {
        assertThat(TaskList.text(List.of(1, 2, 3, 7, 9, 10), OptionalInt.empty()))
                .isEqualTo("1-3,7,9-10");
    }

    @Test
    void saysHowManyMayRunAtATime() {
        assertThat(TaskList.text(List.of(4), OptionalInt.of(2))).isEqualTo("4%2");
    }
}
