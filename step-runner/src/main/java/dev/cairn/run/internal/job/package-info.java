/** Steps submitted to Slurm: submitted once, tracked, and resumed by another job where one ends too early. */
@NullMarked
package dev.cairn.run.internal.job;

import org.jspecify.annotations.NullMarked;
