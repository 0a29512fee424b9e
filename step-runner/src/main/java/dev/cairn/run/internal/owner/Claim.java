package dev.cairn.run.internal.owner;

import dev.cairn.run.manifest.OwnerRecord;
import java.util.Optional;

/** What came of trying to own a run. */
public sealed interface Claim {
    /**
     * @param broken the dead owner whose lock was broken; empty when the run was free
     */
    record Won(Ownership ownership, Optional<OwnerRecord> broken) implements Claim {}

    /** A live process owns it. */
    record Held(OwnerRecord owner) implements Claim {}
}
