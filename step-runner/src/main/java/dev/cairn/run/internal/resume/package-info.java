/** Pure rules: from which image a step resumes, how much work it repeats, and whether it is retried. */
@NullMarked
package dev.cairn.run.internal.resume;

import org.jspecify.annotations.NullMarked;
