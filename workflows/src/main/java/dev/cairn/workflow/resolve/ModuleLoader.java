package dev.cairn.workflow.resolve;

import java.util.ArrayList;
import java.util.List;

/** Adds the loading of environment modules before a command. */
final class ModuleLoader {

    /**
     * A script that loads the modules. It uses the {@code module} function inherited from the caller's shell, or else
     * the first start-up file that defines one. Old versions of {@code module load} always report success, so the
     * script also checks the result. At the end it replaces the shell by the command.
     */
    private static final String SCRIPT = String.join(
            "\n",
            "if ! type module >/dev/null 2>&1; then",
            "  for f in \"${LMOD_PKG:+$LMOD_PKG/init/bash}\" \"${MODULESHOME:+$MODULESHOME/init/bash}\" \\",
            "      /etc/profile.d/modules.sh /etc/profile.d/lmod.sh /usr/share/modules/init/bash \\",
            "      /usr/share/lmod/lmod/init/bash; do",
            "    [ -n \"$f\" ] && [ -r \"$f\" ] && . \"$f\"",
            "    type module >/dev/null 2>&1 && break",
            "  done",
            "fi",
            "if ! type module >/dev/null 2>&1; then",
            "  echo \"cairn: this host has no environment modules: no 'module' command was found\" >&2",
            "  exit 127",
            "fi",
            "while [ \"$1\" != -- ]; do",
            "  if ! module load \"$1\" || ! module is-loaded \"$1\"; then",
            "    echo \"cairn: cannot load the module $1\" >&2",
            "    exit 127",
            "  fi",
            "  shift",
            "done",
            "shift",
            "exec \"$@\"");

    private ModuleLoader() {}

    static List<String> before(List<String> command, List<String> modules) {
        if (modules.isEmpty()) {
            return command;
        }
        List<String> all = new ArrayList<>(List.of("bash", "--noprofile", "--norc", "-c", SCRIPT, "cairn-modules"));
        all.addAll(modules);
        all.add("--");
        all.addAll(command);
        return all;
    }
}
