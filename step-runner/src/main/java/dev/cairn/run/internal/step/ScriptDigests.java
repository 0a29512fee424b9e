package dev.cairn.run.internal.step;

import dev.cairn.files.Digests;
import dev.cairn.files.OrdinaryFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The digests of a command's scripts, by path. Stateless; any thread. */
public final class ScriptDigests {
    private ScriptDigests() {}

    /** The digests of the scripts that can be read. */
    static Map<String, String> of(List<Path> scripts) {
        Map<String, String> digests = new LinkedHashMap<>();
        for (Path script : scripts) {
            try {
                digests.put(script.toString(), Digests.of(OrdinaryFile.read(script)));
            } catch (IOException unreadable) {
                // a script that cannot be read cannot be found changed later
            }
        }
        return digests;
    }

    /** The names of existing scripts whose content has changed. */
    public static List<String> changed(Map<String, String> before) {
        Map<String, String> now = of(before.keySet().stream().map(Path::of).toList());
        return before.keySet().stream()
                .filter(script -> now.containsKey(script) && !now.get(script).equals(before.get(script)))
                .map(script -> String.valueOf(Path.of(script).getFileName()))
                .toList();
    }
}
