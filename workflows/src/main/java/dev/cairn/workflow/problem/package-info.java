/** Problems of a workflow file with their positions, collected so that all are reported at once. */
@NullMarked
package dev.cairn.workflow.problem;

import org.jspecify.annotations.NullMarked;
