package dev.cairn.run.internal.owner;

import dev.cairn.run.manifest.OwnerRecord;
import java.util.Optional;

/** The result of an attempt to own a run. */
public sealed interface Claim {
    /** @param broken the dead owner before; empty if the run was free */
    record Won(Ownership ownership, Optional<OwnerRecord> broken) implements Claim {}

    /** A live process owns the run. */
    record Held(OwnerRecord owner) implements Claim {}
}
