/** Steps in Slurm: each is submitted once and tracked. If its job ends too early, another job resumes the step. */
@NullMarked
package dev.cairn.run.internal.job;

import org.jspecify.annotations.NullMarked;
