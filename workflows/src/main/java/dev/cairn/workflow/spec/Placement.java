package dev.cairn.workflow.spec;

import dev.cairn.workflow.problem.Place;
import java.util.Optional;

/**
 * {@code runs_on}, {@code slurm}, {@code resources}, {@code cpu}; immutable.
 *
 * @param place the place of the step or of {@code defaults}
 * @param onSlurm empty if the file does not say
 * @param baselineCpu empty if the file does not say
 */
public record Placement(
        Place place,
        Optional<Boolean> onSlurm,
        Optional<SlurmRequest> slurm,
        Optional<Setting<Double>> cpus,
        Optional<Setting<Long>> memoryBytes,
        Optional<Boolean> baselineCpu) {

    static final Placement NONE = new Placement(
            Place.FILE, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    Placement over(Placement defaults) {
        return new Placement(
                place,
                onSlurm.or(defaults::onSlurm),
                slurm.map(own -> defaults.slurm.map(own::over).orElse(own)).or(defaults::slurm),
                cpus.or(defaults::cpus),
                memoryBytes.or(defaults::memoryBytes),
                baselineCpu.or(defaults::baselineCpu));
    }
}
