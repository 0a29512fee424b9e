/** Pure rules: from which image a step resumes, and whether it is retried. */
@NullMarked
package dev.cairn.run.internal.resume;

import org.jspecify.annotations.NullMarked;
