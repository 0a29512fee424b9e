/** Steps that are sent to Slurm: a job each, or a task of an array, submitted once, followed, and continued by another where it ends too early. */
@NullMarked
package dev.cairn.run.job;

import org.jspecify.annotations.NullMarked;
