package dev.cairn.run.internal.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class BaselineCpuTest {
    @Test
    void leavesWhatIsSetAlready() {
        Map<String, String> own = Map.of("OPENBLAS_CORETYPE", "HASWELL", "PATH", "/bin", "LANG", "");
        assertThat(BaselineCpu.in(own)).containsAllEntriesOf(own).containsKey("NPY_DISABLE_CPU_FEATURES");
    }

    @Test
    void countsWhatIsEmptyAsNotSet() {
        assertThat(BaselineCpu.in(Map.of("GODEBUG", "", "GLIBC_TUNABLES", ""))).isEqualTo(BaselineCpu.in(Map.of()));
    }

    @Test
    void joinsTheTunablesOfGlibc() {
        assertThat(tunables("glibc.malloc.check=3"))
                .startsWith("glibc.malloc.check=3:glibc.cpu.hwcaps=-AVX,")
                .contains("-AVX2,");
        assertThat(tunables("glibc.cpu.hwcaps=-AVX512F")).isEqualTo("glibc.cpu.hwcaps=-AVX512F");
    }

    private static String tunables(String own) {
        return BaselineCpu.in(Map.of("GLIBC_TUNABLES", own)).getOrDefault("GLIBC_TUNABLES", "none");
    }
}
