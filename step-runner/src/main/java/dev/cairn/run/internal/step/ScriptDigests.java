package dev.cairn.run.internal.step;

import dev.cairn.files.Digests;
import dev.cairn.files.OrdinaryFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is in the scripts of a command, by path. Stateless; any thread. */
public final class ScriptDigests {
    private ScriptDigests() {}

    /** Of those that can be read. */
    static Map<String, String> of(List<Path> scripts) {
        Map<String, String> digests = new LinkedHashMap<>();
        for (Path script : scripts) {
            try {
                digests.put(script.toString(), Digests.of(OrdinaryFile.read(script)));
            } catch (IOException unreadable) {
                // what cannot be read cannot be found changed later
            }
        }
        return digests;
    }

    /** The names of the scripts that are there and have another content than they had. */
    public static List<String> changed(Map<String, String> before) {
        Map<String, String> now = of(before.keySet().stream().map(Path::of).toList());
        return before.keySet().stream()
                .filter(script -> now.containsKey(script) && !now.get(script).equals(before.get(script)))
                .map(script -> String.valueOf(Path.of(script).getFileName()))
                .toList();
    }
}
