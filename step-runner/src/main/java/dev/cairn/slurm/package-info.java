/** Slurm as its own commands show it: text functions, the commands themselves, and the batch job that this process is part of. */
@NullMarked
package dev.cairn.slurm;

import org.jspecify.annotations.NullMarked;
