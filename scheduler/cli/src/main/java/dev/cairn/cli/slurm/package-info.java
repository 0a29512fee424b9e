/** The commands {@code cairn slurm ...}: batch scripts, and the steps that Slurm jobs run. */
@NullMarked
package dev.cairn.cli.slurm;

import org.jspecify.annotations.NullMarked;
