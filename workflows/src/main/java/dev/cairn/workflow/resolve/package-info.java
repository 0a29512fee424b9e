/** Resolves a planned step to the command that starts, once the outputs of earlier steps are known. */
@NullMarked
package dev.cairn.workflow.resolve;

import org.jspecify.annotations.NullMarked;
