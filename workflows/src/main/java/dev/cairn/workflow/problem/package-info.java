/**
 * What is wrong with a workflow file, and where: collected, so that everything is reported at once.
 */
@NullMarked
package dev.cairn.workflow.problem;

import org.jspecify.annotations.NullMarked;
