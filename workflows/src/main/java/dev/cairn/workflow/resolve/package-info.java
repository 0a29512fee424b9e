/**
 * From a planned step and what is known when its turn comes to the command that is started.
 */
@NullMarked
package dev.cairn.workflow.resolve;

import org.jspecify.annotations.NullMarked;
