package dev.cairn.run.internal.environment;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The variables that a step inherits from its runner.
 *
 * <p>A resumed step has its environment in its memory. A step restarted by another runner (from cron instead of a
 * shell) must find the same programs, so the manifest keeps the variables that decide this. All others, which may be
 * secrets, are never stored: each attempt gets them from the runner that starts it.
 */
public final class InheritedEnvironment {
    private static final Set<String> KEPT = Set.of(
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "SHELL",
            "LANG",
            "LANGUAGE",
            "TZ",
            "LD_LIBRARY_PATH",
            "PYTHONPATH",
            "PYTHONHOME",
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "CONDA_DEFAULT_ENV",
            "R_LIBS",
            "R_LIBS_USER",
            "PERL5LIB",
            "JAVA_HOME",
            "CLASSPATH",
            "MODULEPATH",
            "MODULESHOME",
            "LOADEDMODULES",
            "_LMFILES_",
            "LMOD_PKG",
            "OMP_NUM_THREADS");
    private static final String LOCALE = "LC_";

    private InheritedEnvironment() {}

    /** The variables that the manifest keeps. */
    public static Map<String, String> kept(Map<String, String> runners) {
        Map<String, String> kept = new TreeMap<>();
        runners.forEach((name, value) -> {
            if (KEPT.contains(name) || name.startsWith(LOCALE)) {
                kept.put(name, value);
            }
        });
        return kept;
    }

    /**
     * The variables that an attempt inherits.
     *
     * @param runners the environment of the runner that starts it
     * @param kept the variables that the manifest keeps
     */
    public static Map<String, String> forAttempt(Map<String, String> runners, Map<String, String> kept) {
        Map<String, String> inherited = new TreeMap<>(runners);
        inherited.keySet().removeIf(name -> KEPT.contains(name) || name.startsWith(LOCALE));
        inherited.putAll(kept);
        return inherited;
    }
}
