package dev.cairn.run.internal.environment;

import java.util.Map;
import java.util.TreeMap;

/**
 * {@code cpu: baseline}: variables that limit libraries to x86-64-v2 (SSE4.2, POPCNT, CX16), which every x86-64 server
 * since about 2010 has.
 *
 * <p>No other way reaches a library before it chooses its code: an unprivileged process can make CPUID fault, but
 * execve ends that. So a program that asks the processor itself is not limited. If a step is seen to use more, its
 * images demand more.
 */
public final class BaselineCpu {
    private static final String TUNABLES = "GLIBC_TUNABLES";
    private static final String HWCAPS = "glibc.cpu.hwcaps";

    /**
     * Without {@code XSAVE} and {@code XSAVEC} the dynamic linker keeps registers by FXSAVE, whose area is of one size
     * on all hosts. glibc before 2.33 has the names with {@code _Usable}; it ignores unknown names.
     */
    private static final String GLIBC = HWCAPS
            + "=-AVX,-AVX2,-AVX512BW,-AVX512CD,-AVX512DQ,-AVX512ER,-AVX512F,-AVX512PF,-AVX512VL,-BMI1,-BMI2,-FMA,-FMA4"
            + ",-LZCNT,-MOVBE,-RTM,-XSAVE,-XSAVEC"
            + ",-AVX_Usable,-AVX2_Usable,-AVX512DQ_Usable,-AVX512F_Usable,-FMA_Usable,-FMA4_Usable";

    private static final Map<String, String> OTHERS = Map.ofEntries(
            Map.entry("ARROW_USER_SIMD_LEVEL", "SSE4_2"),
            Map.entry("ATEN_CPU_CAPABILITY", "default"), // PyTorch
            Map.entry("DNNL_MAX_CPU_ISA", "SSE41"), // oneDNN, until 2021
            Map.entry("DOTNET_EnableHWIntrinsic", "0"),
            Map.entry("GODEBUG", "cpu.all=off"),
            Map.entry("MKL_ENABLE_INSTRUCTIONS", "SSE4_2"),
            // the names of the last line exist since 2.4
            Map.entry(
                    "NPY_DISABLE_CPU_FEATURES",
                    "AVX F16C FMA3 AVX2 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
                            + " X86_V3 X86_V4"),
            Map.entry("NUMBA_CPU_NAME", "generic"),
            Map.entry("ONEDNN_MAX_CPU_ISA", "SSE41"),
            Map.entry("OPENBLAS_CORETYPE", "Nehalem"),
            // in leaf 1 everything from PCLMULQDQ and FMA to RDRAND; in leaf 7 everything
            Map.entry("OPENSSL_ia32cap", "~0x7e40100200000000:0"));

    private BaselineCpu() {}

    /**
     * Adds the variables to the environment. A variable that is set and not empty stays as it is; glibc's tunables are
     * joined.
     */
    public static Map<String, String> in(Map<String, String> environment) {
        Map<String, String> all = new TreeMap<>(OTHERS);
        all.put(TUNABLES, GLIBC);
        environment.forEach((name, own) -> all.merge(name, own, (baseline, set) -> set.isEmpty() ? baseline : set));
        String own = environment.getOrDefault(TUNABLES, "");
        if (!own.isEmpty() && !own.contains(HWCAPS)) {
            all.put(TUNABLES, own + ":" + GLIBC);
        }
        return all;
    }
}
