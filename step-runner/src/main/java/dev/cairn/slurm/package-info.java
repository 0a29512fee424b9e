/** Slurm through its own commands: parsers of their output, and the batch job that this process is part of. */
@NullMarked
package dev.cairn.slurm;

import org.jspecify.annotations.NullMarked;
