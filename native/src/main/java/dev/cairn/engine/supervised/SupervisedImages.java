package dev.cairn.engine.supervised;

import com.sun.jna.ptr.PointerByReference;
import dev.cairn.engine.EngineException;
import java.nio.file.Path;
import java.util.Optional;

/** Inspects images for a person. Stateless; any thread. */
public final class SupervisedImages {
    private SupervisedImages() {}

    /**
     * What an image says of itself and of the step: a JSON document, as {@code cairn_image_describe} gives it.
     *
     * @throws EngineException when it is torn, altered, foreign or not trusted, or the library cannot be loaded
     */
    public static String describe(Path image) throws EngineException {
        load();
        LibCairn.CairnError error = new LibCairn.CairnError();
        PointerByReference json = new PointerByReference();
        LibCairn.check(LibCairn.cairn_image_describe(image.toString(), json, error), error);
        return LibCairn.take(json);
    }

    /**
     * Reads and checks every byte of an image, and of the programs and libraries that are kept beside it.
     *
     * @return why the step cannot be resumed from it on this host; empty if it can
     */
    public static Optional<String> unsound(Path image) throws EngineException {
        load();
        LibCairn.CairnError error = new LibCairn.CairnError();
        return LibCairn.cairn_image_verify(image.toString(), error) < 0
                ? Optional.of(error.toException().getMessage())
                : Optional.empty();
    }

    private static void load() throws EngineException {
        LibCairn.bind(NativeFiles.locate().library());
    }
}
