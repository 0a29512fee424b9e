/** Commands for Slurm: batch scripts, and the steps that Cairn itself submitted. */
@NullMarked
package dev.cairn.cli.slurm;

import org.jspecify.annotations.NullMarked;
